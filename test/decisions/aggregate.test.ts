import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'

type Incoming = Parameters<typeof reasonToSuppress>[0]
type Last = NonNullable<Parameters<typeof reasonToSuppress>[1]>

const LAST_AT = new Date('2026-11-24T00:00:00Z')
const STARTED_AT = new Date('2026-11-23T23:59:00Z')
const EVERY_MS = 600_000
const FIRING: Last = {
  fingerprint: 'a',
  status: 'firing',
  level: 3,
  startsAt: STARTED_AT,
  firingAt: LAST_AT,
  resolvedAt: undefined,
}
/** An alert that fired and recovered at the same instant. */
const RESOLVED: Last = { ...FIRING, status: 'resolved', resolvedAt: LAST_AT }

function reason(
  incoming: Partial<Incoming>,
  last: Last | undefined,
  afterMs = 1,
): string | undefined {
  return reasonToSuppress(
    { fingerprint: 'a', status: 'firing', level: 3, everyMs: EVERY_MS, ...incoming },
    last,
    new Date(LAST_AT.getTime() + afterMs),
  )
}

function started(ms: number): number {
  return STARTED_AT.getTime() + ms
}

describe('aggregation', () => {
  test('the first alert is delivered', () => assert.equal(reason({}, undefined), undefined))

  test('the same alert is suppressed until the period is over', () => {
    assert.equal(reason({}, FIRING, 0), 'aggregated')
    assert.equal(reason({}, FIRING, EVERY_MS - 1), 'aggregated')
    assert.equal(reason({}, FIRING, EVERY_MS), undefined)
    const recovery = { status: 'resolved' } as const
    assert.equal(reason(recovery, RESOLVED, EVERY_MS - 1), 'aggregated')
    assert.equal(reason(recovery, RESOLVED, EVERY_MS), undefined)
  })

  test('with onlyNew, a firing that was sent is never sent again, but a later one is', () => {
    const same = { onlyNew: true, startsAtMs: started(0) }
    assert.equal(reason(same, FIRING, 100 * EVERY_MS), 'aggregated')
    assert.equal(reason({ ...same, everyMs: 0 }, FIRING), 'aggregated')
    const later = { onlyNew: true, startsAtMs: started(60_000) }
    assert.equal(reason(later, FIRING, EVERY_MS - 1), 'aggregated')
    assert.equal(reason(later, FIRING, EVERY_MS), undefined)
    assert.equal(reason({ onlyNew: true, level: 2 }, FIRING), undefined)
    assert.equal(reason({ onlyNew: true }, RESOLVED), undefined)
  })

  test('the period of a status is counted from the last alert of that status', () => {
    const last = {
      ...FIRING,
      firingAt: new Date(LAST_AT.getTime() - EVERY_MS),
      resolvedAt: LAST_AT,
    }
    assert.equal(reason({}, last), undefined)
    assert.equal(reason({ status: 'resolved', fingerprint: 'b' }, last), 'aggregated')
  })

  test('a change of status is delivered at once', () => {
    assert.equal(reason({ status: 'resolved' }, { ...FIRING, resolvedAt: LAST_AT }), undefined)
    assert.equal(reason({ status: 'firing' }, RESOLVED), undefined)
  })

  test('a rise in level is delivered at once, a fall is not', () => {
    const levels = [1, 2, 3, 4, 5] as const
    const reasons = levels.map((level) => reason({ level }, FIRING))
    assert.deepEqual(reasons, [undefined, undefined, 'aggregated', 'aggregated', 'aggregated'])
  })

  test('the level of a recovery is ignored', () =>
    assert.equal(reason({ status: 'resolved', level: 1 }, RESOLVED), 'aggregated'))

  test('nothing is suppressed when aggregation is off', () =>
    assert.equal(reason({ everyMs: 0 }, FIRING, 0), undefined))

  test('a clock that was set back does not suppress an alert for longer than the period', () => {
    assert.equal(reason({}, FIRING, -3_600_000), undefined)
    assert.equal(reason({}, FIRING, -1_000), 'aggregated')
  })
})

