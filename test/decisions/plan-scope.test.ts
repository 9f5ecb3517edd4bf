import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { QueuedAlert, QueueState, Scope } from '../../src/decisions/plan.ts'
import type { Level } from '../../src/model/level.ts'
import { ago, calls, LIMITS, planOf, queued, sendOf, waiting } from '../support/plan.ts'
import { channelNamed } from '../support/settings.ts'

const HOURLY = channelNamed('ops', { pushLimits: { hour: 5, day: undefined, pass: [1] } })

/** The scope of the next message. */
function scopeOf(each: readonly QueuedAlert[], changes: Partial<QueueState> = {}): Scope {
  return sendOf(planOf([waiting(each, changes)])).scope
}

function idsOf(scope: Scope): readonly number[] {
  assert.ok(scope.kind === 'some')
  return scope.ids
}

describe('which alerts are next', () => {
  const channels = ['a', 'b', 'c', 'd'].map((name) => channelNamed(name))

  /** The name of the channel that is next, if each channel has one alert. */
  function nextOf(each: readonly QueuedAlert[]): string {
    const entries = each.map((alert, index) =>
      waiting([alert], { channel: channels[index] as (typeof channels)[0] }),
    )
    return sendOf(planOf(entries)).channel.name
  }

  const alertOf = (id: number, level: Level, agoMs: number): QueuedAlert => ({
    id,
    payload: id,
    level,
    receivedAt: ago(agoMs),
  })

  test('those of the more severe level, even if others have waited longer', () => {
    assert.equal(nextOf([alertOf(1, 2, 9_000), alertOf(2, 1, 0)]), 'b')
    assert.equal(nextOf([alertOf(1, 4, 0), alertOf(2, 5, 9_000)]), 'a')
  })

  test('within one level, those that have waited longest', () => {
    assert.equal(nextOf([alertOf(1, 3, 5_000), alertOf(2, 3, 9_000)]), 'b')
    assert.equal(nextOf([alertOf(2, 3, 9_000), alertOf(1, 3, 5_000)]), 'a')
  })

  test('with equal level and instant, those that were accepted first', () => {
    assert.equal(nextOf([alertOf(8, 3, 5_000), alertOf(7, 3, 5_000)]), 'b')
    assert.equal(nextOf([alertOf(7, 3, 5_000), alertOf(8, 3, 5_000)]), 'a')
  })

  test('independently of the order of the channels', () => {
    const distinct = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 99 }),
        level: fc.constantFrom<Level>(1, 2, 3, 4, 5),
        agoMs: fc.constantFrom(0, 1_000, 2_000),
      }),
      { minLength: 2, maxLength: 4, selector: ({ id }) => id },
    )
    fc.assert(
      fc.property(distinct, (each) => {
        const made = each.map(({ id, level, agoMs }) => alertOf(id, level, agoMs))
        const scopes = [made, made.toReversed()].map((listed) =>
          idsOf(sendOf(planOf(listed.map((one) => waiting([one])))).scope),
        )
        assert.deepEqual(scopes[0], scopes[1])
      }),
    )
  })

  test('the message is for the queue and the channel of these alerts', () => {
    const entry = waiting(queued(1), { queue: 'pool:db', channel: channelNamed('db') })
    assert.deepEqual(planOf([entry]), {
      kind: 'send',
      queue: 'pool:db',
      channel: channelNamed('db'),
      scope: { kind: 'some', ids: [1], messages: 3, merged: false, storm: false },
      delayed: undefined,
    })
  })
})

