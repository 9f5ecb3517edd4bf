import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { backoffMs, type EndedAttempt, verdictOn } from '../../src/decisions/retry.ts'
import type { Outcome } from '../../src/model/message.ts'
import { robotNamed } from '../support/settings.ts'

const NOW = new Date('2026-11-24T00:00:01Z')

function after(outcome: Outcome, changes: Partial<EndedAttempt> = {}) {
  return verdictOn({
    attempt: {
      outcome,
      result: outcome.kind,
      httpStatus: 200,
      errcode: undefined,
      errmsg: undefined,
      explanation: 'The words.',
      durationMs: 1,
    },
    now: NOW,
    robot: robotNamed('ops-1', { key: 'k', address: 'proxy-1' }),
    mode: 'all',
    attempts: 1,
    sameResults: 1,
    failures: 0,
    bodyBytes: 10_000,
    limitBytes: 20_000,
    alertCount: 3,
    hasUsablePeer: false,
    random: 0.999,
    ...changes,
  })
}

describe('the verdict on an attempt', () => {
  test('a delivered message is sent, and resets the robot’s failures', () =>
    assert.deepEqual(after({ kind: 'delivered' }, { failures: 9 }), {
      next: { kind: 'sent' },
      pause: undefined,
      failures: 0,
    }))

  test('a throttled robot pauses for the penalty and a margin from the refusal', () => {
    const { next, pause } = after({ kind: 'throttled', scope: 'robot' })
    const until = new Date(NOW.getTime() + 601_000)
    assert.deepEqual(pause, { scope: 'robot:k', until, reason: 'throttled' })
    assert.deepEqual(next, { kind: 'retry', dueAt: until })
  })

  test('in a pool another robot takes a throttled message at once', () => {
    const { next } = after({ kind: 'throttled', scope: 'robot' }, { mode: 'pool' })
    assert.deepEqual(next, { kind: 'retry', dueAt: NOW })
  })

  test('an address limit pauses the whole address', () =>
    assert.equal(after({ kind: 'throttled', scope: 'address' }).pause?.scope, 'address:proxy-1'))

  test('an address limit lasts five minutes, or the penalty if that is shorter', () => {
    const restMs = (penaltyMs: number): number => {
      const limits = { messages: 20, perMs: 60_000, penaltyMs }
      const { pause } = after(
        { kind: 'throttled', scope: 'address' },
        { robot: robotNamed('ops-1', { limits }) },
      )
      return (pause?.until.getTime() ?? 0) - NOW.getTime()
    }
    assert.deepEqual([restMs(600_000), restMs(60_000)], [301_000, 60_600])
  })

  test('an unreachable robot is retried forever, with growing intervals', () => {
    const outcome: Outcome = {
      kind: 'retryable',
      reason: 'network',
      reached: false,
      bounded: false,
    }
    const { next, failures } = after(outcome, { attempts: 500, failures: 499 })
    assert.equal(failures, 500)
    assert.ok(next.kind === 'retry' && next.dueAt.getTime() - NOW.getTime() <= 60_000)
    assert.ok(next.kind === 'retry' && next.dueAt.getTime() - NOW.getTime() > 50_000)
  })

  test('an unknown reply is given up after several equal ones, whatever outage came before', () => {
    const outcome: Outcome = { kind: 'retryable', reason: 'unknown', reached: true, bounded: true }
    assert.equal(after(outcome, { attempts: 500, sameResults: 5 }).next.kind, 'retry')
    assert.deepEqual(after(outcome, { attempts: 500, sameResults: 6 }).next, {
      kind: 'dead',
      reason: 'The words. Given up after 6 equal replies.',
    })
  })

  test("replies that are not DingTalk's are given up too, but only after a rate limiter's usual time", () => {
    const outcome: Outcome = {
      kind: 'retryable',
      reason: 'unreadable',
      reached: true,
      bounded: true,
    }
    let waitedMs = 0
    let alike = 1
    for (; ; alike += 1) {
      const { next } = after(outcome, { attempts: alike, sameResults: alike, random: 0 })
      if (next.kind !== 'retry') break
      waitedMs += next.dueAt.getTime() - NOW.getTime()
    }
    assert.ok(waitedMs > 15 * 60_000 && waitedMs < 60 * 60_000, String(waitedMs))
  })

  test('in a pool only a message that certainly did not arrive goes to another robot at once', () => {
    const outcome = { kind: 'retryable', reason: 'network', bounded: false } as const
    const elsewhere = after({ ...outcome, reached: false }, { mode: 'pool' }).next
    assert.deepEqual(elsewhere, { kind: 'retry', dueAt: NOW })
    const unsure = after({ ...outcome, reached: true }, { mode: 'pool' }).next
    assert.ok(unsure.kind === 'retry' && unsure.dueAt > NOW)
    assert.deepEqual(unsure.elsewhereAt, new Date(NOW.getTime() + 60_000))
  })

  test('an unreachable robot pauses longer after each failure, up to 30 s', () => {
    const outcome = {
      kind: 'retryable',
      reason: 'network',
      reached: false,
      bounded: false,
    } as const
    for (const mode of ['all', 'pool'] as const) {
      const rests = [0, 1, 4, 5, 400].map((failures) => {
        const { pause } = after(outcome, { mode, failures, random: 0 })
        assert.deepEqual([pause?.scope, pause?.reason], ['robot:k', 'unreachable'])
        return (pause?.until.getTime() ?? 0) - NOW.getTime()
      })
      assert.deepEqual(rests, [500, 1_000, 8_000, 15_000, 15_000])
    }
  })

  test('a message waits longer after each attempt', () => {
    const outcome = {
      kind: 'retryable',
      reason: 'network',
      reached: false,
      bounded: false,
    } as const
    for (const [attempts, waitMs] of [
      [1, 500],
      [3, 2_000],
      [400, 30_000],
    ] as const)
      assert.deepEqual(after(outcome, { attempts, random: 0 }).next, {
        kind: 'retry',
        dueAt: new Date(NOW.getTime() + waitMs),
      })
  })

  test('a message that may have arrived stays with its robot for a minute, in every mode', () => {
    const outcome = { kind: 'retryable', reason: 'timeout', reached: true, bounded: false } as const
    for (const mode of ['all', 'pool'] as const)
      assert.deepEqual(after(outcome, { attempts: 3, mode, random: 0 }).next, {
        kind: 'retry',
        dueAt: new Date(NOW.getTime() + 2_000),
        elsewhereAt: new Date(NOW.getTime() + 60_000),
      })
  })

  test('a message that is too long is split into bodies of three quarters of its size', () =>
    assert.deepEqual(after({ kind: 'too_long' }, { failures: 3 }), {
      next: {
        kind: 'split',
        reason: 'The words. Sent again in smaller messages.',
        bodyBytes: 7_500,
      },
      pause: undefined,
      failures: 0,
    }))

  test('a body larger than its limit is not composed again at the same size', () => {
    const next = (changes: object) =>
      after({ kind: 'too_long' }, { bodyBytes: 40_000, ...changes }).next
    assert.equal(next({}).kind, 'dead')
    assert.equal(next({ bodyBytes: 6_000, limitBytes: 2_500 }).kind, 'dead')
    // Composed long ago, for a larger limit than the current one.
    const older = next({ bodyBytes: 18_000, limitBytes: 13_000, attempts: 2 })
    assert.deepEqual([older.kind, 'bodyBytes' in older && older.bodyBytes], ['split', 13_000])
  })

  test('a message that is too long is dead if its parts would be below 2,000 bytes', () => {
    const kindOf = (bodyBytes: number) => after({ kind: 'too_long' }, { bodyBytes }).next.kind
    assert.deepEqual([2_668, 2_667, 2_666].map(kindOf), ['split', 'split', 'dead'])
    const { next } = after({ kind: 'too_long' }, { bodyBytes: 2_000 })
    assert.deepEqual(next, { kind: 'dead', reason: 'The words.' })
  })

  test('a rejected message is dead after one call', () => {
    const verdict = after({ kind: 'rejected', reason: 'token' })
    assert.deepEqual(verdict, {
      next: { kind: 'dead', reason: 'The words.' },
      pause: undefined,
      failures: 0,
    })
  })

  test('in a pool, a robot that rejects is set aside, and another one takes the message', () => {
    const rejected: Outcome = { kind: 'rejected', reason: 'token' }
    const { next, pause } = after(rejected, { mode: 'pool', hasUsablePeer: true })
    assert.deepEqual(next, { kind: 'retry', dueAt: NOW })
    const until = new Date(NOW.getTime() + 180_000)
    assert.deepEqual(pause, { scope: 'robot:k', until, reason: 'rejected' })
    const last = after(rejected, { mode: 'pool', hasUsablePeer: false })
    assert.equal(last.next.kind, 'dead')
    assert.deepEqual(last.pause, pause)
  })

  test('rejected content is dead for every robot of a pool', () =>
    assert.equal(
      after({ kind: 'rejected', reason: 'content' }, { mode: 'pool', hasUsablePeer: true }).next
        .kind,
      'dead',
    ))

  test('backoff doubles up to its bound, and jitter removes half at most', () => {
    assert.deepEqual(
      [1, 2, 3, 7, 400].map((attempt) => backoffMs(attempt, 60_000, 0)),
      [500, 1_000, 2_000, 30_000, 30_000],
    )
    assert.ok(backoffMs(1, 60_000, 0.999) < 1_000)
  })
})
