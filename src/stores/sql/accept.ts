import type { Level } from '../../model/level.ts'
import type {
  Accepted,
  AcceptRequest,
  IncomingAlert,
  LastNotified,
  ReasonToSuppress,
} from '../store.ts'
import type { Columns, SqlRow, Tx } from '../tx.ts'
import { isDead, queueLock } from './deliveries.ts'
import { writeBodies } from './payload-blobs.ts'
import type { LastEntry, Recent, RecentSession } from './recent.ts'

export interface AcceptDeps {
  recent: Recent
  reasonToSuppress: ReasonToSuppress
}

/** Writes requests in the given transaction, so that many share a flush. Each sees what those before it brought. */
export async function acceptAll(
  tx: Tx,
  requests: readonly AcceptRequest[],
  deps: AcceptDeps,
): Promise<Accepted[]> {
  // A claim moves a watermark past all ids that it sees, so none may be under way: claims wait for this lock.
  await tx.lock(queuesIn(requests).map(queueLock), 'shared')
  // After the locks of the alerts, so that of two requests about one alert the later one has the higher ids.
  const session = await deps.recent.begin(tx, requests)
  const count = requests.reduce((sum, { alerts }) => sum + alerts.length, 0)
  const ids = {
    payloads: await tx.newIds('payloads', requests.length),
    alerts: await tx.newIds('alerts', count),
  }
  const batch = new Batch()
  const accepted: Accepted[] = []
  for (const request of requests) {
    const isDuplicate = await repeats(tx, request, session)
    if (isDuplicate) {
      accepted.push({ duplicate: true, queues: [], suppressed: [] })
      continue
    }
    session.setRequested(request.key, tx.ms(request.now))
    accepted.push(await acceptOne(tx, request, { session, batch, ids, deps }))
  }
  await batch.write(tx)
  await session.save()
  return accepted
}

function queuesIn(requests: readonly AcceptRequest[]): string[] {
  const queues = new Set<string>()
  for (const { alerts } of requests)
    for (const alert of alerts) for (const queue of alert.queues) queues.add(queue)
  return [...queues]
}

/** A duplicate has a key that was seen lately, and each of its alerts still stands as that request left it. */
async function repeats(
  tx: Tx,
  { key, now, dedupWindowMs, alerts }: AcceptRequest,
  session: RecentSession,
): Promise<boolean> {
  const seenAt = session.requestedAt(key)
  if (seenAt === undefined || Math.abs(tx.ms(now) - seenAt) >= dedupWindowMs) return false
  for (const { queues, channel, group, status, level } of alerts)
    for (const queue of queues) {
      const last = await session.last(queue, channel, group)
      if (last === undefined || last.status !== status || last.level > level) return false
      if (await isDead(tx, { queue, channel, ...last })) return false
    }
  return true
}

interface Accepting {
  session: RecentSession
  batch: Batch
  ids: { payloads: number[]; alerts: number[] }
  deps: AcceptDeps
}

async function acceptOne(
  tx: Tx,
  request: AcceptRequest,
  { session, batch, ids, deps }: Accepting,
): Promise<Accepted> {
  const payload = ids.payloads.shift() as number
  const { now } = request
  const at = tx.ms(now)
  batch.addPayload(payload, request, at)
  const queues = new Set<string>()
  const suppressed = new Map<string, Accepted['suppressed'][number]>()
  for (const alert of request.alerts) {
    const id = ids.alerts[batch.alertCount] as number
    const context = { now, session, deps }
    const decision = decideUnknown(alert, context) ?? (await decide(tx, alert, context))
    batch.addAlert({ id, payload, alert, decision })
    for (const queue of decision.queues) queues.add(queue)
    if (decision.queues.length === 0) count(suppressed, alert.channel, decision.reason)
    remember(alert, { id, at, decision, session })
  }
  return { duplicate: false, queues: [...queues], suppressed: [...suppressed.values()] }
}

interface Decision {
  /** The queues that the alert goes into; none: it is suppressed for the reason. */
  queues: readonly string[]
  reason: string | undefined
  /** What each of the alert's queues last got; undefined: nothing is known for any of them. */
  last: readonly (LastEntry | undefined)[] | undefined
  previous: number
  repeats: number
}

