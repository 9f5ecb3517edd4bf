import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'

const TOLD_AT = new Date('2026-11-24T00:00:00Z')
const EVERY_MS = 600_000
const PAST: NonNullable<Parameters<typeof reasonToSuppress>[1]> = {
  status: 'firing',
  fingerprint: 'a',
  firingAt: TOLD_AT,
  resolvedAt: undefined,
  dead: false,
}

function reason(
  arrival: Partial<{ fingerprint: string; status: 'firing' | 'resolved'; everyMs: number }>,
  past: Partial<Parameters<typeof reasonToSuppress>[1]> | undefined,
  afterMs: number,
): string | undefined {
  return reasonToSuppress(
    { fingerprint: 'a', status: 'firing', everyMs: EVERY_MS, ...arrival },
    past === undefined ? undefined : { ...PAST, ...past },
    new Date(TOLD_AT.getTime() + afterMs),
  )
}

describe('aggregation', () => {
  test('the first alert is told', () => assert.equal(reason({}, undefined, 0), undefined))

  test('the same alert is suppressed until the period is over', () => {
    assert.equal(reason({}, {}, 1), 'aggregated')
    assert.equal(reason({}, {}, EVERY_MS - 1), 'aggregated')
    assert.equal(reason({}, {}, EVERY_MS), undefined)
  })

  test('a change of status is told at once', () => {
    assert.equal(reason({ status: 'resolved' }, {}, 1), undefined)
    const resolved = { status: 'resolved' as const, resolvedAt: TOLD_AT }
    assert.equal(reason({ status: 'firing' }, resolved, 1), undefined)
  })

  test('nothing is suppressed when aggregation is off', () =>
    assert.equal(reason({ everyMs: 0 }, {}, 1), undefined))

  test('an alert whose last message is dead is told again', () =>
    assert.equal(reason({}, { dead: true }, 1), undefined))

  test('another alert of the same group is told with it, once a period and status', () => {
    assert.equal(reason({ fingerprint: 'b' }, {}, 1), 'aggregated')
    assert.equal(reason({ fingerprint: 'b', status: 'resolved' }, {}, 1), undefined)
    const both = { status: 'resolved' as const, resolvedAt: TOLD_AT }
    assert.equal(reason({ fingerprint: 'b', status: 'resolved' }, both, 1), 'aggregated')
    assert.equal(reason({ fingerprint: 'b', status: 'firing' }, both, 1), 'aggregated')
  })

  test('a clock that was set back does not silence an alert for longer than the period', () => {
    assert.equal(reason({}, {}, -3_600_000), undefined)
    assert.equal(reason({}, {}, -1_000), 'aggregated')
  })
})
