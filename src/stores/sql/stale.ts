import type { AcceptRequest, IncomingAlert } from '../incoming.ts'
import type { QueuePlace } from '../queries.ts'
import type { Tx } from '../tx.ts'
import { findUndeliverable, readPlaces } from './deliveries.ts'
import type { LastEntry, LastEntryReader, RecentSession } from './recent.ts'

type AlertTarget = Pick<IncomingAlert, 'queues' | 'channel' | 'group'>

/**
 * True if a queue's last entry differs from what its DingTalk group last received: the entry's alert is dead, or the group
 * had another queue before a reload, which delivered another status.
 */
export type IsStale = (alert: AlertTarget, queue: string, last: LastEntry) => boolean

/** An incoming alert, and the id of the last alert of its group in one queue. */
interface LastAlertRef {
  alert: AlertTarget
  queue: string
  id: number
}

/** Reads the rows for all alerts of a batch at once, because in a storm most alerts have a last entry. */
export async function readStale(
  tx: Tx,
  requests: readonly AcceptRequest[],
  { session, recent }: { session: RecentSession; recent: LastEntryReader },
): Promise<IsStale> {
  const known = lastAlertRefs(requests, session)
  if (known.length === 0) return () => false
  await session.load(new Set(known.map(({ id }) => id)))
  const dead = new Map<string, ReadonlySet<number>>()
  for (const [key, refs] of Map.groupBy(known, placeKeyOf)) {
    const { queue, alert } = refs[0] as LastAlertRef
    const ids = refs.map(({ id }) => id)
    dead.set(key, await findUndeliverable(tx, { queue, channel: alert.channel }, ids))
  }
  const alerts = [...new Set(known.map(({ alert }) => alert))]
  const elsewhere = await readLastElsewhere(tx, alerts, recent)
  return (alert, queue, last) =>
    dead.get(placeKeyOf({ alert, queue }))?.has(last.alert) === true ||
    elsewhere.some((place) => {
      if (place.channel !== alert.channel || alert.queues.includes(place.queue)) return false
      const newer = place.last.get(alert.group)
      return newer !== undefined && newer.alert > last.alert && newer.status !== last.status
    })
}

function lastAlertRefs(requests: readonly AcceptRequest[], session: RecentSession): LastAlertRef[] {
  const known: LastAlertRef[] = []
  for (const { alerts } of requests)
    for (const alert of alerts)
      for (const queue of alert.queues) {
        const id = session.lastId(queue, alert.channel, alert.group)
        if (id > 0) known.push({ alert, queue, id })
      }
  return known
}

/** Last entries of the groups in former queues of their channel. Empty unless a reload removed a queue. */
async function readLastElsewhere(
  tx: Tx,
  alerts: readonly AlertTarget[],
  recent: LastEntryReader,
): Promise<(QueuePlace & { last: Map<string, LastEntry> })[]> {
  const lastByPlace: (QueuePlace & { last: Map<string, LastEntry> })[] = []
  const channels = new Set(alerts.map(({ channel }) => channel))
  for (const { queue, channel } of await readPlaces(tx, [...channels])) {
    const others = alerts.filter((each) => each.channel === channel && !each.queues.includes(queue))
    if (others.length === 0) continue
    const place = { queue, channel }
    const last = new Map(
      await recent.readLast(tx, place, [...new Set(others.map(({ group }) => group))]),
    )
    const ids = [...last.values()].map(({ alert }) => alert)
    const dead = await findUndeliverable(tx, place, ids)
    for (const [group, { alert }] of last) if (dead.has(alert)) last.delete(group)
    lastByPlace.push({ ...place, last })
  }
  return lastByPlace
}

function placeKeyOf({ alert, queue }: Omit<LastAlertRef, 'id'>): string {
  return `${queue}\n${alert.channel}`
}