/** Each group decides by what it was last sent itself. */
async function decide(
  tx: Tx,
  alert: IncomingAlert,
  { now, session, deps }: { now: Date; session: RecentSession; deps: AcceptDeps },
): Promise<Decision> {
  const { channel, group, queues, suppressed } = alert
  const last: (LastEntry | undefined)[] = []
  for (const queue of queues) last.push(await session.last(queue, channel, group))
  const previous = Math.max(...last.map((each) => each?.alert ?? 0))
  if (suppressed !== undefined)
    return { queues: [], reason: suppressed, last, previous, repeats: 0 }
  let reason: string | undefined
  let repeats = 0
  const through: string[] = []
  for (const [index, queue] of queues.entries()) {
    const before = last[index]
    const why = deps.reasonToSuppress(alert, before && lastNotified(tx, before), now)
    const isLost = why !== undefined && before !== undefined
    if (why === undefined || (isLost && (await isDead(tx, { queue, channel, ...before })))) {
      through.push(queue)
      repeats = Math.max(repeats, before?.repeats ?? 0)
    } else reason ??= why
  }
  return {
    queues: through,
    reason: through.length > 0 ? undefined : reason,
    last,
    previous,
    repeats,
  }
}

/** Nothing is known of most alerts: they pass without a look at anything. */
function decideUnknown(
  alert: IncomingAlert,
  { now, session, deps }: { now: Date; session: RecentSession; deps: AcceptDeps },
): Decision | undefined {
  const { channel, group, queues, suppressed } = alert
  if (suppressed !== undefined) return undefined
  for (const queue of queues)
    if (session.last(queue, channel, group) !== undefined) return undefined
  if (deps.reasonToSuppress(alert, undefined, now) !== undefined) return undefined
  return { queues, reason: undefined, last: undefined, previous: 0, repeats: 0 }
}

function lastNotified(tx: Tx, last: LastEntry): LastNotified {
  const { status, level, fingerprint } = last
  const date = (ms: number | null): Date | undefined => (ms === null ? undefined : tx.date(ms))
  return {
    ...{ status, level, fingerprint },
    // The sender's own time, which no clock of ours corrects.
    startsAt: last.startsAt === null ? undefined : new Date(last.startsAt),
    firingAt: date(last.firingAt),
    resolvedAt: date(last.resolvedAt),
  }
}

/** What passes, or is suppressed for another reason than what was sent before, is the last of its group; others are counted. */
function remember(
  alert: IncomingAlert,
  {
    id,
    at,
    decision,
    session,
  }: { id: number; at: number; decision: Decision; session: RecentSession },
): void {
  const { channel, group, status, level, fingerprint } = alert
  for (const [index, queue] of alert.queues.entries()) {
    const last = decision.last?.[index]
    if (alert.suppressed !== undefined || decision.queues.includes(queue))
      session.setLast(queue, channel, group, {
        alert: id,
        status,
        level,
        fingerprint,
        startsAt: alert.startsAtMs ?? null,
        firingAt: status === 'firing' ? at : (last?.firingAt ?? null),
        resolvedAt: status === 'resolved' ? at : (last?.resolvedAt ?? null),
        repeats: 0,
      })
    else if (last !== undefined)
      session.setLast(queue, channel, group, { ...last, repeats: last.repeats + 1 })
  }
}

function count(
  suppressed: Map<string, Accepted['suppressed'][number]>,
  channel: string,
  reason = '',
): void {
  const key = `${channel}\0${reason}`
  const counted = suppressed.get(key)
  if (counted === undefined) suppressed.set(key, { channel, reason, count: 1 })
  else counted.count += 1
}

const PAYLOAD_COLUMNS: Columns = {
  id: 'BIGINT',
  key: 'TEXT',
  source: 'TEXT',
  received_at: 'BIGINT',
  body: 'BIGINT',
  start: 'BIGINT',
  length: 'BIGINT',
}

const ALERT_COLUMNS: Columns = {
  id: 'BIGINT',
  payload: 'BIGINT',
  position: 'INTEGER',
  channel: 'TEXT',
  fingerprint: 'TEXT',
  status: 'TEXT',
  level: 'SMALLINT',
  name: 'TEXT',
  cluster: 'TEXT',
  starts_at: 'BIGINT',
}

