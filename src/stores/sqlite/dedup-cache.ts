import type { LastEntry, LastNotifiedLog, Recent, RecentSession } from '../sql/recent.ts'

/**
 * Entries of a generation: when the young one is full it becomes the old one, and the old one is forgotten. Some 200
 * bytes each. What is forgotten is delivered once more, where 150,000 others have come since.
 */
export const MAX_ALERTS = 150_000
export const MAX_REQUESTS = 50_000

/**
 * What each accept compares with, in memory: the newest alert of each group, and the newest requests. On disk it would
 * be an index in random order, whose pages cost more to write than all else of an accept. It is made again from the
 * rows when the store is opened, and takes part in transactions: what a session saves counts from `commit` on.
 */
export class DedupCache implements Recent {
  readonly #alerts = new Generations<LastEntry>(MAX_ALERTS)
  readonly #requests = new Generations<number>(MAX_REQUESTS)

  async begin(): Promise<RecentSession> {
    return this
  }

  requestedAt(key: string): number | undefined {
    return this.#requests.get('', key)
  }

  setRequested(key: string, at: number): void {
    this.#requests.set('', key, at)
  }

  last(queue: string, channel: string, group: string): LastEntry | undefined {
    return this.#alerts.get(`${queue}\n${channel}`, group)
  }

  setLast(queue: string, channel: string, group: string, entry: LastEntry): void {
    this.#alerts.set(`${queue}\n${channel}`, group, entry)
  }

  async save(): Promise<void> {}

  /** What other verbs see of it. */
  readonly log: LastNotifiedLog = {
    lastOf: async (_tx, { queue, channel }, groups) => {
      const found = new Map<string, LastEntry>()
      for (const group of groups) {
        const last = this.last(queue, channel, group)
        if (last !== undefined) found.set(group, last)
      }
      return found
    },
    setLast: async (_tx, { queue, channel }, entries) => {
      for (const [group, entry] of entries) this.setLast(queue, channel, group, entry)
    },
  }

  commit(): void {
    this.#alerts.commit()
    this.#requests.commit()
  }

  rollback(): void {
    this.#alerts.rollback()
    this.#requests.rollback()
  }
}

type Spaces<Entry> = Map<string, Map<string, Entry>>

/** A map of bounded size that forgets the oldest half, with changes that can be taken back. */
class Generations<Entry> {
  readonly #limit: number
  #young: Spaces<Entry> = new Map()
  #youngSize = 0
  #old: Spaces<Entry> = new Map()
  readonly #changed: Spaces<Entry> = new Map()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(space: string, key: string): Entry | undefined {
    return (
      this.#changed.get(space)?.get(key) ??
      this.#young.get(space)?.get(key) ??
      this.#old.get(space)?.get(key)
    )
  }

  set(space: string, key: string, entry: Entry): void {
    spaceIn(this.#changed, space).set(key, entry)
  }

  commit(): void {
    for (const [space, entries] of this.#changed) {
      const young = spaceIn(this.#young, space)
      const before = young.size
      for (const [key, entry] of entries) young.set(key, entry)
      this.#youngSize += young.size - before
      entries.clear()
    }
    if (this.#youngSize <= this.#limit) return
    this.#old = this.#young
    this.#young = new Map()
    this.#youngSize = 0
  }

  rollback(): void {
    for (const entries of this.#changed.values()) entries.clear()
  }
}

function spaceIn<Entry>(spaces: Spaces<Entry>, name: string): Map<string, Entry> {
  let space = spaces.get(name)
  if (space === undefined) {
    space = new Map()
    spaces.set(name, space)
  }
  return space
}
