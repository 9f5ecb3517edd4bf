import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { DateTime } from 'luxon'
import { onCallAt } from '../../src/decisions/oncall.ts'
import type { Rota } from '../../src/model/people.ts'

const DAY_MS = 86_400_000
const WEEKLY: Rota = {
  turns: [['zhang'], ['li', 'wang']],
  everyMs: 7 * DAY_MS,
  from: '2026-11-30T09:00',
  timezone: 'Asia/Shanghai',
  overrides: [],
}

function at(text: string, zone = 'Asia/Shanghai'): Date {
  return DateTime.fromISO(text, { zone }).toJSDate()
}

function override(from: string, to: string, people: string[]) {
  return { from: at(from), to: at(to), people }
}

describe('who is on call', () => {
  test('changes at the handover, may be several people, and starts over after the last turn', () => {
    const people = (text: string) => onCallAt(WEEKLY, at(text)).people
    assert.deepEqual(people('2026-11-30T09:00'), ['zhang'])
    assert.deepEqual(people('2026-12-07T08:59:59'), ['zhang'])
    assert.deepEqual(people('2026-12-07T09:00'), ['li', 'wang'])
    assert.deepEqual(people('2026-12-14T09:00'), ['zhang'])
  })

  test('is defined before the first turn too, counted backwards', () => {
    assert.deepEqual(onCallAt(WEEKLY, at('2026-11-30T08:59')).people, ['li', 'wang'])
    assert.deepEqual(onCallAt(WEEKLY, at('2026-11-17T00:00')).people, ['zhang'])
  })

  test('includes who is next, and when', () => {
    assert.deepEqual(onCallAt(WEEKLY, at('2026-12-01T00:00')).next, {
      at: at('2026-12-07T09:00'),
      people: ['li', 'wang'],
    })
    const alone = { ...WEEKLY, turns: [['zhang']] }
    assert.equal(onCallAt(alone, at('2026-12-01T00:00')).next, undefined)
    const same = { ...WEEKLY, turns: [['li', 'wang'], ['wang', 'li'], ['zhang']] }
    assert.deepEqual(onCallAt(same, at('2026-12-01T00:00')).next?.at, at('2026-12-14T09:00'))
  })

  test("is the override's person while it lasts; the last one listed wins", () => {
    const rota = {
      ...WEEKLY,
      overrides: [
        override('2026-12-02T09:00', '2026-12-05T09:00', ['chen']),
        override('2026-12-03T09:00', '2026-12-04T09:00', ['zhao']),
      ],
    }
    const people = (text: string) => onCallAt(rota, at(text)).people.join()
    assert.equal(people('2026-12-02T08:59'), 'zhang')
    assert.equal(people('2026-12-02T09:00'), 'chen')
    assert.equal(people('2026-12-03T12:00'), 'zhao')
    assert.equal(people('2026-12-04T09:00'), 'chen')
    assert.equal(people('2026-12-05T09:00'), 'zhang')
    assert.deepEqual(onCallAt(rota, at('2026-12-01T00:00')).next, {
      at: at('2026-12-02T09:00'),
      people: ['chen'],
    })
    assert.deepEqual(onCallAt(rota, at('2026-12-04T10:00')).next?.at, at('2026-12-05T09:00'))
  })

  test('an override longer than many turns needs no search turn by turn: the next change is its end', () => {
    const rota = {
      ...WEEKLY,
      everyMs: 60_000,
      overrides: [override('2026-01-01T00:00', '2036-01-01T00:00', ['chen'])],
    }
    assert.deepEqual(onCallAt(rota, at('2026-06-01T00:00')).next?.at, at('2036-01-01T00:00'))
  })

  test('a handover keeps its hour when daylight saving time changes', () => {
    const rota = { ...WEEKLY, everyMs: DAY_MS, from: '2026-03-01T09:00', timezone: 'Europe/Berlin' }
    for (const day of ['2026-03-28', '2026-03-29', '2026-03-30', '2026-10-24', '2026-10-25']) {
      const before = onCallAt(rota, at(`${day}T08:59:59`, 'Europe/Berlin')).people
      const after = onCallAt(rota, at(`${day}T09:00`, 'Europe/Berlin')).people
      assert.notDeepEqual(before, after, day)
    }
    const shifts = { ...rota, everyMs: DAY_MS / 2 }
    assert.deepEqual(
      onCallAt(shifts, at('2026-03-29T01:00', 'Europe/Berlin')).next?.at,
      at('2026-03-29T09:00', 'Europe/Berlin'),
    )
  })

  test('a handover in a skipped hour is after it; in a repeated hour there is only one', () => {
    const rota = { ...WEEKLY, everyMs: DAY_MS, from: '2026-03-01T02:30', timezone: 'Europe/Berlin' }
    assert.equal(
      onCallAt(rota, new Date('2026-03-29T00:30:00Z')).next?.at.toISOString(),
      '2026-03-29T01:30:00.000Z',
    )
    const first = onCallAt(rota, new Date('2026-10-24T12:00:00Z')).next
    assert.equal(first?.at.toISOString(), '2026-10-25T00:30:00.000Z')
    const second = onCallAt(rota, first?.at as Date).next
    assert.equal(second?.at.toISOString(), '2026-10-26T01:30:00.000Z')
  })

  const rotas = fc.record({
    turns: fc.array(
      fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 }),
      { minLength: 1, maxLength: 5 },
    ),
    everyMs: fc.integer({ min: 1, max: 24 * 21 }).map((hours) => hours * 3_600_000),
    from: fc.constantFrom('2026-11-30T09:00', '2024-03-31T02:30', '2025-11-02T01:30'),
    timezone: fc.constantFrom(
      'Asia/Shanghai',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
      'UTC',
    ),
    overrides: fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 1, max: 300 }))
        .map(([from, hours]) => {
          const begin = Date.UTC(2026, 0, 1) + from * 6 * 3_600_000
          return {
            from: new Date(begin),
            to: new Date(begin + hours * 3_600_000),
            people: ['override'],
          }
        }),
      { maxLength: 4 },
    ),
  })
  const instants = fc
    .integer({ min: Date.UTC(2023, 0, 1), max: Date.UTC(2029, 0, 1) })
    .map((ms) => new Date(ms))

  test('at every instant somebody is on call, until the next reported change', () =>
    fc.assert(
      fc.property(rotas, instants, (rota, now) => {
        const { people, next } = onCallAt(rota, now)
        assert.ok(people.length > 0)
        if (next === undefined) return
        assert.ok(next.at > now)
        const justBefore = onCallAt(rota, new Date(next.at.getTime() - 1))
        assert.deepEqual([...justBefore.people].sort(), [...people].sort())
        assert.deepEqual(onCallAt(rota, next.at).people, next.people)
      }),
      { numRuns: 500 },
    ))

  test('each person has equally many turns, over years and clock changes', () =>
    fc.assert(
      fc.property(rotas, (rota) => {
        const own = { ...rota, overrides: [], turns: rota.turns.map((_, index) => [`${index}`]) }
        if (own.turns.length === 1) return
        let now = new Date(Date.UTC(2026, 2, 1))
        let last = Number(onCallAt(own, now).people[0])
        for (let turn = 0; turn < 60; turn += 1) {
          const { next } = onCallAt(own, now)
          assert.ok(next !== undefined)
          const then = Number(next.people[0])
          assert.equal(then, (last + 1) % own.turns.length)
          last = then
          now = next.at
        }
      }),
      { numRuns: 100 },
    ))
})
