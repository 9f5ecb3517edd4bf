import type { Database } from './database.ts'
import { Pairs } from './pairs.ts'

/** Names kept in memory of each kind; beyond, they are read again. */
const MOST_KEPT = 10_000

/** The small numbers that stand for names in rows: of channels, of queues, and of names with clusters of alerts. */
export class Names {
  readonly #db: Database
  readonly #known = { channels: new Map<string, number>(), queues: new Map<string, number>() }
  readonly #subjects = new Pairs()

  constructor(db: Database) {
    this.#db = db
  }

  /** Of a name that may be new; within a transaction that writes. */
  channel(name: string): number {
    return this.#numberOf('channels', name) ?? this.#added('channels', name)
  }

  queue(name: string): number {
    return this.#numberOf('queues', name) ?? this.#added('queues', name)
  }

  subject(name: string, cluster: string): number {
    const known = this.#subjects.get(name, cluster)
    if (known !== undefined) return known
    const found = this.#db.get<{ id: number }>(
      'SELECT id FROM subjects WHERE name = ? AND cluster = ?',
      name,
      cluster,
    )
    const id =
      found?.id ??
      this.#db.run('INSERT INTO subjects (name, cluster) VALUES (?, ?)', name, cluster).id
    if (this.#subjects.size >= MOST_KEPT) this.#subjects.clear()
    this.#subjects.set(name, cluster, id)
    return id
  }

  /** Of a name that nothing may have been stored with yet: then 0, which no row has. */
  knownChannel(name: string): number {
    return this.#numberOf('channels', name) ?? 0
  }

  knownQueue(name: string): number {
    return this.#numberOf('queues', name) ?? 0
  }

  /** After a transaction that failed: what it added is not there. */
  forget(): void {
    for (const known of [...Object.values(this.#known), this.#subjects]) known.clear()
  }

  #numberOf(kind: 'channels' | 'queues', name: string): number | undefined {
    const known = this.#known[kind].get(name)
    if (known !== undefined) return known
    const id = this.#db.get<{ id: number }>(`SELECT id FROM ${kind} WHERE name = ?`, name)?.id
    return id === undefined ? undefined : this.#keep(kind, name, id)
  }

  #added(kind: 'channels' | 'queues', name: string): number {
    return this.#keep(kind, name, this.#db.run(`INSERT INTO ${kind} (name) VALUES (?)`, name).id)
  }

  #keep(kind: 'channels' | 'queues', name: string, id: number): number {
    const known = this.#known[kind]
    if (known.size >= MOST_KEPT) known.clear()
    known.set(name, id)
    return id
  }
}
