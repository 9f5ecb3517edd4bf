import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Plan, pauseEnd, type QueueState } from '../../src/decisions/plan.ts'
import { ago, calls, LIMITS, NOW, planOf, queued, sendOf, waiting } from '../support/plan.ts'
import { channelNamed } from '../support/settings.ts'

const HOUR_END = new Date('2026-11-24T05:00:00Z')
const DAY_END = new Date('2026-11-24T16:00:00Z')
const MONTH_END = new Date('2026-11-30T16:00:00Z')

const limited = (hour: number | undefined, day?: number) =>
  channelNamed('ops', { pushLimits: { hour, day, pass: [1] } })

function wait(until: Date | undefined, reason: string): object {
  return { kind: 'wait', until, reason }
}

/** Milliseconds until the channel is planned again; 0: a message is sent now. */
function waitMs(made: Plan): number {
  return made.kind === 'wait' ? (made.until?.getTime() ?? Infinity) - NOW.getTime() : 0
}

describe('a pause', () => {
  const robot = (sinceMs: number, untilMs: number) => ({
    calls: [],
    limits: LIMITS,
    pause: { since: ago(-sinceMs), until: ago(-untilMs), reason: 'throttled' },
  })

  test('is in force until exactly its end', () => {
    assert.equal(pauseEnd({ calls: [], limits: LIMITS, pause: undefined }, NOW), undefined)
    assert.deepEqual(pauseEnd(robot(-5_000, 1), NOW), ago(-1))
    assert.equal(pauseEnd(robot(-5_000, 0), NOW), undefined)
    assert.equal(pauseEnd(robot(-5_000, -1), NOW), undefined)
  })

  test('starts now with its full length if it is in the future, after the clock was set back', () => {
    assert.deepEqual(pauseEnd(robot(0, 5_000), NOW), ago(-5_000))
    assert.deepEqual(pauseEnd(robot(1, 5_000), NOW), ago(-4_999))
    assert.deepEqual(pauseEnd(robot(60_000, 65_000), NOW), ago(-5_000))
  })
})

describe('a robot that may not send yet', () => {
  test('waits until the first instant at which the plan may change', () => {
    const closed = waiting(queued(1), { channel: limited(5), messagesThisHour: 5 })
    const fresh = waiting(queued(1), { channel: channelNamed('db'), lastMessageAt: ago(200) })
    const collecting = wait(ago(-800), 'collecting')
    assert.deepEqual(planOf([closed, fresh]), collecting)
    assert.deepEqual(planOf([fresh, closed]), collecting)
    assert.deepEqual(planOf([closed]), wait(HOUR_END, 'push_limit'))
  })

  test('waits until a retry is due, if that is first', () => {
    const nextDueAt = ago(-500)
    assert.deepEqual(planOf([], { nextDueAt }), wait(nextDueAt, 'retrying'))
    const fresh = waiting(queued(1), { lastMessageAt: ago(600) })
    assert.deepEqual(planOf([fresh], { nextDueAt }), wait(ago(-400), 'collecting'))
  })

  test('ignores entries without alerts', () =>
    assert.deepEqual(planOf([waiting([], { oldest: NOW })]), wait(undefined, 'nothing_waits')))

  test('waits until a call is free for the next alert', () => {
    const robot = { calls: calls(...Array(6).fill(2_000)), limits: LIMITS, pause: undefined }
    // The room for 14 severe calls, one every 4,286 ms, ends with the window of the six calls.
    const free = ago(2_000 - (60_600 - 13 * 4_286))
    assert.deepEqual(planOf([waiting(queued(1))], { robot }), wait(free, 'no_call_left'))
    assert.equal(planOf([waiting(queued(1, { level: 2 }))], { robot }).kind, 'send')
  })
})

describe('a push limit', () => {
  const held = (changes: Partial<QueueState>) => planOf([waiting(queued(2), changes)])

  test('holds a channel back until the end of the hour or of the day', () => {
    const hour = { channel: limited(5), messagesThisHour: 5 }
    assert.deepEqual(held(hour), wait(HOUR_END, 'push_limit'))
    const day = { channel: limited(undefined, 50), messagesThisHour: 1, messagesToday: 50 }
    assert.deepEqual(held(day), wait(DAY_END, 'push_limit'))
    assert.equal(held({ ...day, messagesToday: 49 }).kind, 'send')
  })

  test('does not hold back another channel', () => {
    const closed = waiting(queued(1, { level: 2 }), { channel: limited(5), messagesThisHour: 5 })
    const other = waiting(queued(1, { from: 7 }), { channel: channelNamed('db') })
    assert.equal(sendOf(planOf([closed, other])).channel.name, 'db')
  })
})

