import type {
  Accepted,
  AcceptRequest,
  IncomingAlert,
  LastNotified,
  ReasonToSuppress,
} from '../incoming.ts'
import type { Tx } from '../tx.ts'
import { AcceptedRows, type Decision } from './accepted-rows.ts'
import { queueLock } from './deliveries.ts'
import {
  changeKeyOf,
  entryAfter,
  type LastEntry,
  type Recent,
  type RecentSession,
} from './recent.ts'
import { type IsStale, readStale } from './stale.ts'

interface AcceptDeps {
  recent: Recent
  reasonToSuppress: ReasonToSuppress
}

/** Writes many requests in one transaction, which costs one flush. Each request sees the results of those before it. */
export async function acceptAll(
  tx: Tx,
  requests: readonly AcceptRequest[],
  deps: AcceptDeps,
): Promise<Accepted[]> {
  // A claim moves a watermark past all ids that it sees, so it must not overlap with an uncommitted accept.
  await tx.lock(queuesIn(requests).map(queueLock), 'shared')
  // Locks the alerts' keys. Ids are allocated after it: of two requests about one alert, the later has the higher ids.
  const session = await deps.recent.begin(tx, requests)
  const isStale = await readStale(tx, requests, { session, recent: deps.recent })
  const count = requests.reduce((sum, { alerts }) => sum + alerts.length, 0)
  const ids = {
    payloads: await tx.newIds('payloads', requests.length),
    alerts: await tx.newIds('alerts', count),
  }
  const batch = new AcceptedRows()
  const accepted: Accepted[] = []
  for (const request of requests) {
    if (isDuplicate(request, { tx, session, isStale })) {
      accepted.push({ duplicate: true, queues: [], suppressed: [] })
      continue
    }
    session.setRequested(request.key, tx.ms(request.now))
    accepted.push(acceptOne(request, { tx, session, isStale, batch, ids, deps }))
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

interface CompareContext {
  tx: Tx
  session: RecentSession
  isStale: IsStale
}

/**
 * True if the key was accepted within the window, none of the request's alerts would be delivered now, and none of their
 * groups has changed its status since.
 */
function isDuplicate(
  { key, now, dedupWindowMs, alerts }: AcceptRequest,
  { tx, session, isStale }: CompareContext,
): boolean {
  const seenAt = session.requestedAt(key)
  if (seenAt === undefined || Math.abs(tx.ms(now) - seenAt) >= dedupWindowMs) return false
  for (const alert of alerts) {
    const changeKey = changeKeyOf(alert)
    if (changeKey !== undefined && (session.requestedAt(changeKey) ?? 0) > seenAt) return false
    for (const queue of alert.queues) {
      const last = session.last(queue, alert.channel, alert.group)
      if (last === undefined || last.status !== alert.status || last.level > alert.level)
        return false
      // The last firing was muted and not delivered. The mute may have ended since.
      if (last.status === 'firing' && last.firingAt === null) return false
      if (isStale(alert, queue, last)) return false
    }
  }
  return true
}

interface AcceptContext extends CompareContext {
  batch: AcceptedRows
  ids: { payloads: number[]; alerts: number[] }
  deps: AcceptDeps
}

function acceptOne(request: AcceptRequest, accepting: AcceptContext): Accepted {
  const { tx, session, batch, ids } = accepting
  const payload = ids.payloads.shift() as number
  const at = tx.ms(request.now)
  batch.addPayload(payload, request, at)
  const queues = new Set<string>()
  const suppressed = new Map<string, Accepted['suppressed'][number]>()
  for (const alert of request.alerts) {
    const id = ids.alerts[batch.alertCount] as number
    const decision = decide(alert, request.now, accepting)
    batch.addAlert({ id, payload }, alert, decision)
    for (const queue of decision.queues) queues.add(queue)
    if (decision.queues.length === 0) countSuppressed(suppressed, alert.channel, decision.reason)
    updateLast(session, alert, { id, at, decision })
  }
  return { duplicate: false, queues: [...queues], suppressed: [...suppressed.values()] }
}

/** Decides for each queue by the last entry of that queue. */
function decide(
  alert: IncomingAlert,
  now: Date,
  { tx, session, isStale, deps }: AcceptContext,
): Decision {
  const { channel, group, queues, suppressed } = alert
  let previous = 0
  for (const queue of queues) previous = Math.max(previous, session.lastId(queue, channel, group))
  if (previous === 0) {
    // The common case: no predecessor.
    const why = suppressed ?? deps.reasonToSuppress(alert, undefined, now)
    return { queues: why === undefined ? queues : [], reason: why, last: [], previous, repeats: 0 }
  }
  const last = queues.map((queue) => session.last(queue, channel, group))
  if (suppressed !== undefined)
    return { queues: [], reason: suppressed, last, previous, repeats: 0 }
  let reason: string | undefined
  let repeats = 0
  const through: string[] = []
  for (const [index, queue] of queues.entries()) {
    const entry = last[index]
    const why = deps.reasonToSuppress(alert, entry && lastNotified(tx, entry), now)
    const isStaleEntry = entry !== undefined && why !== 'muted' && isStale(alert, queue, entry)
    if (why === undefined || isStaleEntry) {
      through.push(queue)
      repeats = Math.max(repeats, entry?.repeats ?? 0)
    } else reason ??= why
  }
  if (through.length > 0) reason = undefined
  return { queues: through, reason, last, previous, repeats }
}

function lastNotified(tx: Tx, last: LastEntry): LastNotified {
  const { status, level, fingerprint } = last
  const date = (ms: number | null): Date | undefined => (ms === null ? undefined : tx.date(ms))
  return {
    ...{ status, level, fingerprint },
    // From the sender's clock, to which no correction applies.
    startsAt: last.startsAt === null ? undefined : new Date(last.startsAt),
    firingAt: date(last.firingAt),
    resolvedAt: date(last.resolvedAt),
  }
}

/**
 * Updates the last entry of the alert's group in each queue. The alert becomes the entry if it was let through or
 * suppressed by the configuration, or if it is a muted firing after no entry or a recovery. Otherwise it counts as a
 * repeat of the entry.
 */
function updateLast(
  session: RecentSession,
  alert: IncomingAlert,
  { id, at, decision }: { id: number; at: number; decision: Decision },
): void {
  const { channel, group, status, level, fingerprint } = alert
  const entry = { alert: id, status, level, fingerprint, startsAt: alert.startsAtMs ?? null }
  const isMutedFiring = decision.reason === 'muted' && status === 'firing'
  for (const [index, queue] of alert.queues.entries()) {
    const last = decision.last[index]
    const isThrough = alert.suppressed !== undefined || decision.queues.includes(queue)
    // Not delivered, but a later recovery or rise in level must find it as the last entry.
    const isMuted = !isThrough && isMutedFiring && last?.status !== 'firing'
    if (isThrough || isMuted)
      session.setLast(queue, channel, group, entryAfter(last, entry, { at, isMuted }))
    else if (last !== undefined)
      session.setLast(queue, channel, group, { ...last, repeats: last.repeats + 1 })
    const changeKey = last === undefined || last.status === status ? undefined : changeKeyOf(alert)
    if (changeKey !== undefined) session.setRequested(changeKey, at)
  }
}

function countSuppressed(
  suppressed: Map<string, Accepted['suppressed'][number]>,
  channel: string,
  reason = '',
): void {
  const key = `${channel}\0${reason}`
  const entry = suppressed.get(key)
  if (entry === undefined) suppressed.set(key, { channel, reason, count: 1 })
  else entry.count += 1
}
