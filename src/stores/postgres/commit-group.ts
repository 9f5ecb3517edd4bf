import { type Result, settleEach, type Waiting } from '../accept-results.ts'
import type { Accepted, AcceptRequest } from '../incoming.ts'

type Commit = (requests: readonly AcceptRequest[]) => Promise<Result[]>

/** Maximum requests of one commit; a larger commit would delay the first of them. */
const MAX_IN_COMMIT = 200

/** While one commit waits for the disk or a distant standby, the next is prepared. */
const CONCURRENT_COMMITS = 2

/** Group commit: requests that arrive during a commit share the next one, and its flush. */
export class CommitGroup {
  readonly #commit: Commit
  #waiting: (Waiting & { request: AcceptRequest })[] = []
  #underWay = 0

  constructor(commit: Commit) {
    this.#commit = commit
  }

  accept(request: AcceptRequest): Promise<Accepted> {
    const { promise, ...waiting } = Promise.withResolvers<Accepted>()
    this.#waiting.push({ request, ...waiting })
    if (this.#underWay < CONCURRENT_COMMITS) {
      this.#underWay += 1
      // Requests of the same event-loop turn join.
      queueMicrotask(() => void this.#run())
    }
    return promise
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_IN_COMMIT)
      await settleEach(batch, this.#commit(batch.map(({ request }) => request)))
    }
    this.#underWay -= 1
  }
}
