import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { DueMessage, Plan, PlanInput, QueueState } from '../../src/decisions/plan.ts'
import { QUOTA_WARNING_LEVEL } from '../../src/decisions/quota.ts'
import type { Level } from '../../src/model/level.ts'
import { ago, calls, LIMITS, planOf, queued, waiting } from '../support/plan.ts'
import { channelNamed } from '../support/settings.ts'

const MONTH_END = new Date('2026-11-30T16:00:00Z')
const MINUTE = 60_000
const RETRY = { kind: 'retry', id: '7', late: undefined }
const LAST_TENTH = [{ used: 95, limit: 100 }]

function dueOf(
  level: Level | undefined,
  byHand = false,
  changes: Partial<DueMessage> = {},
): DueMessage {
  const refused = undefined
  return { id: '7', level, byHand, alertCount: 1, createdAt: ago(MINUTE), refused, ...changes }
}

function robotAfter(count: number): PlanInput['robot'] {
  return { calls: calls(...Array(count).fill(2_000)), limits: LIMITS, pause: undefined }
}

function kindOf(
  entries: readonly QueueState[],
  due: PlanInput['due'],
  changes: Partial<PlanInput> = {},
): Plan['kind'] {
  return planOf(entries, { due, ...changes }).kind
}

describe('a message that is due for a retry', () => {
  test('is sent when nothing else waits', () =>
    assert.deepEqual(planOf([], { due: dueOf(3) }), RETRY))

  test('is composed anew after a penalty, or when it is a minute old, if nothing of it was shown', () => {
    const late = (changes: Partial<DueMessage>, byHand = false) => {
      const made = planOf([], { due: dueOf(3, byHand, changes) })
      return made.kind === 'retry' ? made.late : made.kind
    }
    const throttled = (ms: number) => ({ at: ago(ms), result: 'throttled' })
    const failed = { at: ago(1), result: 'network' }
    assert.equal(late({ refused: throttled(1_000) }), 'penalty')
    assert.equal(late({ refused: throttled(999) }), undefined)
    assert.equal(late({ refused: failed }), 'unreachable')
    assert.equal(late({ refused: failed, createdAt: ago(MINUTE - 1) }), undefined)
    assert.equal(late({}), undefined)
    for (const alertCount of [0, 101])
      assert.equal(late({ refused: throttled(MINUTE), alertCount }), undefined)
    assert.equal(late({ refused: throttled(MINUTE) }, true), undefined)
  })

  test('goes before alerts that are not more severe, and after those that are', () => {
    const level = fc.constantFrom<Level>(1, 2, 3, 4, 5)
    fc.assert(
      fc.property(level, level, (own, others) => {
        const kind = kindOf([waiting(queued(1, { level: others, agoMs: 9_000 }))], dueOf(own))
        assert.equal(kind, own <= others ? 'retry' : 'send')
      }),
    )
  })

  test('goes last if its level is unknown', () => {
    assert.equal(kindOf([waiting(queued(1, { level: 5 }))], dueOf(undefined)), 'retry')
    assert.equal(kindOf([waiting(queued(1, { level: 4 }))], dueOf(undefined)), 'send')
  })

  test('uses the reserve only if its alerts are severe', () => {
    const robot = robotAfter(6)
    assert.equal(kindOf([], dueOf(2), { robot }), 'retry')
    for (const level of [3, undefined] as const) {
      const made = planOf([], { due: dueOf(level), robot })
      const until = ago(2_000 - (60_600 - 13 * 4_286))
      assert.deepEqual(made, { kind: 'wait', until, reason: 'no_call_left' })
    }
  })

  test('waits for a call, with any level, when the limit is reached', () => {
    const made = planOf([], { due: dueOf(1), robot: robotAfter(20) })
    assert.deepEqual(made, { kind: 'wait', until: ago(2_000 - 60_600), reason: 'no_call_left' })
  })

  test('is held back in the last tenth of the month like its alerts', () => {
    const allowances = LAST_TENTH
    const held = { kind: 'wait', until: MONTH_END, reason: 'quota' }
    assert.equal(kindOf([], dueOf(2), { allowances }), 'retry')
    assert.deepEqual(planOf([], { due: dueOf(3), allowances }), held)
    const severe = waiting(queued(1, { level: 2 }))
    assert.equal(kindOf([severe], dueOf(3), { allowances }), 'send')
    const dueSevere = dueOf(1, true, { id: '8' })
    const made = planOf([], { due: dueOf(3), dueSevere, allowances })
    assert.deepEqual(made, { ...RETRY, id: '8' })
    const nextDueAt = ago(-60_000)
    assert.deepEqual(planOf([], { due: dueOf(3), nextDueAt, allowances }), {
      kind: 'wait',
      until: nextDueAt,
      reason: 'retrying',
    })
  })

  test('may use the last tenth of the month if it is a quota warning', () => {
    const allowances = LAST_TENTH
    assert.equal(kindOf([], dueOf(QUOTA_WARNING_LEVEL, true), { allowances }), 'retry')
  })

  test('is held in the last tenth of the month if it is a test or announces a silence', () => {
    const made = planOf([], { due: dueOf(undefined, true), allowances: LAST_TENTH })
    assert.deepEqual(made, { kind: 'wait', until: MONTH_END, reason: 'quota' })
  })
})

describe('a manual message', () => {
  test('goes after every alert that may be sent, with any level', () => {
    for (const level of [1, undefined] as const)
      assert.equal(kindOf([waiting(queued(1, { level: 5 }))], dueOf(level, true)), 'send')
    assert.deepEqual(planOf([], { due: dueOf(undefined, true) }), RETRY)
  })

  test('waits while an alert waits for a call', () => {
    const made = planOf([waiting(queued(1))], { due: dueOf(1, true), robot: robotAfter(6) })
    assert.ok(made.kind === 'wait' && made.reason === 'no_call_left')
  })

  test('leaves one call to alerts that are being collected', () => {
    const entry = waiting(queued(1), { lastMessageAt: ago(200) })
    assert.equal(kindOf([entry], dueOf(1, true), { robot: robotAfter(4) }), 'retry')
    assert.deepEqual(planOf([entry], { due: dueOf(1, true), robot: robotAfter(5) }), {
      kind: 'wait',
      until: ago(-800),
      reason: 'collecting',
    })
    assert.equal(kindOf([], dueOf(1, true), { robot: robotAfter(5) }), 'retry')
  })

  test('leaves no call to alerts that a push limit holds', () => {
    const channel = channelNamed('ops', { pushLimits: { hour: 5, day: undefined, pass: [] } })
    const entry = waiting(queued(1), { channel, messagesThisHour: 5 })
    assert.equal(kindOf([entry], dueOf(1, true), { robot: robotAfter(5) }), 'retry')
  })

  test('never uses the reserve, with any level', () => {
    const made = planOf([], { due: dueOf(1, true), robot: robotAfter(6) })
    const until = ago(2_000 - (60_600 - 13 * 4_286))
    assert.deepEqual(made, { kind: 'wait', until, reason: 'no_call_left' })
  })

  test('is held in the last tenth of the month, unless its alerts are severe', () => {
    const changes = { allowances: LAST_TENTH }
    assert.equal(kindOf([], dueOf(2, true), changes), 'retry')
    assert.deepEqual(planOf([], { due: dueOf(undefined, true), ...changes }), {
      kind: 'wait',
      until: MONTH_END,
      reason: 'quota',
    })
  })
})
