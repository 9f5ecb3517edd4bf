import type { Accepted, Arrival } from '../store.ts'
import type { Result } from './accept.ts'

/** Requests that share one commit at most; a commit of more would keep the first of them waiting. */
const MOST_IN_COMMIT = 200

/** Commits under way at once: while one waits for the disk, or for a replica far away, the next is made ready. */
const COMMITS_AT_ONCE = 2

interface Waiting {
  arrival: Arrival
  resolve: (accepted: Accepted) => void
  reject: (error: Error) => void
}

/** Requests that arrive while commits are under way share the next: durability costs one flush for many. */
export class CommitGroup {
  readonly #commit: (arrivals: readonly Arrival[]) => Promise<Result<Accepted>[]>
  #waiting: Waiting[] = []
  #underWay = 0

  constructor(commit: (arrivals: readonly Arrival[]) => Promise<Result<Accepted>[]>) {
    this.#commit = commit
  }

  accept(arrival: Arrival): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ arrival, resolve, reject })
      if (this.#underWay === COMMITS_AT_ONCE) return
      this.#underWay += 1
      // What else arrives in this turn of the event loop joins.
      queueMicrotask(() => void this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_IN_COMMIT)
      try {
        const results = await this.#commit(batch.map((each) => each.arrival))
        for (const [index, each] of batch.entries()) {
          const result = results[index] as Result<Accepted>
          if ('value' in result) each.resolve(result.value)
          else each.reject(result.error)
        }
      } catch (error) {
        for (const each of batch) each.reject(error as Error)
      }
    }
    this.#underWay -= 1
  }
}
