import { messageOf } from '../../errors.ts'
import type { Status } from '../../model/alert.ts'
import type { Accepted, Arriving, LastTold } from '../store.ts'
import { Bodies, type BodyPlace } from './bodies.ts'
import type { Engine } from './engine.ts'
import type { Unpacked } from './packed.ts'
import type { Entry } from './remembered.ts'

export type Result<T> = { value: T } | { error: string }

type Accepting = Pick<Engine, 'database' | 'names' | 'remembered' | 'reasonToSuppress'>

/** The space of keys of requests; those of alerts are their channels', from 1. */
const REQUESTS = 0

/**
 * Takes requests in one transaction, so that many share a flush, and with them what `more` gives once they are written.
 * One that cannot be written costs only itself; when the flush fails, none was taken.
 */
export function acceptAll(
  engine: Accepting,
  arrivals: readonly Unpacked[],
  more: () => readonly Unpacked[] = () => [],
): Result<Accepted>[] {
  const { database, names, remembered } = engine
  const all: Unpacked[] = []
  try {
    const results = database.transaction(() => {
      const taken: Result<Accepted>[] = []
      for (let next = arrivals; next.length > 0; next = more()) {
        all.push(...next)
        const bodies = new Bodies(
          database,
          next.map((arrival) => arrival.body),
        )
        for (const [index, arrival] of next.entries())
          taken.push({ value: acceptOne(engine, arrival, () => bodies.place(index)) })
      }
      return taken
    })
    remembered.commit()
    return results
  } catch (error) {
    remembered.rollback()
    names.forget()
    if (all.length <= 1) return arrivals.map(() => ({ error: messageOf(error) }))
    return all.flatMap((arrival) => acceptAll(engine, [arrival]))
  }
}

function acceptOne(engine: Accepting, arrival: Unpacked, placeBody: () => BodyPlace): Accepted {
  const { reasonToSuppress } = engine
  if (isRepeat(engine, arrival)) return { repeated: true, queues: [], suppressed: [] }
  const payload = insertRequest(engine, arrival, placeBody())
  const queues = new Set<string>()
  const suppressed = new Map<string, { channel: string; reason: string; count: number }>()
  const waiting = new Run(engine, queues)
  for (const alert of arrival.alerts) {
    const past = pastOf(engine, alert)
    const reason = alert.suppressed ?? reasonToSuppress(alert, past.last, arrival.now)
    const repeats = reason === undefined ? past.entry.repeats : 0
    const id = insertAlert(engine, { alert, payload, repeats, reason, channel: past.channel })
    if (reason === undefined) waiting.add(id, alert, past.channel)
    else {
      const key = `${alert.channel}\0${reason}`
      const seen = suppressed.get(key) ?? { channel: alert.channel, reason, count: 0 }
      suppressed.set(key, { ...seen, count: seen.count + 1 })
    }
    engine.remembered.set(past.key, entryAfter(past.entry, { id, status: alert.status, reason }))
  }
  waiting.end()
  return { repeated: false, queues: [...queues], suppressed: [...suppressed.values()] }
}

/** What is known of a group once an alert of it was stored: one that repeats is counted, any other is its last. */
export function entryAfter(
  entry: Entry,
  { id, status, reason }: { id: number; status: Status; reason: string | undefined | null },
): Entry {
  const { firing, resolved, repeats } = entry
  if (reason === 'aggregated') return { firing, resolved, repeats: repeats + 1 }
  return status === 'firing'
    ? { firing: id, resolved, repeats: 0 }
    : { firing, resolved: id, repeats: 0 }
}

/**
 * A key that was seen lately, unless the message about one of its alerts is dead, or, where the key does not tell
 * firings apart, one has changed its status since: then it is news again.
 */
function isRepeat(engine: Accepting, arrival: Unpacked): boolean {
  const { key, now, repeatWithinMs, dated, alerts } = arrival
  const entry = engine.remembered.get(engine.remembered.keyOf(REQUESTS, key))
  if (entry === undefined) return false
  const seen = engine.database.get<{ received_at: number }>(
    'SELECT received_at FROM requests WHERE id = ? AND key = ?',
    entry.firing,
    key,
  )
  return (
    seen !== undefined &&
    Math.abs(now.getTime() - seen.received_at) < repeatWithinMs &&
    alerts.every((alert) => {
      const { last } = pastOf(engine, alert)
      return last?.dead === false && (dated || last.status === alert.status)
    })
  )
}

function insertRequest(
  { database, remembered }: Accepting,
  { key, source, now }: Unpacked,
  { body, at, length }: BodyPlace,
): number {
  const { id } = database.run(
    'INSERT INTO requests (key, source, received_at, body, at, length) VALUES (?, ?, ?, ?, ?, ?)',
    key,
    source,
    now.getTime(),
    body,
    at,
    length,
  )
  rememberRequest(remembered, key, id)
  return id
}

