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

function sent(...seconds: [ago: number, storm: boolean][]): RecentMessage[] {
  return seconds.map(([ago, storm]) => ({ at: new Date(NOW.getTime() - ago * 1000), storm }))
}

/** Seconds until the storm's next message. `oldestAgo`: when the oldest alert arrived; by default just now. */
function nextIn(
  recent: readonly RecentMessage[],
  changes: { severeAgo?: number; oldestAgo?: number; maxMessages?: number; perMs?: number } = {},
): number {
  const { severeAgo, oldestAgo = 0, maxMessages = 3, perMs = PER_MS } = changes
  const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000)
  const severeSince = severeAgo === undefined ? undefined : ago(severeAgo)
  const question = { recent, perMs, maxMessages, now: NOW, oldest: ago(oldestAgo), severeSince }
  return (nextOfStormAt(question).getTime() - NOW.getTime()) / 1000
}

describe('a storm', () => {
  test('begins at once when no message counts towards it', () => {
    assert.equal(nextIn([]), 0)
    assert.equal(nextIn(sent([60, true], [10, false])), 0)
    assert.equal(nextIn(sent([61, true], [11, false]), { severeAgo: 0 }), 0)
  })

  test('collects for a second before its second message, then for eight', () => {
    assert.equal(nextIn(sent([0, false])), 1)
    assert.equal(nextIn(sent([0.2, true])), 0.8)
    assert.equal(nextIn(sent([1, false], [0, true])), 8)
  })

  test('collects before its second message for a second from its oldest alert', () => {
    assert.equal(nextIn(sent([0.2, true]), { oldestAgo: 0.5 }), 0.5)
    assert.equal(nextIn(sent([0.2, true]), { oldestAgo: 0.1 }), 0.8)
  })

  test('waits for the window when all its messages are sent', () => {
    assert.equal(nextIn(sent([20, true], [15, true], [2, true])), 40)
    assert.equal(nextIn(sent([30, true], [20, true], [15, true], [2, true])), 40)
    assert.equal(nextIn(sent([20, true], [15, true], [2, true]), { maxMessages: 4 }), 6)
    assert.equal(nextIn(sent([58, true], [15, true], [2, true])), 6)
    assert.equal(nextIn(sent([5, true]), { maxMessages: 1 }), 55)
  })

  test('delays severe alerts at most four seconds, regardless of the window', () => {
    const recent = sent([20, true], [15, true], [2, true])
    assert.equal(nextIn(recent, { severeAgo: 0 }), 2)
    assert.equal(nextIn(recent, { severeAgo: 1 }), 2)
    assert.equal(nextIn(recent, { severeAgo: 3 }), 1)
  })

  test('collects for only a second before severe alerts, even with a maximum of one message', () => {
    assert.equal(nextIn(sent([0, true]), { maxMessages: 1, severeAgo: 0 }), 1)
    assert.equal(nextIn(sent([0, true]), { maxMessages: 1 }), 60)
  })

  test('counts single messages for ten seconds and merged ones for the window', () => {
    const recent = sent([60, true], [59, true], [30, false], [20, true], [10, false], [9, false])
    const question = { recent, perMs: PER_MS, maxMessages: 3, now: NOW }
    assert.equal(sentOfStorm(question), 3)
    assert.equal(sentOfStorm({ ...question, perMs: 1_000 }), 1)
    assert.equal(sentOfStorm({ ...question, perMs: 1_000, recent: sent([9, true]) }), 1)
  })

  test('continues as soon as its first message stops counting, single or merged', () => {
    assert.equal(nextIn(sent([20, true], [1, false], [0.5, false])), 9)
    assert.equal(nextIn(sent([20, true], [1, false], [0.5, false]), { maxMessages: 2 }), 9.5)
    assert.equal(nextIn(sent([20, true], [1, false], [0.5, false]), { maxMessages: 1 }), 40)
  })

  test('ends if nothing was merged for ten seconds', () => {
    const ongoing = (...seconds: Parameters<typeof sent>) =>
      isOngoing({ recent: sent(...seconds), perMs: PER_MS, maxMessages: 3, now: NOW })
    assert.equal(ongoing([9, true]), true)
    assert.equal(ongoing([30, true], [9, true], [1, false]), true)
    assert.equal(ongoing([10, true], [1, false]), false)
    assert.equal(ongoing(), false)
  })

  test('ignores messages from the future, after the clock was set back', () => {
    const recent = sent([-1, true], [-5, true], [-3_600, true])
    assert.equal(nextIn(recent), 0)
    assert.equal(sentOfStorm({ recent, perMs: PER_MS, maxMessages: 3, now: NOW }), 0)
    assert.equal(isOngoing({ recent, perMs: PER_MS, maxMessages: 3, now: NOW }), false)
    assert.equal(nextIn(sent([3, false], [2, true], [-1, true])), 6)
  })

  test('of ordinary alerts never sends more merged messages in a window than its maximum', () => {
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

  test('never delays a severe alert by more than four seconds', () => {
    const ages = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.boolean()), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(ages, fc.integer({ min: 1, max: 5 }), (each, maxMessages) => {
        const recent = sent(...each.sort((a, b) => b[0] - a[0]))
        assert.ok(nextIn(recent, { severeAgo: 0, maxMessages }) <= 4)
      }),
    )
  })
})
