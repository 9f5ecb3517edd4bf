import { atOnce, type Steps } from '../../turns.ts'
import type { Database } from './database.ts'

/**
 * Fingerprints of the alerts that messages under way tell: another alert of the same fingerprint is held back in
 * that queue until then. A message's alerts are fixed while it is under way, so each message is read once.
 */
export class UnderWay {
  readonly #db: Database
  readonly #messages = new Map<number, ReadonlySet<string>>()

  constructor(db: Database) {
    this.#db = db
  }

  /** Reads what `in` needs of some queues, in steps: a message may tell hundreds of thousands. */
  *read(queues: readonly string[], rowsInStep: number): Steps<void> {
    for (const { id, queue } of this.#open()) {
      if (!queues.includes(queue) || this.#messages.has(id)) continue
      const steps = this.#fingerprintsOf(id, rowsInStep)
      this.#messages.set(id, yield* steps)
    }
  }

  /** Whether a fingerprint is under way in a queue; undefined when none is, which needs no looking. */
  in(queue: string): ((fingerprint: string) => boolean) | undefined {
    const open = this.#open()
    const ids = new Set(open.map((message) => message.id))
    for (const id of this.#messages.keys()) if (!ids.has(id)) this.#messages.delete(id)
    const sets = open
      .filter((message) => message.queue === queue)
      .map(({ id }) => this.#of(id))
      .filter((fingerprints) => fingerprints.size > 0)
    if (sets.length === 0) return undefined
    return (fingerprint) => sets.some((fingerprints) => fingerprints.has(fingerprint))
  }

  #open(): { id: number; queue: string }[] {
    return this.#db.all(`SELECT id, queue FROM messages WHERE state IN ('pending', 'sending')`)
  }

  #of(message: number): ReadonlySet<string> {
    let fingerprints = this.#messages.get(message)
    if (fingerprints === undefined) {
      fingerprints = atOnce(this.#fingerprintsOf(message, Number.MAX_SAFE_INTEGER))
      this.#messages.set(message, fingerprints)
    }
    return fingerprints
  }

  *#fingerprintsOf(message: number, rowsInStep: number): Steps<ReadonlySet<string>> {
    const fingerprints = new Set<string>()
    for (let after = 0; ; ) {
      const rows = this.#db.lists<[alert: number, fingerprint: string]>(
        `SELECT t.alert, a.fingerprint FROM tellings t JOIN alerts a ON a.id = t.alert
         WHERE t.message = ? AND t.alert > ? ORDER BY t.alert LIMIT ?`,
        message,
        after,
        rowsInStep,
      )
      for (const [alert, fingerprint] of rows) {
        fingerprints.add(fingerprint)
        after = alert
      }
      if (rows.length < rowsInStep) return fingerprints
      yield
    }
  }
}