export function rememberRequest(remembered: Engine['remembered'], key: string, id: number): void {
  remembered.set(remembered.keyOf(REQUESTS, key), { firing: id, resolved: 0, repeats: 0 })
}

interface Past {
  channel: number
  /** Of what is remembered of its group. */
  key: number
  entry: Entry
  last: LastTold | undefined
}

const NOTHING: Entry = { firing: 0, resolved: 0, repeats: 0 }

/** What was last let through of an alert's group in its channel. */
function pastOf({ names, remembered, database }: Accepting, alert: Arriving): Past {
  const channel = names.channel(alert.channel)
  const key = remembered.keyOf(channel, alert.group)
  const entry = remembered.get(key)
  if (entry === undefined) return { channel, key, entry: NOTHING, last: undefined }
  const row = (id: number) =>
    database.get<{ fingerprint: string; received_at: number }>(
      `SELECT a.fingerprint, r.received_at FROM alerts a JOIN requests r ON r.id = a.payload
       WHERE a.id = ? AND a.channel = ? AND COALESCE(a.grp, a.fingerprint) = ?`,
      id,
      channel,
      alert.group,
    )
  const firing = entry.firing === 0 ? undefined : row(entry.firing)
  const resolved = entry.resolved === 0 ? undefined : row(entry.resolved)
  const status = entry.firing > entry.resolved ? 'firing' : 'resolved'
  const newest = status === 'firing' ? firing : resolved
  // Gone by now, or of another group with the same key: what is not known is told.
  if (newest === undefined) return { channel, key, entry: NOTHING, last: undefined }
  return {
    channel,
    key,
    entry,
    last: {
      status,
      fingerprint: newest.fingerprint,
      firingAt: firing && new Date(firing.received_at),
      resolvedAt: resolved && new Date(resolved.received_at),
      dead: isDead(database, Math.max(entry.firing, entry.resolved)),
    },
  }
}

function isDead(database: Accepting['database'], alert: number): boolean {
  return (
    database.get(
      `SELECT 1 FROM tellings t JOIN messages m ON m.id = t.message WHERE t.alert = ? AND m.state = 'dead' LIMIT 1`,
      alert,
    ) !== undefined
  )
}

function insertAlert(
  { database, names }: Accepting,
  {
    alert,
    payload,
    channel,
    repeats,
    reason,
  }: {
    alert: Arriving
    payload: number
    channel: number
    repeats: number
    reason: string | undefined
  },
): number {
  const { position, fingerprint, group, level, name, cluster } = alert
  const resolved = alert.status === 'resolved' ? 1 : 0
  const subject = names.subject(name, cluster)
  // What is the same for nearly all is not bound for each.
  if (reason === undefined && group === fingerprint)
    return database.run(
      `INSERT INTO alerts (payload, position, channel, fingerprint, resolved, level, subject, repeats)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      payload,
      position,
      channel,
      fingerprint,
      resolved,
      level,
      subject,
      repeats,
    ).id
  return database.run(
    `INSERT INTO alerts (payload, position, channel, fingerprint, grp, resolved, level, subject, repeats, fate, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    payload,
    position,
    channel,
    fingerprint,
    group === fingerprint ? null : group,
    resolved,
    level,
    subject,
    repeats,
    reason === undefined ? null : 'suppressed',
    reason ?? null,
  ).id
}

/** Alerts with numbers in a row and the same way to go wait by one statement, not by one for each. */
class Run {
  readonly #engine: Accepting
  readonly #all: Set<string>
  #queues: readonly string[] = []
  #channel = 0
  #first = 0
  #last = -1

  /** `all`: where the names of all queues are put in which something waits. */
  constructor(engine: Accepting, all: Set<string>) {
    this.#engine = engine
    this.#all = all
  }

  add(id: number, { queues }: Arriving, channel: number): void {
    if (id !== this.#last + 1 || channel !== this.#channel || !sameNames(queues, this.#queues)) {
      this.end()
      this.#first = id
      this.#channel = channel
      this.#queues = queues
    }
    this.#last = id
  }

  end(): void {
    const { database, names } = this.#engine
    for (const queue of this.#queues) {
      this.#all.add(queue)
      database.run(
        `INSERT INTO waits (queue, channel, level, alert, subject, resolved)
         SELECT ?, channel, level, id, subject, resolved FROM alerts WHERE id BETWEEN ? AND ?`,
        names.queue(queue),
        this.#first,
        this.#last,
      )
    }
    this.#queues = []
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index])
}
