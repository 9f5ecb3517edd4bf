import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFrameState } from '../../src/console/frame-state.ts'
import type { PageSources } from '../../src/console/page.ts'
import type { Overview } from '../../src/reporting/overview.ts'

const START = Date.parse('2026-11-24T04:00:00Z')

/** An overview with nothing to say but how many messages have failed. */
function overviewOf(failed: number, now: Date): Overview {
  return {
    now,
    robots: [],
    channels: [],
    waiting: 0,
    waitingSevere: 0,
    quiet: [],
    quota: { used: 0, limit: undefined },
    failed: { count: failed, severe: 0, oldest: failed > 0 ? now : undefined },
    hour: [],
    onCall: [],
  } as unknown as Overview
}

function frame() {
  const state = {
    nowMs: START,
    failed: 0,
    read: 0,
    cachedAt: undefined as Date | undefined,
    fails: false,
  }
  const facts: Pick<PageSources, 'overview' | 'refused' | 'now'> = {
    now: () => new Date(state.nowMs),
    refused: () => undefined,
    overview: async () => {
      state.read += 1
      if (state.fails) throw new Error('the store is unavailable')
      return overviewOf(state.failed, state.cachedAt ?? new Date(state.nowMs))
    },
  }
  return { state, of: createFrameState(facts) }
}

describe('the state of the frame', () => {
  test('is bad as soon as a page with the numbers is asked for', async () => {
    const { state, of } = frame()
    assert.notEqual((await of(true)).mood, 'bad')
    state.failed = 1
    assert.equal((await of(true)).mood, 'bad')
  })

  test('of other pages is read at most once in fifteen seconds, and then again', async () => {
    const { state, of } = frame()
    await of(false)
    state.failed = 1
    state.nowMs += 14_000
    const soon = await of(false)
    assert.deepEqual(
      [soon.mood === 'bad', soon.asOf.getTime(), state.read],
      [false, state.nowMs, 1],
    )
    state.nowMs += 1_500
    assert.equal((await of(false)).mood, 'bad')
    // What a page with the numbers has read is known to the others.
    state.failed = 0
    await of(true)
    assert.notEqual((await of(false)).mood, 'bad')
    assert.equal(state.read, 3)
    // A clock that was set back does not keep it for ever.
    state.nowMs -= 60_000
    await of(false)
    assert.equal(state.read, 4)
  })

  test('says from when numbers are that were read for somebody else', async () => {
    const { state, of } = frame()
    assert.equal((await of(true)).isCached, false)
    state.cachedAt = new Date(START - 400)
    const { asOf, isCached } = await of(true)
    assert.deepEqual([asOf, isCached], [state.cachedAt, true])
    assert.equal((await of(false)).isCached, false)
  })

  test('is bad where nothing can be read', async () => {
    const { state, of } = frame()
    state.fails = true
    assert.equal((await of(true)).mood, 'bad')
    assert.equal((await of(false)).mood, 'bad')
  })
})
