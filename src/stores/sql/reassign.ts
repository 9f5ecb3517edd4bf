import { hash } from 'node:crypto'
import type { ConfigurationTime, QueueAssignment, Reassigned } from '../assignments.ts'
import type { QueuePlace } from '../queries.ts'
import type { Tx } from '../tx.ts'
import {
  byPlace,
  expandRanges,
  LEVELS_IN_ORDER,
  MESSAGE_OF,
  OF_WATERMARK,
  queueLock,
  readPlaces,
  requeue,
} from './deliveries.ts'
import { inForce } from './leases.ts'
import {
  addToQueue,
  copyLastEntries,
  readWaiting,
  removeFromQueue,
  setFinalState,
  type WaitingDelivery,
} from './move-alerts.ts'
import type { Recent } from './recent.ts'
import { exists, readColumn, readValue } from './rows.ts'
import { IN_STATE, IS_CONFIGURATION, OPEN } from './schema.ts'
import { markDead } from './settle.ts'

const REMOVED = 'its channel or robot was removed from the configuration'

type Assigned = QueueAssignment['queues']

/**
 * Moves alerts and messages out of queues without a robot. A message that may have arrived moves with its uuid and body,
 * so that DingTalk drops a repeat; any other becomes dead, and its alerts wait again.
 */
export async function reassign(
  tx: Tx,
  assignments: readonly QueueAssignment[],
  { recent, ...time }: ConfigurationTime & { recent: Recent },
): Promise<Reassigned> {
  let moved = 0
  const dead = new Map<string, number>()
  const queues = new Set<string>()
  const at = tx.ms(time.now)
  const assigned = new Map(assignments.map(({ channel, queues }) => [channel, queues]))
  const isAssigned = ({ queue, channel }: QueuePlace): boolean =>
    assigned.get(channel)?.some((each) => each.queue === queue) === true
  const orphans = (await isNewest(tx, assignments, time)) ? await findOrphans(tx, isAssigned) : []
  if (orphans.length === 0) return { moved, dead: [], queues: [] }
  const targets = orphans.flatMap(({ channel }) => assigned.get(channel) ?? [])
  await tx.lock([...orphans, ...targets].map(({ queue }) => queueLock(queue)))
  const leased = await readLeasedPlaces(tx, at)
  for (const place of orphans) {
    // A process with another configuration serves this place, or its message is in flight: a later call moves it.
    if (leased.has(`${place.queue}\n${place.channel}`) || (await hasInFlight(tx, place))) continue
    const to = await readTargets(tx, place, assigned.get(place.channel) ?? [])
    await moveMessages(tx, place, { to, at, recent })
    const waiting = await readWaiting(tx, place)
    if (waiting.length === 0) continue
    await removeFromQueue(tx, place, waiting)
    if (to.length === 0) {
      const alerts = waiting.map(({ alert }) => alert)
      const ended = await setFinalState(tx, alerts, { state: 'dead', reason: REMOVED })
      if (ended > 0) dead.set(place.channel, (dead.get(place.channel) ?? 0) + ended)
    } else {
      moved += await addWaiting(tx, waiting, { place, to, recent })
      for (const { queue } of to) queues.add(queue)
    }
  }
  return {
    moved,
    dead: [...dead].map(([channel, count]) => ({ channel, count })),
    queues: [...queues],
  }
}

/** How long a process counts as running after it called `reassign`. */
const RUNNING_FOR_MS = 60_000

/**
 * False while a process with a newer configuration runs: during a rolling update it may already have accepted alerts for
 * queues that this one does not know. That process moves what is left. The restart of a process does not make its
 * configuration newer while others run with it, or ran within the last minute; a reload does.
 */
async function isNewest(
  tx: Tx,
  assignments: readonly QueueAssignment[],
  { now, since, isReloaded }: ConfigurationTime,
): Promise<boolean> {
  const scope = `configuration:${hash('sha256', JSON.stringify(assignments)).slice(0, 32)}`
  const at = tx.ms(now)
  await tx.run(`DELETE FROM pauses WHERE ${IS_CONFIGURATION} AND until <= $1`, [at])
  await tx.run(
    `INSERT INTO pauses AS p (scope, until, since, reason) VALUES ($1, $2, $3, 'in_force')
     ON CONFLICT (scope) DO UPDATE SET until = excluded.until
       ${isReloaded ? ', since = GREATEST(p.since, excluded.since)' : ''}`,
    [scope, at + RUNNING_FOR_MS, tx.ms(since)],
  )
  const newer = `pauses WHERE ${IS_CONFIGURATION} AND since > (SELECT since FROM pauses WHERE scope = $1)`
  return !(await exists(tx, newer, [scope]))
}

