import type {
  Accepted,
  AcceptRequest,
  IncomingAlert,
  LastNotified,
  ReasonToSuppress,
} from '../incoming.ts'
import type { Tx } from '../tx.ts'
import { AcceptedRows, type Decision } from './accepted-rows.ts'
import { isDead, type Place, queueLock } from './deliveries.ts'
import type { LastEntry, LastNotifiedLog, Recent, RecentSession } from './recent.ts'

export interface AcceptDeps {
  recent: Recent
  log: Pick<LastNotifiedLog, 'lastOf'>
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
  const last = known(tx, session, deps.log)
  const batch = new AcceptedRows()
  const accepted: Accepted[] = []
  for (const request of requests) {
    if (await repeats(tx, request, last)) {
      accepted.push({ duplicate: true, queues: [], suppressed: [] })
      continue
    }
    session.setRequested(request.key, tx.ms(request.now))
    accepted.push(await acceptOne(tx, request, { known: last, batch, ids, deps }))
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
  known: Known,
): Promise<boolean> {
  const { session } = known
  const seenAt = session.requestedAt(key)
  if (seenAt === undefined || Math.abs(tx.ms(now) - seenAt) >= dedupWindowMs) return false
  for (const { queues, channel, group, status, level } of alerts)
    for (const queue of queues) {
      const last = await session.last(queue, channel, group)
      if (last === undefined || last.status !== status || last.level > level) return false
      if (await isStale(tx, { queue, channel, group, last }, known)) return false
    }
  return true
}

/** What was last let through, of the queue that is decided for and of others of its channel. */
interface Known {
  session: RecentSession
  log: AcceptDeps['log']
  /** Of a channel; asked once in a transaction. */
  queuesOf: (channel: string) => Promise<readonly string[]>
}

function known(tx: Tx, session: RecentSession, log: AcceptDeps['log']): Known {
  const asked = new Map<string, string[]>()
  return {
    session,
    log,
    async queuesOf(channel) {
      const before = asked.get(channel)
      if (before !== undefined) return before
      const rows = await tx.all<{ queue: string }>(
        'SELECT DISTINCT queue FROM watermarks WHERE channel = $1',
        [channel],
      )
      const queues = rows.map(({ queue }) => queue)
      asked.set(channel, queues)
      return queues
    },
  }
}

interface Accepting {
  known: Known
  batch: AcceptedRows
  ids: { payloads: number[]; alerts: number[] }
  deps: AcceptDeps
}

async function acceptOne(
  tx: Tx,
  request: AcceptRequest,
  { known, batch, ids, deps }: Accepting,
): Promise<Accepted> {
  const payload = ids.payloads.shift() as number
  const { now } = request
  const at = tx.ms(now)
  batch.addPayload(payload, request, at)
  const queues = new Set<string>()
  const suppressed = new Map<string, Accepted['suppressed'][number]>()
  for (const alert of request.alerts) {
    const id = ids.alerts[batch.alertCount] as number
    const context = { now, known, deps }
    const decision = decideUnknown(alert, context) ?? (await decide(tx, alert, context))
    batch.addAlert({ id, payload, alert, decision })
    for (const queue of decision.queues) queues.add(queue)
    if (decision.queues.length === 0) count(suppressed, alert.channel, decision.reason)
    remember(alert, { id, at, decision, session: known.session })
  }
  return { duplicate: false, queues: [...queues], suppressed: [...suppressed.values()] }
}

/** Each group decides by what it was last sent itself. */
async function decide(
  tx: Tx,
  alert: IncomingAlert,
  { now, known, deps }: { now: Date; known: Known; deps: AcceptDeps },
): Promise<Decision> {
  const { channel, group, queues, suppressed } = alert
  const { session } = known
  const last: (LastEntry | undefined)[] = []
  let previous = 0
  for (const queue of queues) {
    last.push(await session.last(queue, channel, group))
    previous = Math.max(previous, session.lastId(queue, channel, group))
  }
  if (suppressed !== undefined)
    return { queues: [], reason: suppressed, last, previous, repeats: 0 }
  let reason: string | undefined
  let repeats = 0
  const through: string[] = []
  for (const [index, queue] of queues.entries()) {
    const before = last[index]
    const why = deps.reasonToSuppress(alert, before && lastNotified(tx, before), now)
    const place = { queue, channel, group }
    const passes =
      why === undefined ||
      (before !== undefined && (await isStale(tx, { ...place, last: before }, known)))
    if (passes) {
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

/**
 * Whether what a queue last got is not what its group last got: it is dead, or a reload has given the group another
 * queue since, which got another status.
 */
async function isStale(
  tx: Tx,
  { queue, channel, group, last }: Place & { group: string; last: LastEntry },
  { log, queuesOf }: Known,
): Promise<boolean> {
  if (await isDead(tx, { queue, channel, ...last })) return true
  for (const other of await queuesOf(channel)) {
    if (other === queue) continue
    const place = { queue: other, channel }
    const newer = (await log.lastOf(tx, place, [group])).get(group)
    const isNewer = newer !== undefined && newer.alert > last.alert
    if (isNewer && newer.status !== last.status && !(await isDead(tx, { ...place, ...newer })))
      return true
  }
  return false
}

/** Nothing is known of most alerts: they pass without a look at anything. */
function decideUnknown(
  alert: IncomingAlert,
  { now, known, deps }: { now: Date; known: Known; deps: AcceptDeps },
): Decision | undefined {
  const { channel, group, queues, suppressed } = alert
  const { session } = known
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
