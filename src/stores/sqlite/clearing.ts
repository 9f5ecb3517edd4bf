import type { Steps } from '../../turns.ts'
import type { Database } from './database.ts'

interface Place {
  queue: number
  channel: number
  upTo: number
}

/**
 * What a claim of very many has taken, and what is still to be taken out of what waits: in slices right after it, or, when
 * those failed or the process ended, whole before anything else is written or read there.
 */
export class Clearing {
  readonly #db: Database
  #isLeft = true

  constructor(db: Database) {
    this.#db = db
  }

  /** Within the claim's transaction. */
  begin({ queue, channel, upTo }: Place): void {
    this.#db.run(
      'INSERT INTO clearing (queue, channel, up_to) VALUES (?, ?, ?)',
      queue,
      channel,
      upTo,
    )
    this.#isLeft = true
  }

  *inSlices(rows: number): Steps<void> {
    while (this.#isLeft) {
      yield
      this.#db.transaction(() => this.#clear(rows))
    }
  }

  /** Within a transaction; nothing is left afterwards. */
  finish(): void {
    while (this.#isLeft) this.#clear(Number.MAX_SAFE_INTEGER)
  }

  /** After a transaction that failed: it may have undone more than was left. */
  lookAgain(): void {
    this.#isLeft = true
  }

  get isLeft(): boolean {
    return this.#isLeft
  }

  #clear(rows: number): void {
    const place = this.#db.get<{ queue: number; channel: number; up_to: number }>(
      'SELECT queue, channel, up_to FROM clearing',
    )
    if (place === undefined) {
      this.#isLeft = false
      return
    }
    const { queue, channel, up_to } = place
    const where = 'FROM waits WHERE queue = ? AND channel = ? AND alert <= ?'
    const last = this.#db.get<{ level: number; alert: number }>(
      `SELECT level, alert ${where} ORDER BY level, alert LIMIT 1 OFFSET ?`,
      queue,
      channel,
      up_to,
      rows - 1,
    )
    this.#db.run(
      `DELETE ${where} AND (level, alert) <= (?, ?)`,
      queue,
      channel,
      up_to,
      last?.level ?? Number.MAX_SAFE_INTEGER,
      last?.alert ?? up_to,
    )
    if (last === undefined) this.#db.run('DELETE FROM clearing')
  }
}