describe('the scope of the next message', () => {
  test('is one request, if there is a call for each', () => {
    const mixed = [...queued(2, { perRequest: 2, from: 5 }), ...queued(5, { from: 10 })]
    assert.deepEqual(idsOf(scopeOf(mixed)), [5, 6])
    assert.equal(scopeOf(queued(6)).merged, false)
    assert.equal(scopeOf(queued(7)).merged, true)
    assert.deepEqual(idsOf(scopeOf(queued(7))), [1, 2, 3, 4, 5, 6, 7])
  })

  test('is one severe request from the reserve, or several of them merged', () => {
    const robot = { calls: calls(...Array(6).fill(2_000)), limits: LIMITS, pause: undefined }
    const severe = (count: number) =>
      sendOf(planOf([waiting(queued(count, { level: 1 }))], { robot })).scope
    assert.deepEqual([severe(1).merged, severe(1).messages], [false, 1])
    assert.deepEqual([severe(2).merged, severe(2).messages], [true, 1])
  })

  test('is everything, if more alerts wait than the preview contains', () => {
    assert.deepEqual(scopeOf(queued(30), { count: 31 }), {
      kind: 'all',
      messages: 3,
      merged: true,
      storm: true,
    })
    assert.equal(scopeOf(queued(30), { count: 30 }).kind, 'some')
  })

  test('is only the preview while another digest is open', () => {
    const scope = scopeOf(queued(30), { count: 31, digestOpen: true })
    assert.equal(idsOf(scope).length, 30)
  })

  test('is only the preview if a limit holds back some of its alerts', () => {
    const mixed = [...queued(2, { level: 1, from: 50 }), ...queued(9)]
    const scope = scopeOf(mixed, { count: 99, channel: HOURLY, messagesThisHour: 5 })
    assert.deepEqual(idsOf(scope), [50])
    const allowances = [{ used: 95, limit: 100 }]
    const quota = sendOf(planOf([waiting(mixed, { count: 99 })], { allowances })).scope
    assert.deepEqual(idsOf(quota), [50])
  })

  test('allows the remaining messages of a storm, and at least one', () => {
    const after = (...secondsAgo: number[]) =>
      scopeOf(queued(30, { agoMs: 9_000 }), {
        recent: secondsAgo.map((seconds) => ({ at: ago(seconds * 1_000), storm: true })),
        lastMessageAt: ago((secondsAgo.at(-1) ?? 0) * 1_000),
      }).messages
    assert.equal(after(50), 2)
    assert.equal(after(50, 40), 1)
    const severe = waiting(queued(30, { level: 1, agoMs: 9_000 }), {
      recent: [50, 40, 30, 20].map((seconds) => ({ at: ago(seconds * 1_000), storm: true })),
      lastMessageAt: ago(20_000),
    })
    assert.equal(sendOf(planOf([severe])).scope.messages, 1)
  })

  test('allows as many messages as calls are left', () => {
    const robot = { calls: calls(...Array(4).fill(2_000)), limits: LIMITS, pause: undefined }
    assert.equal(sendOf(planOf([waiting(queued(30))], { robot })).scope.messages, 2)
  })

  test('is merged during a storm, even for one request', () => {
    const during = (storm: boolean) =>
      scopeOf(queued(2, { perRequest: 2, agoMs: 8_000 }), {
        recent: [{ at: ago(8_000), storm }],
        lastMessageAt: ago(8_000),
      })
    assert.equal(during(true).merged, true)
    assert.equal(during(false).merged, false)
  })

  test('is a storm when it merges more requests than a window has calls', () => {
    const stormOf = (scope: Scope) => [scope.merged, scope.storm]
    assert.deepEqual(stormOf(scopeOf(queued(20))), [true, false])
    assert.deepEqual(stormOf(scopeOf(queued(21))), [true, true])
    const peers = Array(4).fill({ calls: [], limits: LIMITS, pause: undefined })
    assert.deepEqual(stormOf(scopeOf(queued(25), { peers })), [false, false])
  })

  test('counts the calls of another pool robot only after its pause', () => {
    const merged = (untilMs: number) => {
      const pause = { since: ago(9_000), until: ago(-untilMs), reason: 'throttled' }
      return scopeOf(queued(8), { peers: [{ calls: [], limits: LIMITS, pause }] }).merged
    }
    assert.deepEqual([merged(1), merged(0), merged(-1)], [true, false, false])
  })
})

describe('alerts that a push limit has held back', () => {
  const NOON = new Date('2026-11-24T04:00:00Z')
  const before = (ms: number, at = NOON) => new Date(at.getTime() - ms)

  /** The scope of two requests that have waited since `oldest`. */
  function heldScope(oldest: Date, { now = NOON, channel = HOURLY, requests = 2 } = {}): Scope {
    const each = Array.from({ length: requests }, (_, index) => ({
      id: index + 1,
      payload: index + 1,
      level: 3 as const,
      receivedAt: oldest,
    }))
    return sendOf(planOf([waiting(each, { channel })], { now, hourStart: NOON })).scope
  }

  test('become one message when the limit is open again', () => {
    const now = before(-30_000)
    const { merged, messages } = heldScope(before(40_000), { now })
    assert.deepEqual([merged, messages], [true, 1])
  })

  test('have waited since before this hour', () => {
    const now = before(-120_000)
    assert.equal(heldScope(before(1), { now }).merged, true)
    assert.equal(heldScope(NOON, { now }).merged, false)
  })

  test('have waited for more than a minute', () => {
    assert.equal(heldScope(before(60_001)).merged, true)
    assert.equal(heldScope(before(60_000)).merged, false)
  })

  test('are not merged if they are one request, or without a limit', () => {
    const single = heldScope(before(90_000), { requests: 1 })
    assert.deepEqual([single.merged, single.messages], [false, 1])
    const { merged, messages } = heldScope(before(90_000), { channel: channelNamed('ops') })
    assert.deepEqual([merged, messages], [false, 3])
  })
})