/** Adds alerts from a place to the target queues. Returns their number, without those overtaken in every target. */
async function addWaiting(
  tx: Tx,
  waiting: readonly WaitingDelivery[],
  { place, to, recent }: { place: QueuePlace; to: Assigned; recent: Recent },
): Promise<number> {
  const alerts = waiting.map(({ alert }) => alert)
  let overtakenInAll = alerts
  for (const { queue, robots } of to) {
    const target = { ...place, queue }
    const sent = await findSent(tx, { place, robots }, alerts)
    const missing = waiting.filter(({ alert }) => !sent.has(alert))
    const overtaken = await addToQueue(tx, target, missing)
    await copyLastEntries(tx, { from: place, to: target, recent }, alerts)
    overtakenInAll = overtakenInAll.filter((alert) => overtaken.has(alert))
  }
  await setFinalState(tx, overtakenInAll, { state: 'suppressed', reason: 'outdated' })
  return alerts.length - overtakenInAll.length
}

/** Reads the queues whose robot last sent from this place, so that alerts stay in their group; all queues if no robot has. */
async function readTargets(
  tx: Tx,
  { queue, channel }: QueuePlace,
  to: Assigned,
): Promise<Assigned> {
  const last = await readValue<string>(
    tx,
    `SELECT robot_key FROM messages WHERE queue = $1 AND channel = $2 AND kind <> 'test'
     ORDER BY created_at DESC LIMIT 1`,
    [queue, channel],
  )
  const same = to.filter(({ robots }) => robots.some(({ key }) => key === last))
  return same.length > 0 ? same : to
}

/** Places outside the configuration with waiting alerts or an open message. */
async function findOrphans(
  tx: Tx,
  isAssigned: (place: QueuePlace) => boolean,
): Promise<QueuePlace[]> {
  const open = await tx.all<QueuePlace>(
    `SELECT DISTINCT queue, channel FROM messages WHERE ${OPEN}`,
  )
  const orphans = open.filter((place) => !isAssigned(place))
  for (const place of await readPlaces(tx)) {
    const isListed = orphans.some((each) => byPlace(each, place) === 0)
    if (!isAssigned(place) && !isListed && (await readWaiting(tx, place, 1)).length > 0)
      orphans.push(place)
  }
  return orphans.toSorted(byPlace)
}

/** Places under a lease in force, as `QUEUE\nCHANNEL`: a robot may hold a queue for some channels only. */
async function readLeasedPlaces(tx: Tx, at: number): Promise<Set<string>> {
  const leased = `SELECT places FROM leases WHERE ${inForce('$1')}`
  const lists = await readColumn<string>(tx, leased, [at])
  const all = lists.flatMap((places) => JSON.parse(places) as [string, string][])
  return new Set(all.map((place) => place.join('\n')))
}

/** A message in flight ends when its process settles it, or `recover` makes it pending. */
function hasInFlight(tx: Tx, { queue, channel }: QueuePlace): Promise<boolean> {
  const messages = `messages WHERE queue = $1 AND channel = $2 AND ${IN_STATE.sending}`
  return exists(tx, messages, [queue, channel])
}

type Target = Assigned[number] & { robot?: string }

interface OpenMessage {
  id: number
  robot_key: string
  alert_count: number
  elsewhere_at: number | null
}

