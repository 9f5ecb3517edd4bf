import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Mute, muteOf } from '../../src/decisions/mute.ts'

const MUTE: Mute = {
  id: '1',
  channel: 'ops',
  fingerprint: 'f',
  matchers: [],
  level: 3,
  until: new Date(),
  untilRecovery: false,
}
const ALERT = { fingerprint: 'f', status: 'firing', level: 3, variables: { team: 'db' } } as const
const TEAM = { kind: 'equals', name: 'team', negated: false, value: 'db' } as const

describe('a mute', () => {
  test('covers the alert for which it was made, and no other', () => {
    assert.deepEqual(muteOf(ALERT, [MUTE]), { muted: true, ended: [] })
    assert.deepEqual(muteOf({ ...ALERT, fingerprint: 'g' }, [MUTE]), { muted: false, ended: [] })
  })

  test('with matchers covers all alerts that match; without any, the whole channel', () => {
    const mute = { ...MUTE, fingerprint: undefined, level: undefined }
    assert.equal(muteOf(ALERT, [{ ...mute, matchers: [TEAM] }]).muted, true)
    assert.equal(muteOf(ALERT, [{ ...mute, matchers: [{ ...TEAM, negated: true }] }]).muted, false)
    assert.equal(muteOf(ALERT, [mute]).muted, true)
  })

  test('is ended by a more severe level', () => {
    const ended = [{ id: '1', why: 'level_rose' }]
    assert.deepEqual(muteOf({ ...ALERT, level: 2 }, [MUTE]), { muted: false, ended })
    const other = { ...MUTE, id: '2', fingerprint: undefined, level: undefined }
    assert.deepEqual(muteOf({ ...ALERT, level: 2 }, [MUTE, other]), { muted: true, ended })
  })

  test('until recovery is ended by the recovery, any other mute is not', () => {
    const over = { ...ALERT, status: 'resolved' } as const
    assert.deepEqual(muteOf(over, [MUTE]), { muted: true, ended: [] })
    assert.deepEqual(muteOf(over, [{ ...MUTE, untilRecovery: true }]), {
      muted: false,
      ended: [{ id: '1', why: 'recovered' }],
    })
  })
})
