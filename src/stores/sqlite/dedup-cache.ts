import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { QueuePlace } from '../queries.ts'
import type { LastEntries, ReplayedEntry } from '../sql/last-notified.ts'
import type { GroupKey, LastEntry, Recent, RecentSession } from '../sql/recent.ts'
import type { Tx } from '../tx.ts'

/**
 * Entries of a generation, about 100 bytes each: one for each queue, channel and group. A full young generation becomes
 * the old one, and the old one is dropped. A repeat of a dropped alert is delivered again; at least 200,000 newer
 * entries exist then.
 */
export const MAX_ALERTS = 200_000
export const MAX_REQUESTS = 50_000

/**
 * Keeps in memory what each accept looks up: the last alert of each group, and the newest requests. On disk this would
 * be an index in random order, whose pages cost more than the rest of an accept. It is rebuilt from the rows when the
 * store opens, and its changes are rolled back with their transaction.
 */
export class DedupCache implements Recent, LastEntries {
  /** Alert id and number of repeats, packed into one number. */
  readonly #alerts = new Generations(MAX_ALERTS)
  readonly #requests = new Generations(MAX_REQUESTS)

  async begin(tx: Tx): Promise<RecentSession> {
    const alerts = this.#alerts
    const entries = new Map<number, LastEntry>()
    return {
      requestedAt: (key) => this.#requests.get('', '', key),
      setRequested: (key, at) => this.#requests.set('', '', { key, value: at }),
      async load(ids) {
        for (const entry of await readEntries(tx, [...ids])) entries.set(entry.alert, entry)
      },
      last(queue, channel, group) {
        const known = alerts.get(queue, channel, group)
        if (known === undefined) return undefined
        const entry = entries.get(alertOf(known))
        return entry && { ...entry, repeats: repeatsOf(known) }
      },
      lastId(queue, channel, group) {
        const known = alerts.get(queue, channel, group)
        return known === undefined ? 0 : alertOf(known)
      },
      setLast(queue, channel, group, entry) {
        alerts.set(queue, channel, { key: group, value: pack(entry) })
        entries.set(entry.alert, entry)
      },
      save: async () => undefined,
    }
  }

  async readLast(
    tx: Tx,
    { queue, channel }: QueuePlace,
    groups: readonly string[],
  ): Promise<Map<string, LastEntry>> {
    const session = await this.begin(tx)
    const ids = groups.map((group) => session.lastId(queue, channel, group))
    await session.load(new Set(ids.filter((id) => id > 0)))
    return new Map(
      groups.flatMap((group) => {
        const entry = session.last(queue, channel, group)
        return entry === undefined ? [] : [[group, entry]]
      }),
    )
  }

  async setLast(
    _tx: Tx,
    place: QueuePlace,
    entries: ReadonlyMap<string, LastEntry>,
  ): Promise<void> {
    for (const [group, entry] of entries) this.set({ ...place, group }, entry)
  }

  get({ queue, channel, group }: GroupKey): ReplayedEntry | undefined {
    const value = this.#alerts.get(queue, channel, group)
    return value === undefined ? undefined : { alert: alertOf(value), repeats: repeatsOf(value) }
  }

  set({ queue, channel, group }: GroupKey, entry: ReplayedEntry): void {
    this.#alerts.set(queue, channel, { key: group, value: pack(entry) })
  }

  restoreRequest(key: string, at: number): void {
    this.#requests.set('', '', { key, value: at })
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

const MAX_REPEATS = 1 << 12

function pack({ alert, repeats }: ReplayedEntry): number {
  return alert * MAX_REPEATS + Math.min(repeats, MAX_REPEATS - 1)
}

function alertOf(value: number): number {
  return Math.floor(value / MAX_REPEATS)
}

function repeatsOf(value: number): number {
  return value % MAX_REPEATS
}

interface LastRow {
  id: number
  status: Status
  level: Level
  fingerprint: string
  starts_at: number | null
  previous: number
  grp: string | null
  reason: string | null
  received_at: number
}

/** Bounds the search for the last alert of the other status. */
const MAX_STEPS_BACK = 50

/** Reads the last entries by alert id; pruned alerts are left out. */
async function readEntries(tx: Tx, alerts: readonly number[]): Promise<LastEntry[]> {
  const entries: LastEntry[] = []
  for (const row of await readRows(tx, alerts)) {
    const { id, status, level, fingerprint, starts_at, received_at } = row
    // `firingAt` and `resolvedAt` of the other status matter only if the group has several alerts.
    const other = row.grp === null ? null : await findOtherStatusAt(tx, row)
    entries.push({
      ...{ alert: id, status, level, fingerprint, repeats: 0 },
      startsAt: starts_at,
      // A muted firing was not sent to the group.
      firingAt: row.reason === 'muted' ? null : status === 'firing' ? received_at : other,
      resolvedAt: status === 'resolved' ? received_at : other,
    })
  }
  return entries
}

async function readRows(tx: Tx, alerts: readonly number[]): Promise<LastRow[]> {
  if (alerts.length === 0) return []
  return tx.all<LastRow>(
    `SELECT a.id, a.status, a.level, a.fingerprint, a.starts_at, a.previous, a.grp, a.reason, p.received_at
     FROM alerts a JOIN payloads p ON p.id = a.payload WHERE a.id IN LIST($1, BIGINT)`,
    [alerts],
  )
}

async function findOtherStatusAt(tx: Tx, { status, previous }: LastRow): Promise<number | null> {
  let id = previous
  for (let step = 0; id > 0 && step < MAX_STEPS_BACK; step += 1) {
    const [row] = await readRows(tx, [id])
    if (row === undefined) return null
    if (row.status !== status) return row.received_at
    id = row.previous
  }
  return null
}

type Namespaces = Map<string, Map<string, Map<string, number>>>

type Change = { space: Map<string, number>; key: string; before: number | undefined }

/** A map of bounded size that drops its oldest half, with rollback. */
class Generations {
  readonly #limit: number
  #young: Namespaces = new Map()
  #size = 0
  #old: Namespaces = new Map()
  readonly #undo: Change[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  get(queue: string, channel: string, key: string): number | undefined {
    return (
      this.#young.get(queue)?.get(channel)?.get(key) ?? this.#old.get(queue)?.get(channel)?.get(key)
    )
  }

  set(queue: string, channel: string, { key, value }: { key: string; value: number }): void {
    const space = childOf(childOf(this.#young, queue), channel)
    const before = space.get(key)
    if (before === undefined) this.#size += 1
    this.#undo.push({ space, key, before })
    space.set(key, value)
  }

  commit(): void {
    this.#undo.length = 0
    if (this.#size <= this.#limit) return
    this.#old = this.#young
    this.#young = new Map()
    this.#size = 0
  }

  rollback(): void {
    for (const { space, key, before } of this.#undo.reverse())
      if (before === undefined) {
        space.delete(key)
        this.#size -= 1
      } else space.set(key, before)
    this.#undo.length = 0
  }
}

function childOf<Child extends Map<string, unknown>>(
  parent: Map<string, Child>,
  name: string,
): Child {
  let child = parent.get(name)
  if (child === undefined) {
    child = new Map() as unknown as Child
    parent.set(name, child)
  }
  return child
}
