import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { callsLeft, countedForMs, nextCallAt } from '../../src/decisions/pace.ts'

const LIMITS = { messages: 20, perMs: 60_000, penaltyMs: 600_000 }
const START = Date.UTC(2026, 10, 24)

function at(ms: number): Date {
  return new Date(START + ms)
}

/** Calls made one after another as soon as they are allowed, each taking `tookMs`. */
function callsOf(
  arrivals: { atMs: number; severe: boolean }[],
  { tookMs = 0, limits = LIMITS } = {},
): { at: Date; until: Date; severe: boolean; waitedMs: number }[] {
  const calls: { at: Date; until: Date; severe: boolean; waitedMs: number }[] = []
  let now = 0
  // Severe ones overtake; what arrives in the meantime is looked at again at each step.
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

describe('the pace of calls', () => {
  test('after quiet a burst goes at once, and room for severe alerts is left', () => {
    const left = callsLeft({ calls: [], limits: LIMITS, now: at(0) })
    assert.ok(left >= 5 && left <= 16, `${left}`)
  })

  test('a single call is always allowed after quiet, whatever the limit', () => {
    for (const messages of [1, 2, 3, 5, 10, 20, 100, 1000])
      for (const perMs of [1_000, 60_000, 3_600_000]) {
        const limits = { messages, perMs, penaltyMs: 1 }
        assert.equal(nextCallAt({ calls: [], limits, now: at(0), severe: false }).getTime(), START)
        assert.equal(nextCallAt({ calls: [], limits, now: at(0), severe: true }).getTime(), START)
      }
  })

  test('a call that was under way at a crash counts from when it may have ended', () => {
    const calls = Array.from({ length: 20 }, () => ({ at: at(0), until: at(5_000) }))
    const next = nextCallAt({ calls, limits: LIMITS, now: at(61_000), severe: true })
    assert.equal(next.getTime(), START + 5_000 + countedForMs(60_000))
  })

  test('a call from the future, left by a clock that was set back, delays by one window at most', () => {
    const calls = Array.from({ length: 20 }, () => ({ at: at(3_600_000), until: at(3_600_000) }))
    const next = nextCallAt({ calls, limits: LIMITS, now: at(0), severe: true })
    assert.ok(next.getTime() <= START + countedForMs(60_000))
  })

  test('ordinary alerts never take the share that is kept for severe ones', () => {
    const calls = callsOf(Array.from({ length: 60 }, () => ({ atMs: 0, severe: false })))
    assert.ok(mostInAnyWindow(calls, 60_000) <= 16)
  })

  test('a storm of severe alerts uses the whole limit', () => {
    const calls = callsOf(Array.from({ length: 60 }, () => ({ atMs: 0, severe: true })))
    assert.equal(mostInAnyWindow(calls, 60_000), 20)
  })

  const arrivals = fc.array(
    fc.record({ atMs: fc.integer({ min: 0, max: 180_000 }), severe: fc.boolean() }),
    { maxLength: 120, size: 'max' },
  )
  test('no window ever holds more calls than the limit, however they arrive and however long they take', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 0, max: 4_000 }), (each, tookMs) => {
        const calls = callsOf(each, { tookMs })
        // The peer may see each call at any time between its start and its end.
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

  test('severe alerts that come five seconds apart wait five seconds at most, whatever else is told', () => {
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
