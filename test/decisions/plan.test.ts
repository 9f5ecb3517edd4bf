import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Plan,
  type PlanQuestion,
  plan,
  type QueuedAlert,
  type WaitingNow,
} from '../../src/decisions/plan.ts'
import type { Level } from '../../src/model/level.ts'
import { channelNamed, robotNamed } from '../support/settings.ts'

const NOW = new Date('2026-11-24T04:30:00Z')
const LIMITS = robotNamed('ops-1').limits

function ago(ms: number): Date {
  return new Date(NOW.getTime() - ms)
}

/** `count` alerts, each of a request of its own unless `perRequest` says otherwise. */
function alerts(
  count: number,
  { level = 3 as Level, agoMs = 0, perRequest = 1, from = 1 } = {},
): QueuedAlert[] {
  return Array.from({ length: count }, (_, index) => ({
    id: from + index,
    payload: from + Math.floor(index / perRequest),
    level,
    receivedAt: ago(agoMs),
  }))
}

function waiting(each: readonly QueuedAlert[], changes: Partial<WaitingNow> = {}): WaitingNow {
  const oldest = new Date(Math.min(...each.map((head) => head.receivedAt.getTime())))
  return {
    queue: 'robot:ops-1',
    channel: channelNamed('ops'),
    peers: [],
    count: each.length,
    oldest,
    alerts: each,
    digestOpen: false,
    recent: [],
    lastMessageAt: undefined,
    messagesThisHour: 0,
    messagesToday: 0,
    ...changes,
  }
}

function planOf(entries: readonly WaitingNow[], changes: Partial<PlanQuestion> = {}): Plan {
  return plan({
    now: NOW,
    robot: { calls: [], limits: LIMITS, pause: undefined },
    due: undefined,
    nextDueAt: undefined,
    waiting: entries,
    allowances: [],
    hourStart: new Date('2026-11-24T04:00:00Z'),
    hourEnd: new Date('2026-11-24T05:00:00Z'),
    dayEnd: new Date('2026-11-24T16:00:00Z'),
    monthEnd: new Date('2026-11-30T16:00:00Z'),
    ...changes,
  })
}

function tellOf(made: Plan): Extract<Plan, { kind: 'send' }> {
  assert.equal(made.kind, 'send', JSON.stringify(made))
  return made as Extract<Plan, { kind: 'send' }>
}

function calls(...agoMs: number[]): { at: Date; until: Date }[] {
  return agoMs.map((ms) => ({ at: ago(ms), until: ago(ms) }))
}

