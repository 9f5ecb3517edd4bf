import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { calendarOf } from '../../src/decisions/calendar.ts'
import { coalesce } from '../../src/decisions/coalesce.ts'
import { mentionFor } from '../../src/decisions/mention.ts'
import { opensAt, passes } from '../../src/decisions/push-limit.ts'
import { markReached, quotaAllows } from '../../src/decisions/quota.ts'
import { channelsFor, matches } from '../../src/decisions/route.ts'
import type { Matcher } from '../../src/model/matcher.ts'

const critical: Matcher = { kind: 'equals', name: 'alarm_level', negated: false, value: 'Critical' }
const notCritical: Matcher = { ...critical, negated: true }
const severe: Matcher = {
  kind: 'matches',
  name: 'alarm_level',
  negated: false,
  pattern: { source: 'Down|Critical', matches: (text) => /^(?:Down|Critical)$/.test(text) },
}
const noCluster: Matcher = { kind: 'equals', name: 'ob_cluster', negated: false, value: '' }

describe('matchers and routes', () => {
  const subject = { variables: { alarm_level: '严重', app: 'x' }, level: 2 as const }

  test('alarm_level is compared as a level, whatever word the alert used', () => {
    assert.ok(matches([critical], subject))
    assert.ok(matches([severe], subject))
    assert.ok(!matches([notCritical], subject))
    assert.ok(!matches([critical], { ...subject, level: 3 }))
  })

  test('a missing variable is the empty text, and all matchers must hold', () => {
    assert.ok(matches([noCluster, critical], subject))
    assert.ok(!matches([noCluster], { ...subject, variables: { ob_cluster: 'c' } }))
    assert.ok(matches([], subject))
  })

  test('the first route that matches is taken', () => {
    const routes = [
      { matchers: [notCritical], channels: ['wait'] },
      { matchers: [critical], channels: ['a', 'b'] },
      { matchers: [], channels: ['last'] },
    ]
    assert.deepEqual(channelsFor(routes, subject), ['a', 'b'])
    assert.deepEqual(channelsFor(routes.slice(0, 1), subject), [])
  })

  test('a message takes the mentions of every rule that one of its alerts matches, each once', () => {
    const mention = {
      mobiles: ['1'],
      users: [],
      all: false,
      rules: [
        { matchers: [critical], mobiles: ['2', '1'], users: ['u'], all: false },
        { matchers: [notCritical], mobiles: ['3'], users: [], all: true },
      ],
    }
    assert.deepEqual(mentionFor(mention, [subject]), {
      mobiles: ['1', '2'],
      users: ['u'],
      all: false,
    })
    const both = mentionFor(mention, [subject, { ...subject, level: 5 }])
    assert.deepEqual(both, { mobiles: ['1', '2', '3'], users: ['u'], all: true })
  })
})

describe('coalescing', () => {
  const row = (id: number, fingerprint: string, status: 'firing' | 'resolved', repeats = 0) => ({
    id,
    fingerprint,
    status,
    repeats,
  })

  test('an alert that fired and was resolved while it waited is told once, as both', () => {
    const rows = [row(1, 'a', 'firing'), row(2, 'b', 'firing'), row(3, 'a', 'resolved')]
    const [first] = coalesce([rows[0] as (typeof rows)[0]], rows)
    assert.deepEqual(first?.ids, [1, 3])
    assert.equal(first?.shown.id, 3)
    assert.ok(first?.firedWhileWaiting)
  })

  test('how often an alert changed while it waited is counted', () => {
    const rows = (['firing', 'firing', 'resolved', 'firing'] as const).map((status, id) =>
      row(id, 'a', status),
    )
    assert.equal(coalesce(rows, rows)[0]?.changes, 2)
    assert.equal(coalesce(rows.slice(0, 2), rows.slice(0, 2))[0]?.changes, 0)
  })

  test('what came again while it waited is counted', () => {
    const rows = [row(1, 'a', 'firing', 4), row(2, 'a', 'firing', 1)]
    assert.equal(coalesce(rows, rows)[0]?.repeats, 6)
  })

  test('every waiting row of a chosen alert is told exactly once, and no other', () => {
    const rows = fc.array(
      fc.record({ f: fc.constantFrom('a', 'b', 'c'), s: fc.constantFrom('firing', 'resolved') }),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(rows, fc.nat(), (each, pick) => {
        const all = each.map(({ f, s }, index) => row(index, f, s as 'firing'))
        const chosen = all.length === 0 ? [] : [all[pick % all.length] as (typeof all)[0]]
        const ids = coalesce(chosen, all).flatMap((one) => one.ids)
        const wanted = all.filter((one) => one.fingerprint === chosen[0]?.fingerprint)
        assert.deepEqual(
          ids,
          wanted.map((one) => one.id),
        )
      }),
    )
  })
})

