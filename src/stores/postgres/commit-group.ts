import type { AppError } from '../../errors.ts'
import type { Accepted, AcceptRequest } from '../incoming.ts'

export type Result = { value: Accepted } | { error: AppError }
type Commit = (requests: readonly AcceptRequest[]) => Promise<Result[]>

/** Maximum requests of one commit; a larger commit would delay the first of them. */
const MAX_IN_COMMIT = 200

/** While one commit waits for the disk or a distant standby, the next is prepared. */
const CONCURRENT_COMMITS = 2

interface PendingAccept {
  request: AcceptRequest
  resolve: (accepted: Accepted) => void
  reject: (error: Error) => void
}

/** Group commit: requests that arrive during a commit share the next one, and its flush. */
export class CommitGroup {
  readonly #commit: Commit
  #waiting: PendingAccept[] = []
  #underWay = 0

  constructor(commit: Commit) {
    this.#commit = commit
  }

  accept(request: AcceptRequest): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      if (this.#underWay === CONCURRENT_COMMITS) return
      this.#underWay += 1
      // Requests of the same event-loop turn join.
      queueMicrotask(() => void this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_IN_COMMIT)
      try {
        const results = await this.#commit(batch.map(({ request }) => request))
        for (const [index, { resolve, reject }] of batch.entries()) {
          const result = results[index] as Result
          if ('value' in result) resolve(result.value)
          else reject(result.error)
        }
      } catch (error) {
        for (const { reject } of batch) reject(error as Error)
      }
    }
    this.#underWay -= 1
  }
}
