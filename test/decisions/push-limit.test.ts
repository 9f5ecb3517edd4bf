import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isExempt, opensAt } from '../../src/decisions/push-limit.ts'

const HOUR_END = new Date('2026-11-24T05:00:00Z')
const DAY_END = new Date('2026-11-24T16:00:00Z')

/** When the limits open again after these numbers of messages. */
function opensAfter(
  [thisHour, today]: [thisHour: number, today: number],
  { hour, day }: { hour?: number; day?: number },
): Date | undefined {
  const pushed = {
    messagesThisHour: thisHour,
    messagesToday: today,
    hourEnd: HOUR_END,
    dayEnd: DAY_END,
  }
  return opensAt({ hour, day, pass: [] }, pushed)
}

describe('push limits', () => {
  test('a limit by the hour is closed from its last message to the end of the hour', () => {
    assert.equal(opensAfter([4, 4], { hour: 5 }), undefined)
    assert.deepEqual(opensAfter([5, 5], { hour: 5 }), HOUR_END)
    assert.deepEqual(opensAfter([6, 6], { hour: 5 }), HOUR_END)
  })

  test('a limit by the day is closed from its last message to the end of the day', () => {
    assert.equal(opensAfter([49, 49], { day: 50 }), undefined)
    assert.deepEqual(opensAfter([1, 50], { day: 50 }), DAY_END)
    assert.deepEqual(opensAfter([1, 51], { day: 50 }), DAY_END)
  })

  test('with both limits closed the later end applies', () => {
    const both = { hour: 5, day: 50 }
    assert.equal(opensAfter([4, 49], both), undefined)
    assert.deepEqual(opensAfter([5, 49], both), HOUR_END)
    assert.deepEqual(opensAfter([4, 50], both), DAY_END)
    assert.deepEqual(opensAfter([5, 50], both), DAY_END)
  })

  test('a channel without limits is never closed', () => {
    const pushed = {
      messagesThisHour: 900,
      messagesToday: 9_000,
      hourEnd: HOUR_END,
      dayEnd: DAY_END,
    }
    assert.equal(opensAt(undefined, pushed), undefined)
    assert.equal(opensAfter([900, 9_000], {}), undefined)
  })

  test('a closed limit does not hold back the levels that the channel names', () => {
    const passing = (pass: readonly (1 | 2)[]) =>
      ([1, 2, 3, 4, 5] as const).filter((level) =>
        isExempt({ hour: 5, day: undefined, pass }, level),
      )
    assert.deepEqual(passing([1, 2]), [1, 2])
    assert.deepEqual(passing([2]), [2])
    assert.deepEqual(passing([]), [])
  })

  test('without limits no level is held back', () =>
    assert.ok(([1, 2, 3, 4, 5] as const).every((level) => isExempt(undefined, level))))
})
