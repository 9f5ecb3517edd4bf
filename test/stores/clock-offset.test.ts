import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClockOffset } from '../../src/stores/postgres/clock-offset.ts'

describe('the offset to the database’s clock', () => {
  test('stays 0 while equal clocks are possible by the readings', () => {
    const offset = new ClockOffset()
    assert.equal(offset.measured({ sent: 1_000, there: 1_000, back: 1_000 }), 0)
    assert.equal(offset.measured({ sent: 2_000, there: 2_001, back: 2_003 }), 0)
    assert.equal(offset.ms, 0)
  })

  test('is as accurate as the fastest reply, regardless of slower ones', () => {
    const offset = new ClockOffset()
    offset.measured({ sent: 1_000, there: 61_050, back: 1_100 })
    assert.ok(Math.abs(offset.ms - 60_000) <= 52)
    offset.measured({ sent: 2_000, there: 62_001, back: 2_002 })
    assert.ok(Math.abs(offset.ms - 60_000) <= 2)
    const exact = offset.ms
    // A reading with a minute between request and reply gives no information.
    assert.equal(offset.measured({ sent: 3_000, there: 63_000, back: 63_000 }), 0)
    assert.equal(offset.ms, exact)
  })

  test('follows a clock that was set, and reports the change', () => {
    const offset = new ClockOffset()
    offset.measured({ sent: 1_000, there: 1_000, back: 1_001 })
    const moved = offset.measured({ sent: 2_000, there: 7_000, back: 2_001 })
    assert.ok(Math.abs(moved - 5_000) <= 2)
    offset.shift(5_000)
    assert.ok(Math.abs(offset.ms) <= 2)
  })
})
