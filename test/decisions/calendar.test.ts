import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { calendarOf } from '../../src/decisions/calendar.ts'

/** The calendar with its instants as texts. */
function textsOf(instant: string, timezone: string): Record<string, string> {
  return JSON.parse(JSON.stringify(calendarOf(new Date(instant), timezone)))
}

describe('the calendar', () => {
  test('hours, days and months are those of the time zone', () =>
    assert.deepEqual(textsOf('2026-11-30T16:20:00Z', 'Asia/Shanghai'), {
      hourStart: '2026-11-30T16:00:00.000Z',
      hourEnd: '2026-11-30T17:00:00.000Z',
      dayStart: '2026-11-30T16:00:00.000Z',
      dayEnd: '2026-12-01T16:00:00.000Z',
      month: '2026-12',
      monthEnd: '2026-12-31T16:00:00.000Z',
    }))

  test('an instant on a boundary belongs to the period that begins there', () => {
    const before = textsOf('2026-12-31T15:59:59.999Z', 'Asia/Shanghai')
    const after = textsOf('2026-12-31T16:00:00.000Z', 'Asia/Shanghai')
    assert.deepEqual([before.month, after.month], ['2026-12', '2027-01'])
    for (const unit of ['hour', 'day']) assert.equal(before[`${unit}End`], after[`${unit}Start`])
    assert.equal(before.monthEnd, '2026-12-31T16:00:00.000Z')
  })

  test('in a zone with a half-hour offset, hours begin at its own full hour', () => {
    const { hourStart, hourEnd } = textsOf('2026-11-24T04:45:00Z', 'Asia/Kolkata')
    assert.deepEqual([hourStart, hourEnd], ['2026-11-24T04:30:00.000Z', '2026-11-24T05:30:00.000Z'])
  })

  test('a day on which the clock changes has 25 hours or 23', () => {
    const hours = (instant: string) => {
      const { dayStart, dayEnd } = calendarOf(new Date(instant), 'Europe/Berlin')
      return (dayEnd.getTime() - dayStart.getTime()) / 3_600_000
    }
    assert.deepEqual([hours('2026-10-25T12:00:00Z'), hours('2026-03-29T12:00:00Z')], [25, 23])
  })
})
