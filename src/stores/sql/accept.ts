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
      const last = session.last(queue, channel, group)
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
  batch.addPayload(payload, request, tx.ms(request.now))
  const queues = new Set<string>()
  const suppressed = new Map<string, Accepted['suppressed'][number]>()
  for (const alert of request.alerts) {
    const id = ids.alerts[batch.alertCount] as number
    const decision = await decide(tx, alert, { request, session, deps })
    batch.addAlert(tx, { id, payload, alert, decision })
    for (const queue of decision.queues) queues.add(queue)
    if (decision.queues.length === 0) count(suppressed, alert.channel, decision.reason)
    remember(tx, { id, alert, decision, request, session })
  }
  return { duplicate: false, queues: [...queues], suppressed: [...suppressed.values()] }
}

interface Decision {
  /** The queues that the alert goes into; none: it is suppressed for the reason. */
  queues: readonly string[]
  reason: string | undefined
  previous: number
  repeats: number
}

/** Each group decides by what it was last sent itself. */
async function decide(
  tx: Tx,
  alert: IncomingAlert,
  { request, session, deps }: { request: AcceptRequest; session: RecentSession; deps: AcceptDeps },
): Promise<Decision> {
  const { channel, group } = alert
  let reason = alert.suppressed
  let previous = 0
  let repeats = 0
  const through: string[] = []
  for (const queue of alert.queues) {
    const last = session.last(queue, channel, group)
    if (last !== undefined && last.alert > previous) previous = last.alert
    if (alert.suppressed !== undefined) continue
    const why = deps.reasonToSuppress(alert, last && lastNotified(tx, last), request.now)
    const passes =
      why === undefined || (last !== undefined && (await isDead(tx, { queue, channel, ...last })))
    if (passes) {
      through.push(queue)
      repeats = Math.max(repeats, last?.repeats ?? 0)
    } else reason ??= why
  }
  const queues = through.length === alert.queues.length ? alert.queues : through
  return { queues, reason: queues.length > 0 ? undefined : reason, previous, repeats }
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
  tx: Tx,
  {
    id,
    alert,
    decision,
    request,
    session,
  }: {
    id: number
    alert: IncomingAlert
    decision: Decision
    request: AcceptRequest
    session: RecentSession
  },
): void {
  const { channel, group, status, level, fingerprint } = alert
  const at = tx.ms(request.now)
  for (const queue of alert.queues) {
    const last = session.last(queue, channel, group)
    const isNews = alert.suppressed !== undefined || decision.queues.includes(queue)
    if (isNews)
      session.setLast(queue, channel, group, {
        ...{ alert: id, status, level, fingerprint, repeats: 0 },
        startsAt: alert.startsAt?.getTime() ?? null,
        firingAt: status === 'firing' ? at : (last?.firingAt ?? null),
        resolvedAt: status === 'resolved' ? at : (last?.resolvedAt ?? null),
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
  grp: 'TEXT',
  status: 'TEXT',
  level: 'SMALLINT',
  name: 'TEXT',
  cluster: 'TEXT',
  starts_at: 'BIGINT',
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
  readonly #alerts: SqlRow[] = []
  readonly #runs: Run[] = []
  readonly #places = new Map<string, SqlRow>()

  /** How many alerts were added. */
  get alertCount(): number {
    return this.#alerts.length
  }

  addPayload(id: number, { key, source, body }: AcceptRequest, at: number): void {
    this.#payloads.push({ id, key, source, at })
    this.#bodies.push(typeof body === 'string' ? Buffer.from(body) : body)
  }

  addAlert(
    _tx: Tx,
    {
      id,
      payload,
      alert,
      decision,
    }: { id: number; payload: number; alert: IncomingAlert; decision: Decision },
  ): void {
    const { channel, fingerprint, group, level } = alert
    const isSuppressed = decision.queues.length === 0
    this.#alerts.push([
      id,
      payload,
      alert.position,
      channel,
      fingerprint,
      group === fingerprint ? null : group,
      alert.status,
      level,
      alert.name,
      alert.cluster,
      alert.startsAt?.getTime() ?? null,
      decision.previous,
      isSuppressed ? 0 : decision.repeats,
      isSuppressed ? 'suppressed' : null,
      decision.reason ?? null,
    ])
    if (isSuppressed) return
    const run = this.#runs.at(-1)
    if (run?.last === id - 1 && sameNames(run.queues, decision.queues)) run.last = id
    else this.#runs.push({ queues: decision.queues, first: id, last: id })
    for (const queue of decision.queues) {
      const key = `${queue}\0${channel}\0${level}`
      if (!this.#places.has(key)) this.#places.set(key, [queue, channel, level, 0])
    }
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
    // In order, so that two transactions that add the same place do not wait for each other.
    const places = [...this.#places].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
    await tx.insert('watermarks', WATERMARK_COLUMNS, places, 'ON CONFLICT DO NOTHING')
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

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, index) => name === b[index]))
}
