import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { LEVEL_NAMES, type Level } from '../../src/model/level.ts'
import type { Attempt, Outcome } from '../../src/model/message.ts'
import type { StoredAlert, StoredMessage } from '../../src/stores/queries.ts'
import { Path } from '../support/path.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'

type Reply = 'ok' | 'timeout' | 'lost' | 'busy' | 'throttled' | 'token'

interface History {
  robots: number
  mode: 'all' | 'pool'
  monthly: number | undefined
  /** The events, each `afterMs` after the one before. */
  steps: ({ afterMs: number } & (
    | { kind: 'alert'; target: number; level: Level; resolved: boolean }
    | { kind: 'burst'; count: number; level: Level }
    | { kind: 'restart' }
  ))[]
  /** DingTalk's replies, one per call; `ok` after the last one. */
  replies: Reply[]
}

const LEVEL = fc.constantFrom<Level>(1, 2, 3, 4, 5)
const AFTER = fc.oneof(
  fc.integer({ min: 0, max: 2_000 }),
  fc.constant(0),
  fc.integer({ min: 0, max: 90_000 }),
)

function histories(replies: fc.Arbitrary<Reply[]>, monthly: fc.Arbitrary<number | undefined>) {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('alert' as const),
        afterMs: AFTER,
        target: fc.integer({ min: 0, max: 12 }),
        level: LEVEL,
        resolved: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('burst' as const),
        afterMs: AFTER,
        count: fc.integer({ min: 2, max: 60 }),
        level: LEVEL,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), afterMs: AFTER }) },
  )
  return fc.record<History>({
    robots: fc.integer({ min: 1, max: 3 }),
    mode: fc.constantFrom('all', 'pool'),
    monthly,
    steps: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
    replies,
  })
}

const OUTCOMES: Record<Exclude<Reply, 'ok'>, Outcome> = {
  timeout: { kind: 'retryable', reason: 'timeout', reached: true, bounded: false },
  lost: { kind: 'retryable', reason: 'network', reached: false, bounded: false },
  busy: { kind: 'retryable', reason: 'busy', reached: true, bounded: false },
  throttled: { kind: 'throttled', scope: 'robot' },
  token: { kind: 'rejected', reason: 'token' },
}

function attemptOf(reply: Exclude<Reply, 'ok'>): Attempt {
  const nothing = { httpStatus: undefined, errcode: undefined, errmsg: undefined, durationMs: 1 }
  return { outcome: OUTCOMES[reply], result: reply, explanation: `${reply}.`, ...nothing }
}

interface Played {
  path: Path
  alerts: StoredAlert[]
  messages: { message: StoredMessage; alerts: string[] }[]
}

/** Plays a history until no alert waits, except for the next month. */
async function played({ robots, mode, monthly, steps, replies }: History): Promise<Played> {
  const all = Array.from({ length: robots }, (_, index) => robotNamed(`r${index}`, { monthly }))
  const channel = channelNamed('ops', { robots: all.map((robot) => robot.name), mode })
  const path = await new Path(settingsOf({ robots: all, channels: [channel] })).start()
  const left = [...replies]
  path.intercept = () => {
    const reply = left.shift() ?? 'ok'
    return reply === 'ok' ? undefined : attemptOf(reply)
  }
  let serial = 0
  for (const step of steps) {
    await path.clock.pass(step.afterMs)
    if (step.kind === 'restart') {
      await path.stop()
      await path.start()
    } else if (step.kind === 'burst') {
      const posts = Array.from({ length: step.count }, () => {
        serial += 1
        return path.ocp(`burst=${serial}`, { alarm_level: LEVEL_NAMES[step.level] })
      })
      await Promise.all(posts)
    } else {
      await path.ocp(`host=${step.target}`, {
        alarm_level: LEVEL_NAMES[step.level],
        alarm_status: step.resolved ? 'Inactive' : 'Active',
      })
    }
  }
  await untilNothingWaits(path, monthly === undefined ? 180 : 20)
  await path.stop()
  const { items: alerts } = await path.store.alerts({ limit: 5_000 })
  const { items } = await path.store.messages({ limit: 5_000 })
  const messages: Played['messages'] = []
  for (const { id } of items.reverse()) {
    const found = await path.store.message(id)
    if (found !== undefined)
      messages.push({ message: found.message, alerts: found.alerts.map((each) => each.id) })
  }
  return { path, alerts, messages }
}

