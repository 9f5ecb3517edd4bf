import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Bucket,
  HistoryCache,
  RANGES,
  type RangeName,
  totalsOf,
} from '../../src/reporting/history.ts'
import { cellsOf, chartBuckets } from '../../src/reporting/timeline.ts'
import type {
  AlertCount,
  AlertOutcome,
  HistoryCounts,
  TimeRange,
} from '../../src/stores/queries.ts'

const NOW = new Date('2026-11-24T04:30:10Z')
const MINUTE = 60_000

function counted(outcome: AlertOutcome, count: number): AlertCount {
  return { source: 'ocp', channel: 'ops', outcome, reason: '', count }
}

const NOTHING: HistoryCounts = { alerts: [], attempts: [] }

/** A store that returns counts by the start of the range, and records its queries. */
function asking(answer: (from: Date) => HistoryCounts = () => NOTHING) {
  const asked: TimeRange[] = []
  const state: { actedAt: Date | undefined } = { actedAt: undefined }
  const store = {
    history: async (range: TimeRange) => {
      asked.push(range)
      return answer(range.from)
    },
  }
  const past = new HistoryCache({ store, actedAt: () => state.actedAt })
  const starts = (): string[] => asked.splice(0).map(({ from }) => from.toISOString().slice(11, 16))
  return { past, asked, starts, state }
}

describe('the history', () => {
  test('counts a minute once it is over, and only once', async () => {
    const { past, starts } = asking()
    assert.equal((await past.buckets('1h', NOW)).length, 60)
    assert.equal(starts().length, 60)
    await past.buckets('1h', NOW)
    assert.deepEqual(starts(), ['04:28', '04:29', '04:30'])
    await past.buckets('1h', new Date('2026-11-24T04:31:50Z'))
    assert.deepEqual(starts(), ['04:28', '04:29', '04:30', '04:31'])
  })

  for (const range of Object.keys(RANGES) as RangeName[])
    test(`has exactly one bucket for each instant of ${range}, up to now`, async () => {
      const { past } = asking()
      const buckets = await past.buckets(range, NOW)
      for (const [index, { at }] of buckets.entries())
        if (index > 0) assert.deepEqual(at, buckets[index - 1]?.until)
      const last = buckets.at(-1) as Bucket
      assert.ok(last.at <= NOW && NOW < last.until)
    })

  test('counts a bucket again while some of its alerts wait, however old it is', async () => {
    const { past, starts } = asking((from) => ({
      ...NOTHING,
      alerts: from.toISOString().includes('T03:45') ? [counted('waiting', 1)] : [],
    }))
    await past.buckets('1h', NOW)
    starts()
    await past.buckets('1h', NOW)
    assert.deepEqual(starts(), ['03:45', '04:28', '04:29', '04:30'])
  })

  test('counts failed alerts again after a person acted, or after another process may have sent them', async () => {
    const { past, starts, state } = asking((from) => ({
      ...NOTHING,
      alerts: from.toISOString().includes('T03:45') ? [counted('failed', 1)] : [],
    }))
    const at = (ms: number): Date => new Date(NOW.getTime() + ms)
    const asksAgain = async (ms: number): Promise<boolean> => {
      await past.buckets('1h', at(ms))
      return starts().includes('03:45')
    }
    assert.equal(await asksAgain(0), true)
    assert.equal(await asksAgain(1_000), false)
    state.actedAt = at(2_000)
    assert.equal(await asksAgain(3_000), true)
    assert.equal(await asksAgain(4_000), false)
    assert.equal(await asksAgain(6 * MINUTE), true)
  })

  test('sums the current hour from its minutes, which are cached', async () => {
    const { past, asked } = asking(() => ({ ...NOTHING, alerts: [counted('delivered', 2)] }))
    await past.buckets('1h', NOW)
    asked.length = 0
    const days = await past.buckets('7d', NOW)
    assert.equal(totalsOf(days.at(-1)?.alerts ?? []).received, 31 * 2)
    assert.equal(asked.filter(({ from }) => from >= new Date('2026-11-24T04:00:00Z')).length, 3)
    asked.length = 0
    await past.buckets('7d', NOW)
    assert.equal(asked.length, 3)
  })

  test('drops buckets that are no longer over after the clock was set back', async () => {
    const { past, starts } = asking()
    await past.buckets('1h', NOW)
    starts()
    await past.buckets('1h', new Date(NOW.getTime() - 10 * MINUTE))
    assert.ok(starts().includes('04:19'))
  })

  test('a failed query fails the request, and the next request repeats it', async () => {
    const state = { fails: true }
    const past = new HistoryCache({
      store: {
        history: async () => {
          if (state.fails) throw new Error('disk')
          return NOTHING
        },
      },
    })
    await assert.rejects(past.buckets('1h', NOW), /disk/)
    state.fails = false
    assert.equal((await past.buckets('1h', NOW)).length, 60)
  })
})

describe('the timeline', () => {
  const bucket = (index: number, results: string[] = [], alerts: AlertCount[] = []): Bucket => ({
    at: new Date(NOW.getTime() + index * MINUTE),
    until: new Date(NOW.getTime() + (index + 1) * MINUTE),
    alerts,
    attempts: results.map((result) => ({ robot: 'a', result, count: 1 })),
  })
  const robot = { name: 'a', penaltyMs: 3 * MINUTE, pause: undefined }

  test('a column is the sum of its four parts', () => {
    const all = (['delivered', 'waiting', 'failed', 'suppressed'] as const).map((each, index) =>
      counted(each, index + 1),
    )
    const [column] = chartBuckets([bucket(0, [], all)], [])
    assert.deepEqual(column, {
      ...column,
      ...{ delivered: 1, waiting: 2, failed: 3, suppressed: 4, received: 10 },
    })
  })

  test('a throttle reply pauses for the penalty, or until a later call is not throttled', () => {
    const shown = (results: string[][]): string =>
      cellsOf(
        results.map((each, index) => bucket(index, each)),
        robot,
      )
        .map(({ kind }) => kind)
        .join(' ')
    assert.equal(
      shown([['ok'], ['ok', 'throttled'], [], [], []]),
      'accepted paused paused paused idle',
    )
    assert.equal(shown([['throttled'], ['ok'], []]), 'paused accepted idle')
  })

  test('a pause that is in force covers the minutes since it began', () => {
    const pause = { since: bucket(1).at, until: bucket(9).at }
    const buckets = [bucket(0), bucket(1), bucket(2)]
    assert.deepEqual(
      cellsOf(buckets, { ...robot, pause }).map(({ kind }) => kind),
      ['idle', 'paused', 'paused'],
    )
    assert.deepEqual(
      chartBuckets(buckets, [{ ...robot, pause }]).map(({ paused }) => paused),
      [[], ['a'], ['a']],
    )
  })

  test('a minute has the kind of its worst attempt, and ignores other robots', () => {
    const kinds = [['ok', 'token'], ['content'], ['ok', 'timeout'], ['throttled', 'token']].map(
      (results) => cellsOf([bucket(0, results)], robot)[0]?.kind,
    )
    assert.deepEqual(kinds, ['refused', 'refused', 'retried', 'refused'])
    assert.equal(cellsOf([bucket(0, ['token'])], { ...robot, name: 'b' })[0]?.kind, 'idle')
  })
})