describe('the month', () => {
  const month = { now: new Date('2026-11-10T00:00:00Z'), end: new Date('2026-11-30T16:00:00Z') }

  test('is open until half of it is used', () => {
    assert.deepEqual(quotaAllows([{ used: 499, limit: 1000 }], month), { kind: 'open' })
    assert.deepEqual(quotaAllows([{ used: 9_999, limit: undefined }], month), { kind: 'open' })
  })

  test('is stretched more and more from then on, so that it would last', () => {
    const gaps = [550, 600, 700, 800, 890].map((used) => {
      const decided = quotaAllows([{ used, limit: 1000 }], month)
      assert.ok(decided.kind === 'stretched')
      return decided.gapMs
    })
    assert.deepEqual(
      gaps,
      [...gaps].sort((a, b) => a - b),
    )
    const left = month.end.getTime() - month.now.getTime()
    assert.ok(Math.abs((gaps[3] as number) * 100 - left) < 1_000)
  })

  test('keeps its last tenth for severe alerts, and ends', () => {
    assert.deepEqual(quotaAllows([{ used: 900, limit: 1000 }], month), { kind: 'severe_only' })
    assert.deepEqual(quotaAllows([{ used: 1000, limit: 1000 }], month), { kind: 'used_up' })
  })

  test('says which of the shares that are told is reached', () => {
    const reached = (used: number) => markReached({ used, limit: 1000 })
    assert.deepEqual([499, 500, 799, 800, 949, 950, 2000].map(reached), [0, 50, 50, 80, 80, 95, 95])
    assert.equal(markReached({ used: 9_999, limit: undefined }), 0)
  })

  test('the stricter allowance counts', () => {
    const both = [
      { used: 10, limit: 1000 },
      { used: 3000, limit: 3000 },
    ]
    assert.deepEqual(quotaAllows(both, month), { kind: 'used_up' })
  })
})

describe('push limits', () => {
  const pushed = {
    messagesThisHour: 5,
    messagesToday: 50,
    hourEnd: new Date(1),
    dayEnd: new Date(2),
  }

  test('open at the end of the calendar hour or day', () => {
    const limits = { hour: 5, day: undefined, pass: [] }
    assert.deepEqual(opensAt(limits, pushed), new Date(1))
    assert.deepEqual(opensAt({ ...limits, day: 50 }, pushed), new Date(2))
    assert.equal(opensAt({ ...limits, hour: 6 }, pushed), undefined)
    assert.equal(opensAt(undefined, pushed), undefined)
  })

  test('let only those levels pass that the channel names', () => {
    const limits = { hour: 5, day: undefined, pass: [1, 2] as const }
    assert.deepEqual([passes(limits, 1), passes(limits, 3)], [true, false])
  })
})

describe('the calendar', () => {
  test('hours, days and months are those of the zone', () => {
    const calendar = calendarOf(new Date('2026-11-30T16:20:00Z'), 'Asia/Shanghai')
    assert.equal(calendar.month, '2026-12')
    assert.equal(calendar.dayStart.toISOString(), '2026-11-30T16:00:00.000Z')
    assert.equal(calendar.dayEnd.toISOString(), '2026-12-01T16:00:00.000Z')
    assert.equal(calendar.hourEnd.toISOString(), '2026-11-30T17:00:00.000Z')
    assert.equal(calendar.monthEnd.toISOString(), '2026-12-31T16:00:00.000Z')
  })

  test('a day with a change of the clock has its own length', () => {
    const { dayStart, dayEnd } = calendarOf(new Date('2026-10-25T12:00:00Z'), 'Europe/Berlin')
    assert.equal(dayEnd.getTime() - dayStart.getTime(), 25 * 3_600_000)
  })
})
