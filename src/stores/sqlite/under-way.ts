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

  /** Whether a fingerprint is under way in a queue; undefined when none is, which needs no looking. */
  in(queue: string): ((fingerprint: string) => boolean) | undefined {
    const open = this.#db.all<{ id: number; queue: string }>(
      `SELECT id, queue FROM messages WHERE state IN ('pending', 'sending')`,
    )
    const ids = new Set(open.map((message) => message.id))
    for (const id of this.#messages.keys()) if (!ids.has(id)) this.#messages.delete(id)
    const sets = open
      .filter((message) => message.queue === queue)
      .map(({ id }) => this.#of(id))
      .filter((fingerprints) => fingerprints.size > 0)
    if (sets.length === 0) return undefined
    return (fingerprint) => sets.some((fingerprints) => fingerprints.has(fingerprint))
  }

  #of(message: number): ReadonlySet<string> {
    const known = this.#messages.get(message)
    if (known !== undefined) return known
    const fingerprints = new Set<string>()
    for (const row of this.#db.iterate<{ fingerprint: string }>(
      'SELECT a.fingerprint FROM tellings t JOIN alerts a ON a.id = t.alert WHERE t.message = ?',
      message,
    ))
      fingerprints.add(row.fingerprint)
    this.#messages.set(message, fingerprints)
    return fingerprints
  }
}
