import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { callsInWindow, callsLeft, countedForMs, nextCallAt } from '../../src/decisions/pace.ts'

const LIMITS = { messages: 20, perMs: 60_000, penaltyMs: 600_000 }
const START = Date.UTC(2026, 10, 24)

function at(ms: number): Date {
  return new Date(START + ms)
}

/** Makes calls one after another as soon as they are allowed; each takes `tookMs`. */
function callsOf(
  arrivals: { atMs: number; severe: boolean }[],
  { tookMs = 0, limits = LIMITS } = {},
): { at: Date; until: Date; severe: boolean; waitedMs: number }[] {
  const calls: { at: Date; until: Date; severe: boolean; waitedMs: number }[] = []
  let now = 0
  // Severe alerts overtake; each step considers new arrivals.
  const waiting = [...arrivals].sort((a, b) => a.atMs - b.atMs)
  while (waiting.length > 0) {
    now = Math.max(now, (waiting[0] as { atMs: number }).atMs)
    const here = waiting.filter((each) => each.atMs <= now)
    const next = here.find((each) => each.severe) ?? (here[0] as (typeof here)[0])
    const allowed =
      nextCallAt({ calls, limits, now: at(now), severe: next.severe }).getTime() - START
    const later = waiting.find((each) => each.atMs > now && each.severe)
    if (allowed > now && later !== undefined && later.atMs < allowed && !next.severe) {
      now = later.atMs
      continue
    }
    now = allowed
    calls.push({
      at: at(now),
      until: at(now + tookMs),
      severe: next.severe,
      waitedMs: now - next.atMs,
    })
    waiting.splice(waiting.indexOf(next), 1)
    now += tookMs
  }
  return calls
}

function mostInAnyWindow(calls: readonly { at: Date }[], perMs: number): number {
  const times = calls.map((call) => call.at.getTime())
  return Math.max(
    0,
    ...times.map((from) => times.filter((t) => t >= from && t < from + perMs).length),
  )
}

/** Milliseconds after the start at which `count` calls go out if all wait from the start. */
function timesOf(count: number, severe: boolean): number[] {
  const arrivals = Array.from({ length: count }, () => ({ atMs: 0, severe }))
  return callsOf(arrivals).map((call) => call.at.getTime() - START)
}

function callsUntil(untilMs: number, count: number): { at: Date; until: Date }[] {
  return Array.from({ length: count }, () => ({ at: at(0), until: at(untilMs) }))
}

/** Calls of the last two minutes, in any order; each ended before `at(0)`. */
const pastCalls = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 120_000 }), fc.integer({ min: 0, max: 5_000 })), {
    maxLength: 40,
    size: 'max',
  })
  .map((each) => each.map(([agoMs, tookMs]) => ({ at: at(-agoMs - tookMs), until: at(-agoMs) })))

