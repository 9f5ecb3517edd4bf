import type { Sabotage } from './sabotage.ts'

/** Each entry disables one safeguard of the service. */
export const WITHOUT = {
  /** A dead message turns aggregation off in every group. */
  deadByGroup: deadByAlert(),
  /** After a crash, messages in flight may go to another robot at once. */
  elsewhereAtRecover: {
    store: (store, database) => ({
      ...store,
      async recover(now) {
        const recovered = await store.recover(now)
        await database.write((tx) => tx.run('UPDATE messages SET elsewhere_at = NULL'))
        return recovered
      },
    }),
  },
  /** Only the last attempt decides whether a message may have arrived. */
  elsewhereAfterLaterAttempts: {
    store: (store, database) => ({
      ...store,
      async settle(settlement) {
        const received = await store.settle(settlement)
        const { next, id } = settlement
        if (next.kind === 'retry' && next.elsewhereAt === undefined)
          await database.write((tx) =>
            tx.run('UPDATE messages SET elsewhere_at = NULL WHERE id = $1', [Number(id)]),
          )
        return received
      },
    }),
  },
  /** Queues under another process's lease are moved, whichever configuration is newer. */
  leasesInReassign: {
    store: (store, database) => ({
      ...store,
      async reassign(assignments, time) {
        const queues = assignments.flatMap((each) => each.queues.map(({ queue }) => queue))
        await database.write(async (tx) => {
          await tx.run(`UPDATE leases SET places = '[]'`)
          await tx.run(`DELETE FROM pauses WHERE reason = 'in_force'`)
          await tx.run(
            `UPDATE messages SET state = 'pending', due_at = $1, call = NULL
             WHERE state = 'sending' AND queue NOT IN LIST($2, TEXT)`,
            [tx.ms(time.now), queues],
          )
        })
        return store.reassign(assignments, time)
      },
    }),
  },
  /** Queues without a robot are searched only when a process starts. */
  reassignAllTheTime: {
    store: (store) => {
      let isStarted = false
      return {
        ...store,
        reassign(assignments, time) {
          if (isStarted) return Promise.resolve({ moved: 0, dead: [], queues: [] })
          isStarted = true
          return store.reassign(assignments, time)
        },
      }
    },
  },
  /** Manual messages are sent like severe ones. */
  byHandLast: {
    store: (store) => ({
      ...store,
      async backlog(query) {
        const backlog = await store.backlog(query)
        const { due } = backlog
        return { ...backlog, due: due && { ...due, byHand: false, level: 1 } }
      },
    }),
  },
  /** Each press of the test button adds a message. */
  oneTestForARobot: {
    store: (store, database) => ({
      ...store,
      async enqueue(messages, now) {
        const set = (from: string, to: string) =>
          database.write((tx) =>
            tx.run(`UPDATE messages SET kind = $2 WHERE kind = $1 AND state = 'pending'`, [
              from,
              to,
            ]),
          )
        await set('test', 'pressed before')
        const ids = await store.enqueue(messages, now)
        await set('pressed before', 'test')
        return ids
      },
    }),
  },
  /** A firing older than the last delivered state is delivered. */
  startsAt: {
    reason: (reason) => (incoming, last, now) => {
      const { startsAtMs, endsAtMs, ...rest } = incoming
      return reason(rest, last, now)
    },
  },
  /** A rise in level is suppressed as a repeat. */
  risePasses: {
    reason: (reason) => (incoming, last, now) =>
      reason({ ...incoming, level: last?.level ?? incoming.level }, last, now),
  },
  /** A firing after another alert's recovery is suppressed as a repeat of its group. */
  firingAfterRecoveryOfGroup: {
    reason: (reason) => (incoming, last, now) =>
      reason(
        incoming,
        last && incoming.status === 'firing' && last.firingAt !== undefined
          ? { ...last, status: 'firing' }
          : last,
        now,
      ),
  },
  /** Calls to the sandbox count for the organisation's quota. */
  sandboxOutsideQuota: {
    store: (store, database) => ({
      ...store,
      backlog: async (query) => {
        const row = await database.read((tx) =>
          tx.get<{ used: number }>(
            'SELECT CAST(COALESCE(SUM(calls), 0) AS BIGINT) AS used FROM monthly_usage WHERE month = $1',
            [query.month],
          ),
        )
        return { ...(await store.backlog(query)), organisationUsed: row?.used ?? 0 }
      },
    }),
  },
  /** A resend includes alerts that a later message has overtaken. */
  overtakenOnResend: {
    store: (store, database) => ({
      ...store,
      async resend(id, now) {
        const rows = await database.write((tx) =>
          tx.all<{ queue: string }>(
            `UPDATE messages SET state = 'pending', due_at = $2, by_hand = 1
             WHERE id = $1 AND state = 'dead' RETURNING queue`,
            [Number(id), tx.ms(now)],
          ),
        )
        return { queue: rows[0]?.queue ?? '', alerts: 1, outdated: 0 }
      },
    }),
  },
  /** A start makes all pending messages due at once. */
  backoffOverRestart: {
    store: (store, database) => ({
      ...store,
      async recover(now) {
        const recovered = await store.recover(now)
        await database.write((tx) =>
          tx.run(`UPDATE messages SET due_at = $1 WHERE state = 'pending'`, [tx.ms(now)]),
        )
        return recovered
      },
    }),
  },
  /** A repeat is dropped although its first delivery died with a removed channel. */
  deadWithItsChannel: {
    store: (store, database) => ({
      ...store,
      async accept(request) {
        const set = (from: string, to: string) =>
          database.write((tx) =>
            tx.run(
              `UPDATE alerts SET final_state = $2 WHERE final_state = $1 AND reason LIKE '%removed%'`,
              [from, to],
            ),
          )
        await set('dead', 'suppressed')
        const accepted = await store.accept(request)
        await set('suppressed', 'dead')
        return accepted
      },
    }),
  },
  /** A renamed robot counts as a new one, so that its group gets the alerts of other groups. */
  robotKnownByItsKey: {
    store: (store, database) => ({
      ...store,
      async reassign(assignments, time) {
        await database.write((tx) => tx.run(`UPDATE messages SET robot_key = robot_key || '?'`))
        const reassigned = await store.reassign(assignments, time)
        await database.write((tx) =>
          tx.run(`UPDATE messages SET robot_key = replace(robot_key, '?', '')`),
        )
        return reassigned
      },
    }),
  },
} as const satisfies Record<string, Sabotage>

function deadByAlert(): Sabotage {
  let isAnyDead = false
  return {
    store(store) {
      isAnyDead = false
      return {
        ...store,
        async settle(settlement) {
          isAnyDead ||= settlement.next.kind === 'dead'
          return store.settle(settlement)
        },
      }
    },
    reason: (reason) => (incoming, last, now) =>
      isAnyDead ? undefined : reason(incoming, last, now),
  }
}
