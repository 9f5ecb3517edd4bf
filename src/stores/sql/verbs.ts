import type { Claimed, Store } from '../store.ts'
import type { Database, Tx } from '../tx.ts'
import { alerts, alertTotal, message } from './alerts.ts'
import { backlog, unshown } from './backlog.ts'
import { ClaimRejected, claim, claimRetry } from './claim.ts'
import { activity, history, messageCounts } from './history.ts'
import { lease, recover, release, renew, shift, type TakenOver } from './leases.ts'
import { failed, messages, messageTotal } from './message-list.ts'
import { enqueue, warn } from './messages.ts'
import { payloads } from './payload-blobs.ts'
import { prune } from './prune.ts'
import { reassign } from './reassign.ts'
import type { Recent } from './recent.ts'
import { dismiss, resend } from './resend.ts'
import { adopt, pauseRobot, resumeRobot } from './robot-states.ts'
import { countReceived, settle } from './settle.ts'
import { addSilence, endSilence, signingKey, silences } from './silences.ts'
import { snapshot } from './snapshot.ts'
import { tally } from './tally.ts'

/** The verbs that both drivers share. */
export type SqlVerbs = Omit<Store, 'accept' | 'close'>

interface VerbDeps {
  recent: Recent
  /** Notifies other processes of queues with something new, or that a robot is free (`all`). */
  wake: (queues: readonly string[] | 'all') => void
  takenOver: (taken: TakenOver) => void
}

/** Implements the store's verbs on one database. */
export function sqlVerbs(db: Database, deps: VerbDeps): SqlVerbs {
  return {
    ...dispatchVerbs(db, deps),
    ...messageVerbs(db, deps),
    ...queryVerbs(db),
    ...silenceVerbs(db),
  }
}

/** The verbs for leases, claims and their outcomes. */
function dispatchVerbs(db: Database, { wake, takenOver }: VerbDeps) {
  /** Robots with a claim whose answer was lost; the next lease recovers its message. */
  const unconfirmed = new Set<string>()
  const claimed = async (
    robot: string,
    work: (tx: Tx) => Promise<Claimed>,
  ): Promise<Claimed | undefined> => {
    try {
      return await db.write(work, 'background')
    } catch (error) {
      if (error instanceof ClaimRejected) return undefined
      unconfirmed.add(robot)
      throw error
    }
  }
  return {
    async lease(wanted) {
      const { robot } = wanted
      const { isHeld, takenOver: taken } = await db.write((tx) =>
        lease(tx, wanted, unconfirmed.has(robot)),
      )
      unconfirmed.delete(robot)
      if (taken !== undefined) takenOver(taken)
      return isHeld
    },
    renew: (renewal) => db.write((tx) => renew(tx, renewal)),
    async release(owner) {
      await db.write((tx) => release(tx, owner))
      wake('all')
    },
    backlog: (query) => db.read((tx) => backlog(tx, query), 'background'),
    unshown: (id, preview) => db.read((tx) => unshown(tx, id, preview)),
    tally: (queue, channel) => tally(db, { queue, channel }),
    payloads: (ids, maxBytes) => db.read((tx) => payloads(tx, ids, maxBytes)),
    claim: (request) => claimed(request.message.robot, (tx) => claim(tx, request)),
    claimRetry: (request) => claimed(request.robot, (tx) => claimRetry(tx, request)),
    async settle(settlement) {
      const queue = await db.write((tx) => settle(tx, settlement), 'background')
      if (queue === undefined) return []
      const { kind } = settlement.next
      if (kind === 'retry' || kind === 'split') wake([queue])
      return kind === 'sent' ? countReceived(db, Number(settlement.id)) : []
    },
    async recover(now) {
      const recovered = await db.write((tx) => recover(tx, now), 'background')
      if (recovered > 0) wake('all')
      return recovered
    },
    pauseRobot: (pause) => db.write((tx) => pauseRobot(tx, pause)),
    async resumeRobot(robot, now) {
      const ended = await db.write((tx) => resumeRobot(tx, robot, now))
      wake('all')
      return ended
    },
    shift: (byMs) => db.write((tx) => shift(tx, byMs)),
  } satisfies Partial<SqlVerbs>
}

/** The verbs for messages without alerts, resends, dismissals, moves and pruning. */
function messageVerbs(db: Database, { recent, wake }: VerbDeps) {
  return {
    async enqueue(all, now) {
      const ids = await db.write((tx) => enqueue(tx, all, now))
      wake(all.map(({ queue }) => queue))
      return ids
    },
    async warn(warning) {
      const did = await db.write((tx) => warn(tx, warning))
      if (did && warning.message !== undefined) wake([warning.message.queue])
      return did
    },
    async resend(id, now) {
      const resent = await db.write((tx) => resend(tx, { id, now }, recent), 'background')
      wake([resent.queue])
      return resent
    },
    dismiss: (ids, dismissal) => db.write((tx) => dismiss(tx, ids, dismissal)),
    async reassign(assignments, time) {
      const work = (tx: Tx) => reassign(tx, assignments, { ...time, recent })
      const done = await db.write(work, 'background')
      if (done.queues.length > 0) wake(done.queues)
      return done
    },
    adopt: (keys) => db.write((tx) => adopt(tx, keys)),
    prune: (before, now) => db.write((tx) => prune(tx, before, now), 'background'),
  } satisfies Partial<SqlVerbs>
}

function queryVerbs(db: Database) {
  return {
    snapshot: (query) => db.read((tx) => snapshot(tx, query), 'background'),
    messages: (query) => db.read((tx) => messages(tx, query)),
    failed: (query) => db.read((tx) => failed(tx, query)),
    message: (id, limit) => db.read((tx) => message(tx, id, limit)),
    messageTotal: (query) => db.read((tx) => messageTotal(tx, query)),
    alerts: (query) => db.read((tx) => alerts(tx, query)),
    alertTotal: (query) => db.read((tx) => alertTotal(tx, query)),
    history: (range) => history(db, range),
    activity: (heartbeats) => db.read((tx) => activity(tx, heartbeats)),
    messageCounts: (query) => db.read((tx) => messageCounts(tx, query)),
  } satisfies Partial<SqlVerbs>
}

function silenceVerbs(db: Database) {
  return {
    addSilence: (silence) => db.write((tx) => addSilence(tx, silence)),
    endSilence: (id, end) => db.write((tx) => endSilence(tx, id, end)),
    silences: (query) => db.read((tx) => silences(tx, query)),
    signingKey: (name, fresh) => db.write((tx) => signingKey(tx, name, fresh)),
  } satisfies Partial<SqlVerbs>
}