const ALL_ALERT_COLUMNS: Columns = {
  ...ALERT_COLUMNS,
  grp: 'TEXT',
  previous: 'BIGINT',
  repeats: 'INTEGER',
  final_state: 'TEXT',
  reason: 'TEXT',
}

const WATERMARK_COLUMNS: Columns = {
  queue: 'TEXT',
  channel: 'TEXT',
  level: 'SMALLINT',
  up_to: 'BIGINT',
}

/** Alerts with ids in a row that go into the same queues. */
interface Run {
  queues: readonly string[]
  first: number
  last: number
}

/** The rows that a batch of requests writes. */
class Batch {
  readonly #bodies: Uint8Array[] = []
  readonly #payloads: { id: number; key: string; source: string; at: number }[] = []
  #count = 0
  /** Alerts of which nothing was known, as most are: their other columns have the default. */
  readonly #alerts: SqlRow[] = []
  readonly #otherAlerts: SqlRow[] = []
  readonly #runs: Run[] = []
  /** Levels by queue and channel. */
  readonly #places = new Map<string, Map<string, Set<Level>>>()

  /** How many alerts were added. */
  get alertCount(): number {
    return this.#count
  }

  addPayload(id: number, { key, source, body }: AcceptRequest, at: number): void {
    this.#payloads.push({ id, key, source, at })
    this.#bodies.push(typeof body === 'string' ? Buffer.from(body) : body)
  }

  addAlert({
    id,
    payload,
    alert,
    decision,
  }: {
    id: number
    payload: number
    alert: IncomingAlert
    decision: Decision
  }): void {
    const { channel, fingerprint, group, level } = alert
    const isSuppressed = decision.queues.length === 0
    this.#count += 1
    const row = [
      id,
      payload,
      alert.position,
      channel,
      fingerprint,
      alert.status,
      level,
      alert.name,
      alert.cluster,
      alert.startsAtMs ?? null,
    ]
    if (group === fingerprint && decision.previous === 0 && !isSuppressed) this.#alerts.push(row)
    else {
      row.push(group === fingerprint ? null : group, decision.previous)
      row.push(isSuppressed ? 0 : decision.repeats, isSuppressed ? 'suppressed' : null)
      row.push(decision.reason ?? null)
      this.#otherAlerts.push(row)
    }
    if (isSuppressed) return
    const run = this.#runs.at(-1)
    if (run?.last === id - 1 && sameNames(run.queues, decision.queues)) run.last = id
    else this.#runs.push({ queues: decision.queues, first: id, last: id })
    for (const queue of decision.queues) this.#addPlace(queue, channel, level)
  }

  #addPlace(queue: string, channel: string, level: Level): void {
    const channels = this.#places.get(queue) ?? new Map<string, Set<Level>>()
    const levels = channels.get(channel) ?? new Set<Level>()
    if (levels.has(level)) return
    this.#places.set(queue, channels.set(channel, levels.add(level)))
  }

  #watermarks(): SqlRow[] {
    const rows: [string, string, Level, number][] = []
    for (const [queue, channels] of this.#places)
      for (const [channel, levels] of channels)
        for (const level of levels) rows.push([queue, channel, level, 0])
    return rows.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]) || a[2] - b[2])
  }

  async write(tx: Tx): Promise<void> {
    if (this.#payloads.length === 0) return
    const locations = await writeBodies(tx, this.#bodies)
    await tx.insert(
      'payloads',
      PAYLOAD_COLUMNS,
      this.#payloads.map(({ id, key, source, at }, index) => {
        const { body, start, length } = locations[index] as (typeof locations)[number]
        return [id, key, source, at, body, start, length]
      }),
    )
    await tx.insert('alerts', ALERT_COLUMNS, this.#alerts)
    await tx.insert('alerts', ALL_ALERT_COLUMNS, this.#otherAlerts)
    // In order, so that two transactions that add the same place do not wait for each other.
    await tx.insert('watermarks', WATERMARK_COLUMNS, this.#watermarks(), 'ON CONFLICT DO NOTHING')
    for (const { queues, first, last } of this.#runs)
      for (const queue of queues)
        await tx.run(
          `INSERT INTO deliveries (queue, channel, level, alert)
           SELECT CAST($1 AS TEXT), channel, level, id FROM alerts WHERE id BETWEEN $2 AND $3`,
          queue,
          first,
          last,
        )
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, index) => name === b[index]))
}