describe('the pace of calls', () => {
  test('a call counts for the window and a margin of one percent, between 100 ms and a second', () => {
    assert.deepEqual(
      [1_000, 10_000, 60_000, 60_001, 100_000, 3_600_000].map(
        (perMs) => countedForMs(perMs) - perMs,
      ),
      [100, 100, 600, 601, 1_000, 1_000],
    )
  })

  test('of twenty calls a minute, six ordinary ones go at once, then one every 4.3 s, sixteen in all', () => {
    // There is room for fourteen severe calls, one every 4,286 ms. The window of the first six ends after 60.6 s.
    const spread = [13, 12, 11, 10, 9, 8, 7, 6, 5, 4].map((k) => 60_600 - k * 4_286)
    assert.deepEqual(timesOf(17, false), [...Array(6).fill(0), ...spread, 60_600])
  })

  test('of twenty calls a minute, seven severe ones go at once, then one every 4.3 s, twenty in all', () => {
    const spread = [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map((k) => 60_600 - k * 4_286)
    assert.deepEqual(timesOf(21, true), [...Array(7).fill(0), ...spread, 60_600])
  })

  test('after a quiet time a burst may use the calls outside both reserves', () => {
    const left = (messages: number, perMs: number) =>
      callsLeft({ calls: [], limits: { messages, perMs, penaltyMs: 1 }, now: at(0) })
    const perMinute = [1, 2, 3, 5, 10, 20, 100].map((messages) => left(messages, 60_000))
    assert.deepEqual(perMinute, [1, 1, 1, 2, 3, 6, 80])
    // There is room for one severe call in a second, and for 14 of 20 in an hour.
    assert.deepEqual([left(4, 1_000), left(20, 1_000), left(20, 3_600_000)], [3, 16, 6])
  })

  test('a single call is always allowed after a quiet time, with any limit', () => {
    for (const messages of [1, 2, 3, 5, 10, 20, 100, 1000])
      for (const perMs of [1_000, 60_000, 3_600_000]) {
        const limits = { messages, perMs, penaltyMs: 1 }
        assert.equal(nextCallAt({ calls: [], limits, now: at(0), severe: false }).getTime(), START)
        assert.equal(nextCallAt({ calls: [], limits, now: at(0), severe: true }).getTime(), START)
      }
  })

  test('with a limit of one call, severe and ordinary alerts both wait for its end', () => {
    const limits = { messages: 1, perMs: 60_000, penaltyMs: 1 }
    for (const severe of [true, false]) {
      const next = nextCallAt({ calls: callsUntil(0, 1), limits, now: at(1_000), severe })
      assert.equal(next.getTime(), START + 60_600)
    }
  })

  test('with a limit of two calls, the second is for a severe alert', () => {
    const limits = { messages: 2, perMs: 60_000, penaltyMs: 1 }
    const next = (severe: boolean) =>
      nextCallAt({ calls: callsUntil(0, 1), limits, now: at(0), severe }).getTime() - START
    assert.deepEqual([next(true), next(false)], [0, 60_600])
  })

  test('a call counts until exactly the end of its window', () => {
    const inWindow = (nowMs: number) =>
      callsInWindow({ calls: callsUntil(0, 7), limits: LIMITS, now: at(nowMs) })
    assert.deepEqual([0, 60_599, 60_600].map(inWindow), [7, 7, 0])
    const left = (nowMs: number) =>
      callsLeft({ calls: callsUntil(0, 16), limits: LIMITS, now: at(nowMs) })
    assert.deepEqual([0, 60_599, 60_600].map(left), [0, 0, 6])
    const full = { calls: callsUntil(0, 20), limits: LIMITS, severe: true }
    assert.equal(nextCallAt({ ...full, now: at(60_599) }).getTime(), START + 60_600)
  })

  test('a call interrupted by a crash counts from its latest end', () => {
    const calls = callsUntil(5_000, 20)
    const next = nextCallAt({ calls, limits: LIMITS, now: at(61_000), severe: true })
    assert.equal(next.getTime(), START + 5_000 + countedForMs(60_000))
  })

  test('a call from the future, left by a clock that was set back, counts from now', () => {
    const calls = Array.from({ length: 20 }, () => ({ at: at(3_600_000), until: at(3_600_000) }))
    const next = nextCallAt({ calls, limits: LIMITS, now: at(0), severe: true })
    assert.equal(next.getTime(), START + countedForMs(60_000))
    assert.equal(callsInWindow({ calls, limits: LIMITS, now: at(0) }), 20)
  })

  test('the next call is at the earliest instant that is free', () => {
    fc.assert(
      fc.property(
        pastCalls,
        fc.boolean(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (calls, severe, part) => {
          const next = (now: Date) => nextCallAt({ calls, limits: LIMITS, now, severe })
          const found = next(at(0))
          assert.ok(found >= at(0))
          assert.deepEqual(next(found), found)
          const before = at(Math.floor((found.getTime() - START) * part))
          assert.deepEqual(next(before), found)
        },
      ),
    )
  })

  test('the order in which calls are listed does not matter', () => {
    fc.assert(
      fc.property(pastCalls, fc.boolean(), (calls, severe) => {
        const ascending = [...calls].sort((a, b) => a.until.getTime() - b.until.getTime())
        const answers = [calls, ascending, ascending.toReversed()].map((each) => {
          const window = { calls: each, limits: LIMITS, now: at(0) }
          return [nextCallAt({ ...window, severe }), callsLeft(window), callsInWindow(window)]
        })
        assert.deepEqual(answers[0], answers[1])
        assert.deepEqual(answers[2], answers[1])
      }),
    )
  })

  test('the number of calls left is how many may be made now one after another', () => {
    fc.assert(
      fc.property(pastCalls, fc.integer({ min: 1, max: 40 }), (past, messages) => {
        const limits = { ...LIMITS, messages }
        const calls = [...past]
        const now = at(0)
        const left = callsLeft({ calls, limits, now })
        for (let made = 0; made < left; made += 1) {
          assert.deepEqual(nextCallAt({ calls, limits, now, severe: false }), now)
          calls.push({ at: now, until: now })
        }
        assert.ok(nextCallAt({ calls, limits, now, severe: false }) > now)
      }),
    )
  })

  test('ordinary alerts never take the share that is reserved for severe ones', () => {
    const calls = callsOf(Array.from({ length: 60 }, () => ({ atMs: 0, severe: false })))
    assert.equal(mostInAnyWindow(calls, 60_000), 16)
  })

  test('a storm of severe alerts uses the whole limit', () => {
    const calls = callsOf(Array.from({ length: 60 }, () => ({ atMs: 0, severe: true })))
    assert.equal(mostInAnyWindow(calls, 60_000), 20)
  })

  const arrivals = fc.array(
    fc.record({ atMs: fc.integer({ min: 0, max: 180_000 }), severe: fc.boolean() }),
    { maxLength: 120, size: 'max' },
  )
  test('no window contains more calls than the limit, for any arrivals and durations', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 4_000 }), (each, tookMs) => {
        const calls = callsOf(each, { tookMs })
        // DingTalk may receive each call at any time between its start and its end.
        for (const edge of ['at', 'until'] as const) {
          const seen = calls.map((call) => ({ at: call[edge] }))
          assert.ok(mostInAnyWindow(seen, LIMITS.perMs) <= LIMITS.messages)
        }
        const worst = calls.flatMap((call, index) => {
          const from = call.until.getTime()
          return calls.slice(index).filter((other) => other.at.getTime() < from + LIMITS.perMs)
            .length
        })
        assert.ok(Math.max(0, ...worst) <= LIMITS.messages)
      }),
      { numRuns: 200 },
    )
  })

  test('severe alerts five seconds apart wait at most five seconds, regardless of ordinary ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 180_000 }), { maxLength: 150, size: 'max' }),
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 5_000, max: 20_000 }),
        (ordinary, offsetMs, everyMs) => {
          const severe = Array.from({ length: 36 }, (_, index) => offsetMs + index * everyMs)
          const calls = callsOf([
            ...ordinary.map((atMs) => ({ atMs, severe: false })),
            ...severe.map((atMs) => ({ atMs, severe: true })),
          ])
          const longest = Math.max(
            ...calls.filter((call) => call.severe).map((call) => call.waitedMs),
          )
          assert.ok(longest <= 5_000, `${longest}`)
        },
      ),
      { numRuns: 100 },
    )
  })
})