describe('alerts with a common aggregation key', () => {
  test('are delivered firing once per period, in any combination', () => {
    assert.equal(reason({ fingerprint: 'b' }, FIRING), 'aggregated')
    assert.equal(reason({ fingerprint: 'b' }, FIRING, EVERY_MS), undefined)
    assert.equal(reason({ fingerprint: 'b', level: 2 }, FIRING), undefined)
  })

  test('are delivered resolved once per period, in any combination', () => {
    const recovery = { fingerprint: 'b', status: 'resolved' } as const
    assert.equal(reason(recovery, FIRING), undefined)
    assert.equal(reason(recovery, RESOLVED), 'aggregated')
    assert.equal(reason(recovery, { ...FIRING, resolvedAt: LAST_AT }), 'aggregated')
  })

  test('are delivered when one fires after a recovery', () =>
    assert.equal(reason({ fingerprint: 'b' }, RESOLVED), undefined))
})

describe('an alert is outdated', () => {
  test('if it fires, and started before the one whose recovery was delivered', () => {
    assert.equal(reason({ startsAtMs: started(-1) }, RESOLVED), 'outdated')
    assert.equal(reason({ startsAtMs: started(0) }, RESOLVED), undefined)
    assert.equal(reason({ startsAtMs: started(1) }, RESOLVED), undefined)
  })

  test('if it is a recovery that ended before the start of the delivered firing', () => {
    const recovery = { status: 'resolved', startsAtMs: started(-9_000) } as const
    assert.equal(reason({ ...recovery, endsAtMs: started(-1) }, FIRING), 'outdated')
    assert.equal(reason({ ...recovery, endsAtMs: started(0) }, FIRING), undefined)
    assert.equal(reason({ ...recovery, endsAtMs: started(1) }, FIRING), undefined)
  })

  test('by the start of a recovery if its end is unknown', () => {
    assert.equal(reason({ status: 'resolved', startsAtMs: started(-1) }, FIRING), 'outdated')
    assert.equal(reason({ status: 'resolved', startsAtMs: started(0) }, FIRING), undefined)
  })

  test('but not by the end of a firing, which Alertmanager sets to a past or future time', () =>
    assert.equal(reason({ startsAtMs: started(1), endsAtMs: started(-1) }, RESOLVED), undefined))

  test('with aggregation on or off, however long ago the last one was delivered', () => {
    assert.equal(reason({ startsAtMs: started(-1), everyMs: 0 }, RESOLVED), 'outdated')
    assert.equal(reason({ startsAtMs: started(-1) }, RESOLVED, EVERY_MS * 9), 'outdated')
  })

  test('but never by an alert of the same status or by another alert', () => {
    assert.equal(reason({ startsAtMs: started(-1) }, FIRING), 'aggregated')
    assert.equal(reason({ startsAtMs: started(-1), fingerprint: 'b' }, RESOLVED), undefined)
  })

  test('but never if the start of one of the two is unknown', () => {
    assert.equal(reason({}, RESOLVED), undefined)
    assert.equal(
      reason({ startsAtMs: started(-1) }, { ...RESOLVED, startsAt: undefined }),
      undefined,
    )
    assert.equal(reason({ status: 'resolved' }, FIRING), undefined)
  })
})

describe('a muted alert', () => {
  const muted = { muted: true } as const
  const UNHEARD: Last = { ...FIRING, firingAt: undefined }

  test('is suppressed whether or not the group was sent it before', () => {
    assert.equal(reason(muted, undefined), 'muted')
    assert.equal(reason(muted, FIRING, 2 * EVERY_MS), 'muted')
    assert.equal(reason({ ...muted, everyMs: 0 }, FIRING), 'muted')
    assert.equal(reason(muted, RESOLVED), 'muted')
  })

  test('is delivered when it becomes more severe', () => {
    assert.equal(reason({ ...muted, level: 2 }, FIRING), undefined)
    assert.equal(reason({ ...muted, level: 2 }, UNHEARD), undefined)
    assert.equal(reason({ ...muted, level: 4 }, FIRING), 'muted')
  })

  test('is delivered as the recovery of a firing that the group was sent', () => {
    const over = { ...muted, status: 'resolved' } as const
    assert.equal(reason(over, FIRING), undefined)
    assert.equal(reason(over, UNHEARD), 'muted')
    assert.equal(reason(over, RESOLVED), 'muted')
    assert.equal(reason({ ...over, fingerprint: 'b' }, FIRING), 'muted')
  })

  test('is delivered at once after the mute, but its recovery is not if its firing was never sent', () => {
    assert.equal(reason({}, UNHEARD), undefined)
    assert.equal(reason({ status: 'resolved' }, UNHEARD), 'muted')
  })
})
