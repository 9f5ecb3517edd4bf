import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  isOngoing,
  nextOfStormAt,
  type RecentMessage,
  sentOfStorm,
} from '../../src/decisions/storm.ts'

const NOW = new Date('2026-11-24T04:30:00Z')
const PER_MS = 60_000

function told(...seconds: [ago: number, storm: boolean][]): RecentMessage[] {
  return seconds.map(([ago, storm]) => ({ at: new Date(NOW.getTime() - ago * 1000), storm }))
}

/** Seconds from now until the storm's next message may be made; what waits came just now. */
function nextIn(
  recent: readonly RecentMessage[],
  changes: { severeAgo?: number; maxMessages?: number } = {},
) {
  const { severeAgo, maxMessages = 3 } = changes
  const severeSince =
    severeAgo === undefined ? undefined : new Date(NOW.getTime() - severeAgo * 1000)
  const question = { recent, perMs: PER_MS, maxMessages, now: NOW, oldest: NOW, severeSince }
  return (nextOfStormAt(question).getTime() - NOW.getTime()) / 1000
}

describe('a storm', () => {
  test('is told at once when nothing was told before', () => {
    assert.equal(nextIn([]), 0)
    assert.equal(nextIn(told([11, false], [61, true])), 0)
  })

  test('is told again after a second, then after eight', () => {
    assert.equal(nextIn(told([0, false])), 1)
    assert.equal(nextIn(told([1, false], [0, true])), 8)
  })

  test('waits for the window when its messages are used up, and severe alerts wait for none', () => {
    const recent = told([20, true], [15, true], [2, true])
    assert.equal(nextIn(recent), 40)
    assert.equal(nextIn(recent, { severeAgo: 0 }), 2)
    assert.equal(nextIn(recent, { severeAgo: 3 }), 1)
  })

  test('single messages before it count for ten seconds, merged ones for the window', () => {
    const recent = told([30, false], [20, true], [9, false], [3, true])
    const question = { recent, perMs: PER_MS, maxMessages: 3, now: NOW }
    assert.equal(sentOfStorm(question), 3)
  })

  test('is over when nothing was merged for ten seconds', () => {
    const question = { perMs: PER_MS, maxMessages: 3, now: NOW }
    assert.equal(isOngoing({ ...question, recent: told([9, true]) }), true)
    assert.equal(isOngoing({ ...question, recent: told([10, true], [1, false]) }), false)
  })

  test('is not held up by messages from a future that a clock set back has left', () => {
    assert.equal(nextIn(told([-3_600, true], [-3_599, true], [-3_598, true])), 0)
  })

  test('of ordinary alerts never takes more merged messages in a window than it may', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 })
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 5 }), (arrivals, maxMessages) => {
        const made: RecentMessage[] = []
        let nowMs = 0
        for (const gap of arrivals) {
          const oldest = new Date(nowMs)
          nowMs += gap
          for (;;) {
            const now = new Date(nowMs)
            const recent = made.filter(({ at }) => at.getTime() > nowMs - PER_MS)
            const at = nextOfStormAt({
              recent,
              perMs: PER_MS,
              maxMessages,
              now,
              oldest,
              severeSince: undefined,
            })
            if (at <= now) break
            nowMs = at.getTime()
          }
          made.push({ at: new Date(nowMs), storm: true })
        }
        for (const { at } of made) {
          const inWindow = made.filter(
            (each) => each.at >= at && each.at.getTime() < at.getTime() + PER_MS,
          )
          assert.ok(inWindow.length <= maxMessages, `${inWindow.length} of ${maxMessages}`)
        }
      }),
    )
  })

  test('never holds a severe alert for more than four seconds', () => {
    const ages = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.boolean()), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(ages, fc.integer({ min: 1, max: 5 }), (each, maxMessages) => {
        const recent = told(...each.sort((a, b) => b[0] - a[0]))
        assert.ok(nextIn(recent, { severeAgo: 0, maxMessages }) <= 4)
      }),
    )
  })
})