/** Gives up after a while, because alerts may wait for the next month. */
async function untilNothingWaits(path: Path, mostMinutes: number): Promise<void> {
  for (let minutes = 0; minutes < mostMinutes; minutes += 1) {
    await path.clock.pass(60_000)
    const pages = [{ state: 'pending' }, { state: 'sending' }] as const
    const open = await Promise.all(pages.map((page) => path.store.alerts({ ...page, limit: 1 })))
    if (open.every(({ items }) => items.length === 0)) return
  }
}

function refusedIn({ path }: Played): number {
  return path.sent.filter(({ attempt }) => attempt.errcode === 660026).length
}

const REPLIES = fc.array(
  fc.constantFrom<Reply>('ok', 'ok', 'ok', 'timeout', 'lost', 'busy', 'throttled', 'token'),
  { maxLength: 25 },
)
/** Without shrinking, which would replay a history a hundred times; seed and path suffice to reproduce it. */
const RUNS = { numRuns: 15, endOnFailure: true }

describe('in any history', () => {
  test('no call exceeds the limit, and every alert ends in one message per group', async () => {
    const history = histories(REPLIES, fc.constant(undefined))
    await fc.assert(
      fc.asyncProperty(history, async (each) => {
        const result = await played(each)
        assert.equal(refusedIn(result), 0)
        const groups = each.mode === 'pool' ? 1 : each.robots
        for (const { id, state } of result.alerts) {
          assert.ok(['sent', 'dead', 'suppressed'].includes(state), `${id} is ${state}`)
          const containing = result.messages.filter(({ alerts }) => alerts.includes(id))
          const most = state === 'suppressed' ? 0 : groups
          // A repeat goes only to groups whose first message about the alert is dead.
          const least = each.replies.includes('token') ? Math.min(most, 1) : most
          assert.ok(containing.length >= least && containing.length <= most, `${id}, ${state}`)
          assert.equal(
            new Set(containing.map(({ message }) => message.queue)).size,
            containing.length,
          )
        }
        const counted = result.messages.reduce((sum, { message }) => sum + message.alertCount, 0)
        const carried = result.messages.reduce((sum, { alerts }) => sum + alerts.length, 0)
        assert.equal(counted, carried)
      }),
      RUNS,
    )
  })

  test("each alert's states are delivered in their order", async () => {
    await fc.assert(
      fc.asyncProperty(histories(REPLIES, fc.constant(undefined)), async (each) => {
        const { alerts, messages } = await played(each)
        const byId = new Map(alerts.map((alert) => [alert.id, alert]))
        const sent = messages
          .filter(({ message }) => message.sentAt !== undefined)
          .sort((a, b) => Number(a.message.sentAt) - Number(b.message.sentAt))
        for (const queue of new Set(sent.map(({ message }) => message.queue))) {
          const last = new Map<string, number>()
          for (const { message, alerts: ids } of sent) {
            if (message.queue !== queue) continue
            const ofAlert = Map.groupBy(ids, (id) => byId.get(id)?.fingerprint as string)
            for (const [fingerprint, same] of ofAlert) {
              const before = last.get(fingerprint) ?? 0
              assert.ok(
                same.map(Number).every((id) => id > before),
                `${same} after ${before}`,
              )
              last.set(fingerprint, Math.max(...same.map(Number)))
            }
          }
        }
      }),
      RUNS,
    )
  })

  test('while DingTalk replies, Down and Critical alerts are delivered within five seconds', async () => {
    await fc.assert(
      fc.asyncProperty(histories(fc.constant([]), fc.constant(undefined)), async (each) => {
        const { alerts } = await played(each)
        for (const { id, level, state, receivedAt, deliveredAt } of alerts) {
          if (level > 2 || state === 'suppressed') continue
          const waitedMs = Number(deliveredAt) - Number(receivedAt)
          assert.ok(waitedMs <= 5_000, `${id} of level ${level} waited ${waitedMs} ms`)
        }
      }),
      RUNS,
    )
  })

  test('the month is never exceeded', async () => {
    const monthly = fc.integer({ min: 1, max: 30 })
    await fc.assert(
      fc.asyncProperty(histories(REPLIES, monthly), async (each) => {
        const { path } = await played(each)
        for (let index = 0; index < each.robots; index += 1) {
          const reached = path.sent.filter(
            ({ robot, attempt }) => robot === `r${index}` && attempt.result !== 'lost',
          )
          assert.ok(reached.length <= (each.monthly as number), `${reached.length} calls`)
        }
      }),
      { ...RUNS, numRuns: 8 },
    )
  })
})
