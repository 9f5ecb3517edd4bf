import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'

type Incoming = Parameters<typeof reasonToSuppress>[0]
type Last = NonNullable<Parameters<typeof reasonToSuppress>[1]>

const AT = new Date('2026-11-24T00:00:00Z')
const EVERY_MS = 600_000
const FIRED: Last = {
  status: 'firing',
  level: 3,
  fingerprint: 'a',
  startsAt: AT,
  firingAt: AT,
  resolvedAt: undefined,
}
const RECOVERED: Last = { ...FIRED, status: 'resolved', resolvedAt: AT }

const after = (ms: number): Date => new Date(AT.getTime() + ms)

function reason(incoming: Partial<Incoming>, last: Last | undefined, ms: number) {
  const alert = { fingerprint: 'a', status: 'firing', level: 3, everyMs: EVERY_MS } as const
  return reasonToSuppress({ ...alert, ...incoming }, last, after(ms))
}

describe('aggregation', () => {
  test('lets the first alert through', () => assert.equal(reason({}, undefined, 0), undefined))

  test('suppresses the same alert until the period is over', () => {
    assert.equal(reason({}, FIRED, 1), 'aggregated')
    assert.equal(reason({}, FIRED, EVERY_MS - 1), 'aggregated')
    assert.equal(reason({}, FIRED, EVERY_MS), undefined)
  })

  test('lets a change of status through at once, and suppresses its repeats by its own period', () => {
    assert.equal(reason({ status: 'resolved' }, FIRED, 1), undefined)
    assert.equal(reason({}, RECOVERED, 1), undefined)
    assert.equal(reason({ status: 'resolved' }, RECOVERED, 1), 'aggregated')
    const long = { ...RECOVERED, firingAt: after(-EVERY_MS), resolvedAt: after(0) }
    assert.equal(reason({ status: 'resolved' }, long, EVERY_MS - 1), 'aggregated')
    assert.equal(reason({ status: 'resolved' }, long, EVERY_MS), undefined)
  })

  test('lets a firing with a higher level through, but not one with the same or a lower level', () => {
    assert.equal(reason({ level: 2 }, FIRED, 1), undefined)
    assert.equal(reason({ level: 4 }, FIRED, 1), 'aggregated')
    assert.equal(reason({ level: 2, status: 'resolved' }, RECOVERED, 1), 'aggregated')
  })

  test('suppresses nothing when it is off', () =>
    assert.equal(reason({ everyMs: 0 }, FIRED, 1), undefined))

  test('delivers alerts of one group once a period and status, whichever of them it is', () => {
    assert.equal(reason({ fingerprint: 'b' }, FIRED, 1), 'aggregated')
    assert.equal(reason({ fingerprint: 'b', status: 'resolved' }, FIRED, 1), undefined)
    assert.equal(reason({ fingerprint: 'b', status: 'resolved' }, RECOVERED, 1), 'aggregated')
  })

  test('lets another alert of a group fire when the group last heard of a recovery', () =>
    assert.equal(reason({ fingerprint: 'b' }, RECOVERED, 1), undefined))

  test('does not silence an alert for longer than the period when the clock was set back', () => {
    assert.equal(reason({}, FIRED, -3_600_000), undefined)
    assert.equal(reason({}, FIRED, -1_000), 'aggregated')
  })
})

describe('an outdated alert', () => {
  test('is a firing that began before the one whose recovery was let through', () => {
    assert.equal(reason({ startsAtMs: after(-1).getTime() }, RECOVERED, 1), 'outdated')
    assert.equal(reason({ startsAtMs: after(0).getTime() }, RECOVERED, 1), undefined)
    assert.equal(reason({ startsAtMs: after(-1).getTime(), everyMs: 0 }, RECOVERED, 1), 'outdated')
  })

  test('is a recovery that ended before the firing that was let through began', () => {
    const recovery = { status: 'resolved' as const, startsAtMs: after(-9_000).getTime() }
    assert.equal(reason({ ...recovery, endsAtMs: after(-1).getTime() }, FIRED, 1), 'outdated')
    assert.equal(reason(recovery, FIRED, 1), 'outdated')
  })

  test('is no recovery whose start was moved back, as Alertmanager does where it merges two copies', () => {
    const recovery = {
      status: 'resolved' as const,
      startsAtMs: after(-9_000).getTime(),
      endsAtMs: after(5_000).getTime(),
    }
    assert.equal(reason(recovery, FIRED, 6_000), undefined)
  })

  test('is the same alert only, in another status, with known times', () => {
    assert.equal(reason({ fingerprint: 'b', startsAtMs: after(-1).getTime() }, RECOVERED, 1), undefined)
    assert.equal(reason({ startsAtMs: after(-1).getTime() }, FIRED, EVERY_MS), undefined)
    assert.equal(reason({}, RECOVERED, 1), undefined)
    assert.equal(
      reason({ startsAtMs: after(-1).getTime() }, { ...RECOVERED, startsAt: undefined }, 1),
      undefined,
    )
  })
})