describe('the plan', () => {
  test('with nothing waiting the robot rests until it is woken', () =>
    assert.deepEqual(planOf([]), { kind: 'wait', until: undefined, reason: 'nothing_waits' }))

  test('the alerts of one request are one message', () => {
    const tell = tellOf(planOf([waiting(alerts(5, { perRequest: 5 }))]))
    assert.deepEqual(tell.scope, {
      kind: 'some',
      ids: [1, 2, 3, 4, 5],
      messages: 3,
      merged: false,
      storm: false,
    })
  })

  test('with a call for each, every request is told by itself, the most severe first', () => {
    const entry = waiting([...alerts(1, { level: 1, from: 9 }), ...alerts(3, { agoMs: 500 })])
    const { scope } = tellOf(planOf([entry]))
    assert.deepEqual(scope, { kind: 'some', ids: [9], messages: 3, merged: false, storm: false })
  })

  test('with more waiting than calls left, all is merged', () => {
    const { scope } = tellOf(planOf([waiting(alerts(30))]))
    assert.ok(scope.kind === 'some' && scope.merged)
    assert.equal(scope.ids.length, 30)
    const more = tellOf(planOf([waiting(alerts(30), { count: 31 })]))
    assert.equal(more.scope.kind, 'all')
  })

  test('what was told of a storm counts towards its messages', () => {
    const entry = waiting(alerts(30, { agoMs: 9_000 }), {
      recent: [
        { at: ago(9_500), storm: false },
        { at: ago(8_500), storm: true },
      ],
      lastMessageAt: ago(8_500),
    })
    const { scope } = tellOf(planOf([entry]))
    assert.deepEqual([scope.messages, scope.merged], [1, true])
  })

  test('one request with more alerts than messages can tell in full may take a line each', () => {
    const { scope } = tellOf(planOf([waiting(alerts(400, { perRequest: 400 }))]))
    assert.deepEqual([scope.kind, scope.messages, scope.merged], ['some', 3, false])
  })

  test('what a push limit held until the hour was over is one message', () => {
    const channel = channelNamed('ops', {
      pushLimits: { hour: 2, day: undefined, pass: [] },
    })
    const entry = waiting(alerts(4, { agoMs: 40 * 60_000 }), { channel, lastMessageAt: ago(3e6) })
    const { scope, delayed } = tellOf(planOf([entry]))
    assert.deepEqual([scope.messages, scope.merged], [1, true])
    assert.equal(delayed?.reason, 'push_limit')
  })

  test('after a message, others are collected for a second, counted from when they came', () => {
    const entry = waiting(alerts(2, { agoMs: 100 }), { lastMessageAt: ago(200) })
    const rest = planOf([entry])
    assert.deepEqual(rest, {
      kind: 'wait',
      until: new Date(NOW.getTime() + 800),
      reason: 'collecting',
    })
    const later = waiting(alerts(2, { agoMs: 1_000 }), { lastMessageAt: ago(200) })
    assert.equal(planOf([later]).kind, 'send')
  })

  test('a robot at its limit rests until the next call is free', () => {
    const robot = { calls: calls(...Array(20).fill(10_000)), limits: LIMITS, pause: undefined }
    const rest = planOf([waiting(alerts(1, { level: 1 }))], { robot })
    assert.equal(rest.kind, 'wait')
    assert.ok(rest.kind === 'wait' && rest.reason === 'no_call_left' && rest.until !== undefined)
    assert.ok((rest.until as Date) > ago(-50_000) && (rest.until as Date) < ago(-52_000))
  })

  test('a severe alert is told although ordinary ones have to wait', () => {
    const robot = { calls: calls(...Array(6).fill(2_000)), limits: LIMITS, pause: undefined }
    assert.equal(planOf([waiting(alerts(1))], { robot }).kind, 'wait')
    assert.equal(planOf([waiting(alerts(1, { level: 2 }))], { robot }).kind, 'send')
  })

  test('the channel with the most severe alert is told first', () => {
    const other = channelNamed('db')
    const tell = tellOf(
      planOf([
        waiting(alerts(1, { agoMs: 60_000 })),
        waiting(alerts(1, { level: 1, from: 50 }), { channel: other }),
      ]),
    )
    assert.equal(tell.channel.name, 'db')
  })

  test('a pause is kept to its end, and what waited meanwhile says why', () => {
    const pause = { since: ago(1_000), until: ago(-599_000), reason: 'throttled' }
    const robot = { calls: [], limits: LIMITS, pause }
    const entry = waiting(alerts(1, { level: 1 }))
    assert.deepEqual(planOf([entry], { robot }), {
      kind: 'wait',
      until: pause.until,
      reason: 'paused',
    })
    const over = {
      ...robot,
      pause: { since: ago(601_000), until: ago(1_000), reason: 'throttled' },
    }
    const late = waiting(alerts(1, { agoMs: 300_000 }))
    assert.deepEqual(tellOf(planOf([late], { robot: over })).delayed, {
      since: ago(300_000),
      reason: 'penalty',
    })
  })

  test('a pause never lasts longer than it was made for, though the clock was set back', () => {
    const pause = { since: ago(-3_600_000), until: ago(-4_200_000), reason: 'throttled' }
    const rest = planOf([waiting(alerts(1))], { robot: { calls: [], limits: LIMITS, pause } })
    assert.deepEqual(rest, { kind: 'wait', until: ago(-600_000), reason: 'paused' })
  })

  test('a retry goes by the level of its alerts: before what is as severe, after what is more severe', () => {
    const retry = (level: Level | undefined, alert: Level): string =>
      planOf([waiting(alerts(1, { level: alert }))], {
        due: { id: '7', kind: 'alert', level, byHand: false },
      }).kind
    assert.deepEqual(
      [
        retry(3, 3),
        retry(2, 3),
        retry(3, 2),
        retry(1, 2),
        retry(undefined, 5),
        retry(undefined, 4),
      ],
      ['retry', 'retry', 'send', 'retry', 'retry', 'send'],
    )
  })

  test('a retry of a severe alert may use the calls that are kept for such, another one may not', () => {
    const calls = Array.from({ length: 5 }, () => ({ at: ago(100), until: ago(100) }))
    const robot = { calls, limits: LIMITS, pause: undefined }
    const retry = (level: Level) =>
      planOf([], { robot, due: { id: '7', kind: 'alert', level, byHand: false } }).kind
    assert.deepEqual([retry(2), retry(3)], ['retry', 'wait'])
  })

  test('what a person pressed goes when no alert wants the call, and never uses the calls that are kept', () => {
    const due = { id: '7', kind: 'test', level: undefined, byHand: true } as const
    assert.equal(planOf([waiting(alerts(1, { level: 5 }))], { due }).kind, 'send')
    assert.deepEqual(planOf([], { due }), { kind: 'retry', id: '7' })
    const calls = Array.from({ length: 5 }, () => ({ at: ago(100), until: ago(100) }))
    const waits = planOf([], { due, robot: { calls, limits: LIMITS, pause: undefined } })
    assert.equal(waits.kind === 'wait' && waits.reason, 'no_call_left')
  })

  test('what a person pressed leaves a call for alerts that are being collected', () => {
    const due = { id: '7', kind: 'alert', level: 1, byHand: true } as const
    const collecting = waiting(alerts(1), { lastMessageAt: ago(100) })
    assert.equal(planOf([collecting], { due }).kind, 'retry')
    // Four are gone: the last of the five that may go at once is the alert's.
    const calls = Array.from({ length: 4 }, () => ({ at: ago(100), until: ago(100) }))
    const robot = { calls, limits: LIMITS, pause: undefined }
    assert.equal(planOf([collecting], { due, robot }).kind, 'wait')
    assert.equal(planOf([], { due, robot }).kind, 'retry')
  })

  test('the last tenth of the month is for severe alerts and the warning that it has begun', () => {
    const allowances = [{ used: 95, limit: 100 }]
    const wait = (kind: 'alert' | 'test', level: Level | undefined, byHand: boolean) => {
      const made = planOf([], { allowances, due: { id: '7', kind, level, byHand } })
      return made.kind === 'wait' ? made.reason : made.kind
    }
    assert.deepEqual(
      [wait('alert', 2, false), wait('alert', 2, true), wait('alert', undefined, true)],
      ['retry', 'retry', 'retry'],
    )
    assert.deepEqual(
      [wait('alert', 3, false), wait('alert', 3, true), wait('test', undefined, true)],
      ['quota', 'quota', 'quota'],
    )
  })

  test('while a digest is open, no other is made: a part of what waits goes out', () => {
    const many = waiting(alerts(500), { count: 501 })
    const scope = (digestOpen: boolean) => {
      const made = planOf([{ ...many, digestOpen }])
      return made.kind === 'send' ? made.scope.kind : made.kind
    }
    assert.deepEqual([scope(false), scope(true)], ['all', 'some'])
  })

  test('a closed push limit holds what it must and lets pass what it may', () => {
    const pushLimits = { hour: 10, day: undefined, pass: [1, 2] as const }
    const channel = channelNamed('ops', { pushLimits })
    const closed = { channel, messagesThisHour: 10 }
    assert.deepEqual(planOf([waiting(alerts(3), closed)]), {
      kind: 'wait',
      until: new Date('2026-11-24T05:00:00Z'),
      reason: 'push_limit',
    })
    const mixed = [...alerts(1, { level: 1, from: 9 }), ...alerts(3)]
    const open = tellOf(planOf([waiting(mixed, closed)])).scope
    assert.deepEqual(open, { kind: 'some', ids: [9], messages: 3, merged: false, storm: false })
    const many = [...alerts(30, { level: 1, from: 100 }), ...alerts(3)]
    const { scope } = tellOf(planOf([waiting(many, closed)]))
    assert.ok(scope.kind === 'some' && scope.ids.length === 30)
  })

  test('the last tenth of the month is for severe alerts, and nothing goes beyond it', () => {
    const allowances = [{ used: 95, limit: 100 }]
    assert.equal(planOf([waiting(alerts(1))], { allowances }).kind, 'wait')
    assert.equal(planOf([waiting(alerts(1, { level: 2 }))], { allowances }).kind, 'send')
    const spent = [{ used: 100, limit: 100 }]
    const rest = planOf([waiting(alerts(1, { level: 1 }))], { allowances: spent })
    assert.ok(rest.kind === 'wait' && rest.reason === 'quota')
  })

  test('from half of the month on ordinary messages are spaced out, severe ones are not', () => {
    const allowances = [{ used: 700, limit: 1000 }]
    const entry = { lastMessageAt: ago(60_000) }
    const rest = planOf([waiting(alerts(1, { agoMs: 5_000 }), entry)], { allowances })
    assert.ok(rest.kind === 'wait' && rest.reason === 'quota')
    const severe = waiting(alerts(1, { level: 1, agoMs: 5_000 }), entry)
    assert.equal(planOf([severe], { allowances }).kind, 'send')
  })

  test('the calls of a pool add up, those of resting robots do not', () => {
    const peer = { calls: [], limits: LIMITS, pause: undefined }
    const entry = waiting(alerts(8), { peers: [peer] })
    assert.equal(tellOf(planOf([entry])).scope.merged, false)
    const resting = { ...peer, pause: { since: ago(1), until: ago(-1_000), reason: 'throttled' } }
    assert.equal(tellOf(planOf([waiting(alerts(8), { peers: [resting] })])).scope.merged, true)
  })
})
