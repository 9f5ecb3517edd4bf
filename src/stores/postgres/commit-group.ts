import type { AppError } from '../../errors.ts'
import type { Accepted, AcceptRequest } from '../incoming.ts'

export type Result = { value: Accepted } | { error: AppError }
type Commit = (requests: readonly AcceptRequest[]) => Promise<Result[]>

/** Requests that share one commit at most; a commit of more would keep the first of them waiting. */
const MAX_IN_COMMIT = 200

/** Commits under way at once: while one waits for the disk, or for a replica far away, the next is prepared. */
const CONCURRENT_COMMITS = 2

interface Waiting {
  request: AcceptRequest
  resolve: (accepted: Accepted) => void
  reject: (error: Error) => void
}

/** Requests that arrive while commits are under way share the next: durability costs one flush for many. */
export class CommitGroup {
  readonly #commit: Commit
  #waiting: Waiting[] = []
  #underWay = 0

  constructor(commit: Commit) {
    this.#commit = commit
  }

  accept(request: AcceptRequest): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject })
      if (this.#underWay === CONCURRENT_COMMITS) return
      this.#underWay += 1
      // What else arrives in this turn of the event loop joins.
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
