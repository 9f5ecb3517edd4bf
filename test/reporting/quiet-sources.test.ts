import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quietSources } from '../../src/reporting/quiet-sources.ts'
import type { SourceActivity } from '../../src/stores/queries.ts'

const NOW = new Date('2026-11-24T04:00:00Z')
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ago = (ms: number): Date => new Date(NOW.getTime() - ms)

/** `count` requests, the last of them `lastMs` ago, each `everyMs` after the one before. */
function came(
  count: number,
  { everyMs, lastMs, heartbeat }: { everyMs: number; lastMs: number; heartbeat?: string },
): SourceActivity {
  const first = ago(lastMs + (count - 1) * everyMs)
  return { source: 'alertmanager', heartbeat, count, first, last: ago(lastMs) }
}

const kinds = (...activity: SourceActivity[]): string[] =>
  quietSources(activity, NOW).map(({ kind }) => kind)

describe('a source that sends nothing', () => {
  test('is certainly silent if its heartbeat is missing', () => {
    const beats = came(10, { everyMs: 5 * MINUTE, lastMs: 21 * MINUTE, heartbeat: 'Watchdog' })
    const requests = came(30, { everyMs: 5 * MINUTE, lastMs: 21 * MINUTE })
    assert.deepEqual(quietSources([requests, beats], NOW), [
      {
        ...{ kind: 'heartbeat_missing', source: 'alertmanager', name: 'Watchdog' },
        ...{ everyMs: 5 * MINUTE, since: ago(21 * MINUTE) },
      },
    ])
  })

  test('is not silent while a heartbeat may only be late, was seen twice, or comes rarely', () => {
    for (const [count, everyMs, lastMs] of [
      [10, 5 * MINUTE, 19 * MINUTE],
      [10, MINUTE, 14 * MINUTE],
      [2, MINUTE, 2 * HOUR],
      [5, 4 * HOUR, 15 * HOUR],
    ] as const) {
      const beats = came(count, { everyMs, lastMs, heartbeat: 'Watchdog' })
      assert.deepEqual(kinds(came(count, { everyMs, lastMs }), beats), [])
    }
  })

  test('is not silent while other alerts arrive: its heartbeat was sent elsewhere', () => {
    const beats = came(10, { everyMs: MINUTE, lastMs: 3 * HOUR, heartbeat: 'Watchdog' })
    assert.deepEqual(kinds(came(200, { everyMs: MINUTE, lastMs: MINUTE }), beats), [])
  })

  test('is quiet without a heartbeat after many usual intervals, and at least six hours', () => {
    assert.deepEqual(kinds(came(100, { everyMs: MINUTE, lastMs: 5 * HOUR })), [])
    assert.deepEqual(kinds(came(100, { everyMs: MINUTE, lastMs: 7 * HOUR })), ['quiet'])
    assert.deepEqual(kinds(came(100, { everyMs: HOUR, lastMs: 19 * HOUR })), [])
    assert.deepEqual(kinds(came(100, { everyMs: HOUR, lastMs: 21 * HOUR })), ['quiet'])
  })

  test('is not quiet if it sent few requests before', () => {
    assert.deepEqual(kinds(came(19, { everyMs: MINUTE, lastMs: 40 * HOUR })), [])
    assert.deepEqual(kinds(), [])
  })

  test('is judged independently of other sources', () => {
    const ocp = { ...came(100, { everyMs: MINUTE, lastMs: 0 }), source: 'ocp' as const }
    const alertmanager = came(100, { everyMs: MINUTE, lastMs: 7 * HOUR })
    assert.deepEqual(
      quietSources([ocp, alertmanager], NOW).map(({ source }) => source),
      ['alertmanager'],
    )
  })
})
