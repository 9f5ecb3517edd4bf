import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { endOfSilence } from '../../src/decisions/silence-until.ts'

const NOW = new Date('2026-11-28T20:00:00Z')
const ZONE = 'Asia/Shanghai'

function end(length: Parameters<typeof endOfSilence>[0], zone = ZONE): string {
  const found = endOfSilence(length, NOW, zone)
  return 'wrong' in found ? found.wrong : found.until.toISOString()
}

describe('the end of a silence', () => {
  test('is some minutes away, or the next morning at nine in the time zone', () => {
    assert.equal(end({ kind: 'minutes', minutes: 30 }), '2026-11-28T20:30:00.000Z')
    // In Shanghai it is already the 29th.
    assert.equal(end({ kind: 'tomorrow' }), '2026-11-30T01:00:00.000Z')
    assert.equal(end({ kind: 'tomorrow' }, 'UTC'), '2026-11-29T09:00:00.000Z')
  })

  test('is the wall-clock time that a person chose', () => {
    assert.equal(end({ kind: 'until', wallTime: '2026-12-01T09:30' }), '2026-12-01T01:30:00.000Z')
    assert.equal(end({ kind: 'until', wallTime: '2026-11-29T03:00' }), 'past')
    assert.equal(end({ kind: 'until', wallTime: '2027-01-01T00:00' }), 'too_long')
    for (const wallTime of ['', 'soon', '2026-02-30T00:00', '2026-12-01'])
      assert.equal(end({ kind: 'until', wallTime }), 'unreadable', wallTime)
  })

  test('for a mute until recovery is at most 30 days away', () =>
    assert.equal(end({ kind: 'recovery' }), '2026-12-28T20:00:00.000Z'))
})
