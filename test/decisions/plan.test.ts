import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ago, calls, LIMITS, NOW, planOf, queued, sendOf, waiting } from '../support/plan.ts'
import { channelNamed } from '../support/settings.ts'

describe('the plan', () => {
  test('without waiting alerts the robot waits until it is woken', () =>
    assert.deepEqual(planOf([]), { kind: 'wait', until: undefined, reason: 'nothing_waits' }))

  test('the alerts of one request are one message', () => {
    const send = sendOf(planOf([waiting(queued(5, { perRequest: 5 }))]))
    assert.deepEqual(send.scope, {
      kind: 'some',
      ids: [1, 2, 3, 4, 5],
      messages: 3,
      merged: false,
      storm: false,
    })
  })

  test('with a call for each, every request is one message, the most severe first', () => {
    const entry = waiting([...queued(1, { level: 1, from: 9 }), ...queued(3, { agoMs: 500 })])
    const { scope } = sendOf(planOf([entry]))
    assert.deepEqual(scope, { kind: 'some', ids: [9], messages: 3, merged: false, storm: false })
  })

  test('with more requests than calls left, all are merged', () => {
    const { scope } = sendOf(planOf([waiting(queued(30))]))
    assert.ok(scope.kind === 'some' && scope.merged)
    assert.equal(scope.ids.length, 30)
    const more = sendOf(planOf([waiting(queued(30), { count: 31 })]))
    assert.equal(more.scope.kind, 'all')
  })

  test('messages that a storm has sent count towards its maximum', () => {
    const entry = waiting(queued(30, { agoMs: 9_000 }), {
      recent: [
        { at: ago(9_500), storm: false },
        { at: ago(8_500), storm: true },
      ],
      lastMessageAt: ago(8_500),
    })
    const { scope } = sendOf(planOf([entry]))
    assert.deepEqual([scope.messages, scope.merged], [1, true])
  })

  test('one request with many alerts may take as many messages as a storm', () => {
    const { scope } = sendOf(planOf([waiting(queued(400, { perRequest: 400 }))]))
    assert.deepEqual([scope.kind, scope.messages, scope.merged], ['some', 3, false])
  })

  test('alerts that a push limit held back until the end of the hour become one message', () => {
    const channel = channelNamed('ops', {
      pushLimits: { hour: 2, day: undefined, pass: [] },
    })
    const entry = waiting(queued(4, { agoMs: 40 * 60_000 }), { channel, lastMessageAt: ago(3e6) })
    const { scope, delayed } = sendOf(planOf([entry]))
    assert.deepEqual([scope.messages, scope.merged], [1, true])
    assert.equal(delayed?.reason, 'push_limit')
  })

  test('after a message, alerts are collected for a second from their arrival', () => {
    const entry = waiting(queued(2, { agoMs: 100 }), { lastMessageAt: ago(200) })
    const made = planOf([entry])
    assert.deepEqual(made, {
      kind: 'wait',
      until: new Date(NOW.getTime() + 800),
      reason: 'collecting',
    })
    const later = waiting(queued(2, { agoMs: 1_000 }), { lastMessageAt: ago(200) })
    assert.equal(planOf([later]).kind, 'send')
  })

  test('a robot at its limit waits until the next call is free', () => {
    const robot = { calls: calls(...Array(20).fill(10_000)), limits: LIMITS, pause: undefined }
    const made = planOf([waiting(queued(1, { level: 1 }))], { robot })
    assert.equal(made.kind, 'wait')
    assert.ok(made.kind === 'wait' && made.reason === 'no_call_left' && made.until !== undefined)
    assert.ok((made.until as Date) > ago(-50_000) && (made.until as Date) < ago(-52_000))
  })

  test('a severe alert is sent although ordinary ones must wait', () => {
    const robot = { calls: calls(...Array(6).fill(2_000)), limits: LIMITS, pause: undefined }
    assert.equal(planOf([waiting(queued(1))], { robot }).kind, 'wait')
    assert.equal(planOf([waiting(queued(1, { level: 2 }))], { robot }).kind, 'send')
  })

  test('the channel with the most severe alert is first', () => {
    const other = channelNamed('db')
    const send = sendOf(
      planOf([
        waiting(queued(1, { agoMs: 60_000 })),
        waiting(queued(1, { level: 1, from: 50 }), { channel: other }),
      ]),
    )
    assert.equal(send.channel.name, 'db')
  })

  test('a pause lasts to its end, and alerts from it have a reason for their delay', () => {
    const pause = { since: ago(1_000), until: ago(-599_000), reason: 'throttled' }
    const robot = { calls: [], limits: LIMITS, pause }
    const entry = waiting(queued(1, { level: 1 }))
    assert.deepEqual(planOf([entry], { robot }), {
      kind: 'wait',
      until: pause.until,
      reason: 'paused',
    })
    const over = {
      ...robot,
      pause: { since: ago(601_000), until: ago(1_000), reason: 'throttled' },
    }
    const late = waiting(queued(1, { agoMs: 300_000 }))
    assert.deepEqual(sendOf(planOf([late], { robot: over })).delayed, {
      since: ago(300_000),
      reason: 'penalty',
    })
  })

  test('a pause never exceeds its length, even if the clock was set back', () => {
    const pause = { since: ago(-3_600_000), until: ago(-4_200_000), reason: 'throttled' }
    const made = planOf([waiting(queued(1))], { robot: { calls: [], limits: LIMITS, pause } })
    assert.deepEqual(made, { kind: 'wait', until: ago(-600_000), reason: 'paused' })
  })

  test('a closed push limit holds alerts back except for the configured levels', () => {
    const pushLimits = { hour: 10, day: undefined, pass: [1, 2] as const }
    const channel = channelNamed('ops', { pushLimits })
    const closed = { channel, messagesThisHour: 10 }
    assert.deepEqual(planOf([waiting(queued(3), closed)]), {
      kind: 'wait',
      until: new Date('2026-11-24T05:00:00Z'),
      reason: 'push_limit',
    })
    const mixed = [...queued(1, { level: 1, from: 9 }), ...queued(3)]
    const open = sendOf(planOf([waiting(mixed, closed)])).scope
    assert.deepEqual(open, { kind: 'some', ids: [9], messages: 3, merged: false, storm: false })
    const many = [...queued(30, { level: 1, from: 100 }), ...queued(3)]
    const { scope } = sendOf(planOf([waiting(many, closed)]))
    assert.ok(scope.kind === 'some' && scope.ids.length === 30)
  })

  test('the last tenth of the month is for severe alerts, and the month is never exceeded', () => {
    const allowances = [{ used: 95, limit: 100 }]
    assert.equal(planOf([waiting(queued(1))], { allowances }).kind, 'wait')
    assert.equal(planOf([waiting(queued(1, { level: 2 }))], { allowances }).kind, 'send')
    const spent = [{ used: 100, limit: 100 }]
    const made = planOf([waiting(queued(1, { level: 1 }))], { allowances: spent })
    assert.ok(made.kind === 'wait' && made.reason === 'quota')
  })

  test('from half of the month on, ordinary messages are spaced out, severe ones are not', () => {
    const allowances = [{ used: 700, limit: 1000 }]
    const entry = { lastMessageAt: ago(60_000) }
    const made = planOf([waiting(queued(1, { agoMs: 5_000 }), entry)], { allowances })
    assert.ok(made.kind === 'wait' && made.reason === 'quota')
    const severe = waiting(queued(1, { level: 1, agoMs: 5_000 }), entry)
    assert.equal(planOf([severe], { allowances }).kind, 'send')
  })

  test('the calls of a pool add up, without those of paused robots', () => {
    const peer = { calls: [], limits: LIMITS, pause: undefined }
    const entry = waiting(queued(8), { peers: [peer] })
    assert.equal(sendOf(planOf([entry])).scope.merged, false)
    const resting = { ...peer, pause: { since: ago(1), until: ago(-1_000), reason: 'throttled' } }
    assert.equal(sendOf(planOf([waiting(queued(8), { peers: [resting] })])).scope.merged, true)
  })
})
