import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createFrameState } from '../../src/console/frame-state.ts'
import type { PageSources } from '../../src/console/page.ts'
import type { Overview } from '../../src/reporting/overview.ts'

const START = Date.parse('2026-11-24T04:00:00Z')

/** An overview whose only content is the number of failed messages. */
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
    removed: { count: 0, oldest: undefined },
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

describe('the state that the layout shows', () => {
  test('is read anew for a page with the numbers of the overview', async () => {
    const { state, of } = frame()
    assert.notEqual((await of(true)).mood, 'bad')
    state.failed = 1
    assert.equal((await of(true)).mood, 'bad')
  })

  test('for other pages is read at most once in fifteen seconds', async () => {
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
    // Pages without the numbers use the state that a page with the numbers has read.
    state.failed = 0
    await of(true)
    assert.notEqual((await of(false)).mood, 'bad')
    assert.equal(state.read, 3)
    // After the clock was set back, the state is read again.
    state.nowMs -= 60_000
    await of(false)
    assert.equal(state.read, 4)
  })

  test('contains the time of numbers that were read for an earlier request', async () => {
    const { state, of } = frame()
    assert.equal((await of(true)).isCached, false)
    state.cachedAt = new Date(START - 400)
    const { asOf, isCached } = await of(true)
    assert.deepEqual([asOf, isCached], [state.cachedAt, true])
    assert.equal((await of(false)).isCached, false)
  })

  test('is bad if the overview cannot be read', async () => {
    const { state, of } = frame()
    state.fails = true
    assert.equal((await of(true)).mood, 'bad')
    assert.equal((await of(false)).mood, 'bad')
  })
})
