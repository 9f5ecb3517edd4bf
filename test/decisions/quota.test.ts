import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Allowance, quotaAllows, reachedWarningPercent } from '../../src/decisions/quota.ts'

const MONTH = { now: new Date('2026-11-10T00:00:00Z'), end: new Date('2026-11-30T16:00:00Z') }
const LEFT_MS = MONTH.end.getTime() - MONTH.now.getTime()
const UNLIMITED = { used: 9_999, limit: undefined }

/** The interval between messages after `used` of a thousand calls; 0: none. */
function gapAfter(used: number, others: readonly Allowance[] = []): number {
  const decided = quotaAllows([...others, { used, limit: 1000 }], MONTH)
  if (decided.kind === 'open') return 0
  assert.ok(decided.kind === 'stretched', decided.kind)
  return decided.gapMs
}

describe('the month', () => {
  test('is open until half of it is used', () => {
    assert.deepEqual(quotaAllows([{ used: 0, limit: 1000 }], MONTH), { kind: 'open' })
    assert.deepEqual(quotaAllows([{ used: 499, limit: 1000 }], MONTH), { kind: 'open' })
    assert.deepEqual(quotaAllows([{ used: 500, limit: 1000 }], MONTH), { kind: 'open' })
  })

  test('is open without a limit', () => {
    assert.deepEqual(quotaAllows([UNLIMITED], MONTH), { kind: 'open' })
    assert.deepEqual(quotaAllows([], MONTH), { kind: 'open' })
  })

  test('spaces messages from seven tenths on, so that the ordinary calls last', () => {
    const needed = (used: number) => LEFT_MS / (900 - used)
    for (const used of [700, 800, 899]) assert.equal(gapAfter(used), needed(used))
  })

  test('phases the interval in evenly between half and seven tenths', () => {
    const parts = [501, 550, 600, 650, 699].map((used) => gapAfter(used) / (LEFT_MS / (900 - used)))
    const expected = [0.005, 0.25, 0.5, 0.75, 0.995]
    for (const [index, part] of parts.entries())
      assert.ok(Math.abs(part - (expected[index] as number)) < 1e-9, `${part}`)
  })

  test('never shortens the interval as more calls are used', () => {
    fc.assert(
      fc.property(fc.nat(899), fc.nat(899), (one, other) => {
        assert.ok(gapAfter(Math.min(one, other)) <= gapAfter(Math.max(one, other)))
      }),
    )
  })

  test('is open again at its end, even if a timer is late', () => {
    for (const lateMs of [0, 5_000]) {
      const now = new Date(MONTH.end.getTime() + lateMs)
      assert.deepEqual(quotaAllows([{ used: 800, limit: 1000 }], { ...MONTH, now }), {
        kind: 'open',
      })
    }
  })

  test('reserves its last tenth for severe alerts, then ends', () => {
    const kinds = [899, 900, 999, 1000, 1001].map(
      (used) => quotaAllows([{ used, limit: 1000 }], MONTH).kind,
    )
    assert.deepEqual(kinds, ['stretched', 'severe_only', 'severe_only', 'used_up', 'used_up'])
  })

  test('the stricter of several allowances counts, in any order', () => {
    const allowances = {
      open: { used: 10, limit: 1000 },
      unlimited: UNLIMITED,
      stretched: { used: 700, limit: 1000 },
      severe_only: { used: 950, limit: 1000 },
      used_up: { used: 3000, limit: 3000 },
    }
    const kindOf = (...names: (keyof typeof allowances)[]) =>
      quotaAllows(
        names.map((name) => allowances[name]),
        MONTH,
      ).kind
    for (const others of [['open'], ['unlimited'], ['open', 'stretched']] as const)
      for (const strict of ['stretched', 'severe_only', 'used_up'] as const) {
        assert.equal(kindOf(...others, strict), strict)
        assert.equal(kindOf(strict, ...others), strict)
      }
    assert.equal(kindOf('severe_only', 'used_up'), 'used_up')
    assert.equal(kindOf('used_up', 'severe_only'), 'used_up')
  })

  test('the longest interval of several allowances applies', () => {
    const other = { used: 600, limit: 1000 }
    assert.equal(gapAfter(800, [other, UNLIMITED]), gapAfter(800))
    assert.equal(gapAfter(550, [other, UNLIMITED]), gapAfter(600))
  })

  test('the highest warning percentage reached is returned', () => {
    const reached = (used: number) => reachedWarningPercent({ used, limit: 1000 })
    assert.deepEqual(
      [499, 500, 799, 800, 949, 950, 999, 1000, 2000].map(reached),
      [0, 50, 50, 80, 80, 95, 95, 100, 100],
    )
    assert.equal(reachedWarningPercent(UNLIMITED), 0)
  })
})