describe('the month', () => {
  test('stops sending when it is used up', () => {
    const allowances = [{ used: 100, limit: 100 }]
    const severe = waiting(queued(1, { level: 1 }))
    assert.deepEqual(planOf([severe], { allowances }), wait(MONTH_END, 'quota'))
  })

  test('reserves its last tenth for severe alerts, and lets the others wait', () => {
    const allowances = [{ used: 95, limit: 100 }]
    assert.deepEqual(planOf([waiting(queued(3))], { allowances }), wait(MONTH_END, 'quota'))
    const mixed = waiting([...queued(1, { level: 2, from: 9 }), ...queued(3)])
    const { scope } = sendOf(planOf([mixed], { allowances }))
    assert.ok(scope.kind === 'some')
    assert.deepEqual(scope.ids, [9])
  })

  const allowances = [{ used: 700, limit: 1_000 }]
  /** The interval at which 200 ordinary calls last. */
  const gapMs = (MONTH_END.getTime() - NOW.getTime()) / 200

  test('spaces out ordinary messages, each from the one before', () => {
    const lastMessageAt = ago(60_000)
    const made = planOf([waiting(queued(1), { lastMessageAt })], { allowances })
    assert.deepEqual(made, wait(new Date(lastMessageAt.getTime() + gapMs), 'quota'))
    const over = waiting(queued(1, { agoMs: 5_000 }), { lastMessageAt: ago(gapMs) })
    assert.equal(planOf([over], { allowances }).kind, 'send')
  })

  test('delays severe alerts only by collecting', () => {
    const entry = waiting(queued(1, { level: 2 }), { lastMessageAt: ago(200) })
    assert.deepEqual(planOf([entry], { allowances }), wait(ago(-800), 'collecting'))
  })

  test('collects for a second when the interval would be shorter', () => {
    const entry = waiting(queued(1), { lastMessageAt: NOW })
    const reason = (keptMs: number) => {
      const monthEnd = new Date(NOW.getTime() + keptMs * 200)
      const made = planOf([entry], { allowances, monthEnd })
      return made.kind === 'wait' ? made.reason : made.kind
    }
    assert.deepEqual([500, 1_000, 1_005].map(reason), ['collecting', 'collecting', 'quota'])
  })
})

describe('collecting', () => {
  const after = (lastMs: number, oldestMs: number) =>
    waitMs(planOf([waiting(queued(1, { agoMs: oldestMs }), { lastMessageAt: ago(lastMs) })]))

  test('lasts a second after a message, or after the arrival of the oldest alert', () => {
    assert.equal(after(200, 0), 800)
    assert.equal(after(200, 300), 700)
    assert.equal(after(0, 0), 1_000)
  })

  test('ends after exactly a second', () => {
    assert.equal(after(999, 0), 1)
    assert.equal(after(1_000, 0), 0)
    assert.equal(after(0, 1_000), 0)
  })

  test('ignores a message from the future, after the clock was set back', () =>
    assert.equal(after(-60_000, 0), 0))

  test('during a storm counts from the severe alert that has waited longest', () => {
    const each = [
      ...queued(1, { level: 1, agoMs: 1_000, from: 100 }),
      ...queued(1, { level: 2, agoMs: 3_000, from: 101 }),
      ...queued(30, { agoMs: 20_000 }),
    ]
    const recent = [20, 15, 2].map((seconds) => ({ at: ago(seconds * 1_000), storm: true }))
    const entry = { recent, lastMessageAt: ago(2_000) }
    assert.deepEqual(planOf([waiting(each, entry)]), wait(ago(-1_000), 'collecting'))
    assert.deepEqual(planOf([waiting(each.slice(2), entry)]), wait(ago(-40_000), 'collecting'))
  })
})

describe('the reason for a delay', () => {
  const paused = (reason: string, untilAgoMs: number) => ({
    calls: [],
    limits: LIMITS,
    pause: { since: ago(untilAgoMs + 600_000), until: ago(untilAgoMs), reason },
  })
  const delayed = (agoMs: number, changes: Parameters<typeof planOf>[1] = {}, hour?: number) => {
    const channel = hour === undefined ? channelNamed('ops') : limited(hour)
    const entry = waiting(queued(1, { agoMs }), { channel })
    return sendOf(planOf([entry], changes)).delayed?.reason
  }

  test('is absent if nothing held back the message', () => {
    assert.equal(delayed(0), undefined)
    assert.equal(delayed(900_000), undefined)
  })

  test('is the penalty, after any wait', () => {
    assert.equal(delayed(1_001, { robot: paused('throttled', 1_000) }), 'penalty')
    assert.equal(delayed(1_000, { robot: paused('throttled', 1_000) }), undefined)
    assert.equal(delayed(90_000, { robot: paused('throttled', 90_000) }), undefined)
  })

  test('is the unreachable robot, from a minute on', () => {
    assert.equal(delayed(59_999, { robot: paused('unreachable', 1_000) }), undefined)
    assert.equal(delayed(60_000, { robot: paused('unreachable', 1_000) }), 'unreachable')
    assert.equal(delayed(90_000, { robot: paused('unreachable', 90_000) }), undefined)
  })

  test('is the month, from a minute on', () => {
    const allowances = [{ used: 700, limit: 1_000 }]
    assert.equal(delayed(59_999, { allowances }), undefined)
    assert.equal(delayed(60_000, { allowances }), 'quota')
    assert.equal(delayed(60_000, { allowances: [{ used: 1, limit: 1_000 }] }), undefined)
  })

  test('is the push limit, from a minute on', () => {
    assert.equal(delayed(59_999, {}, 5), undefined)
    assert.equal(delayed(60_000, {}, 5), 'push_limit')
  })

  test('is the pause before the month, and the month before the push limit', () => {
    const allowances = [{ used: 700, limit: 1_000 }]
    const robot = paused('unreachable', 1_000)
    assert.equal(delayed(60_000, { allowances, robot }, 5), 'unreachable')
    assert.equal(delayed(60_000, { allowances }, 5), 'quota')
  })

  test('comes with the start of the wait', () => {
    const { delayed } = sendOf(
      planOf([waiting(queued(1, { agoMs: 90_000 }), { channel: limited(5) })]),
    )
    assert.deepEqual(delayed, { since: ago(90_000), reason: 'push_limit' })
  })
})