async function moveMessages(
  tx: Tx,
  place: QueuePlace,
  { to, at, recent }: { to: Assigned; at: number; recent: Recent },
): Promise<void> {
  const open = await tx.all<OpenMessage>(
    `SELECT id, robot_key, alert_count, elsewhere_at FROM messages
     WHERE queue = $1 AND channel = $2 AND ${OPEN} ORDER BY id`,
    [place.queue, place.channel],
  )
  for (const message of open) {
    const mayHaveArrived = (message.elsewhere_at ?? 0) > at
    const target = targetOf(message, to)
    const moves =
      mayHaveArrived && target !== undefined && !(await isTakenOver(tx, place, { message, target }))
    if (moves) {
      const alerts = await moveMessage(tx, message, target)
      await copyLastEntries(
        tx,
        { from: place, to: { ...place, queue: target.queue }, recent },
        alerts,
      )
    } else {
      await requeue(tx, message.id)
      await markDead(tx, message.id, REMOVED)
    }
  }
}

/** The queue whose robot has the message's key; otherwise the first queue of the channel. */
function targetOf({ robot_key }: OpenMessage, to: Assigned): Target | undefined {
  for (const { queue, robots } of to) {
    const robot = robots.find(({ key }) => key === robot_key)
    if (robot !== undefined) return { queue, robots, robot: robot.name }
  }
  return to[0]
}

/**
 * True if the robot was removed, and the target's group gets alerts of its message in other messages: its robots already
 * sent them, or they are in the target queue. With the old body the group would see them twice.
 */
async function isTakenOver(
  tx: Tx,
  place: QueuePlace,
  { message, target }: { message: OpenMessage; target: Target },
): Promise<boolean> {
  if (target.robot !== undefined) return false
  await expandRanges(tx, message.id)
  const carried = 'SELECT alert FROM deliveries WHERE message = $1'
  const alerts = await readColumn<number>(tx, carried, [message.id])
  const inTarget = `deliveries WHERE queue = $1 AND channel = $2 AND level IN (${LEVELS_IN_ORDER})
    AND alert IN LIST($3, BIGINT)`
  if (await exists(tx, inTarget, [target.queue, place.channel, alerts])) return true
  return (await findSent(tx, { place, robots: target.robots }, alerts)).size > 0
}

/** Returns the alerts that are in open or sent messages of the robots, from other queues of the channel. */
async function findSent(
  tx: Tx,
  { place, robots }: { place: QueuePlace; robots: Target['robots'] },
  alerts: readonly number[],
): Promise<ReadonlySet<number>> {
  const sent = await readColumn<number>(
    tx,
    `SELECT DISTINCT d.alert FROM watermarks w CROSS JOIN deliveries d
     WHERE w.channel = $2 AND w.queue <> $1 AND ${OF_WATERMARK} AND d.alert IN LIST($3, BIGINT) AND EXISTS (SELECT 1 FROM messages m
         WHERE m.id = ${MESSAGE_OF} AND m.state <> 'dead' AND m.robot_key IN LIST($4, TEXT))`,
    [place.queue, place.channel, alerts, robots.map(({ key }) => key)],
  )
  return new Set(sent)
}

/** Moves a message with its uuid and body, without alerts that the target queue already contains. Returns its alerts. */
async function moveMessage(
  tx: Tx,
  { id, alert_count }: OpenMessage,
  { queue, robot }: { queue: string; robot?: string },
): Promise<number[]> {
  await expandRanges(tx, id)
  await tx.run(
    `DELETE FROM deliveries WHERE message = $1 AND queue <> $2 AND EXISTS (SELECT 1 FROM deliveries o
       WHERE o.queue = $2 AND o.channel = deliveries.channel AND o.level = deliveries.level AND o.alert = deliveries.alert)`,
    [id, queue],
  )
  await tx.run(
    `INSERT INTO watermarks (queue, channel, level, up_to)
     SELECT DISTINCT CAST($2 AS TEXT), channel, level, 0 FROM deliveries WHERE message = $1
     ON CONFLICT DO NOTHING`,
    [id, queue],
  )
  const moved = await readColumn<number>(
    tx,
    'UPDATE deliveries SET queue = $2 WHERE message = $1 RETURNING alert',
    [id, queue],
  )
  if (moved.length === 0 && alert_count > 0) await markDead(tx, id, REMOVED)
  await tx.run(
    `UPDATE messages SET due_at = COALESCE(due_at, created_at), queue = $2, robot = COALESCE($3, robot) WHERE id = $1`,
    [id, queue, robot],
  )
  return moved
}
