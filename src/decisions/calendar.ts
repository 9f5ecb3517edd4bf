import { DateTime } from 'luxon'

/** The calendar hour, day and month of an instant in a time zone. */
export interface Calendar {
  hourStart: Date
  hourEnd: Date
  dayStart: Date
  dayEnd: Date
  /** Such as 2026-11. */
  month: string
  monthEnd: Date
}

export function calendarOf(now: Date, timezone: string): Calendar {
  const local = DateTime.fromJSDate(now, { zone: timezone })
  const hour = local.startOf('hour')
  const day = local.startOf('day')
  const month = local.startOf('month')
  return {
    hourStart: hour.toJSDate(),
    hourEnd: hour.plus({ hours: 1 }).toJSDate(),
    dayStart: day.toJSDate(),
    dayEnd: day.plus({ days: 1 }).toJSDate(),
    month: month.toFormat('yyyy-MM'),
    monthEnd: month.plus({ months: 1 }).toJSDate(),
  }
}
