import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { effectiveRetentionMs } from '../../src/decisions/retention.ts'
import type { Channel } from '../../src/model/settings.ts'
import { channelNamed, settingsOf } from '../support/settings.ts'

const HOUR = 3_600_000

describe('delivered alerts are kept', () => {
  const kept = (retentionMs: number, ...changes: Partial<Channel>[]): number => {
    const channels = changes.map((each, index) => channelNamed(`c${index}`, each))
    return effectiveRetentionMs(settingsOf({ channels }, { retentionMs })) / HOUR
  }
  const off = { aggregate: undefined, pushLimits: undefined }

  test('for the retention, if nothing else needs them', () => assert.equal(kept(HOUR, off), 1))

  test('for the longest aggregation period', () => {
    const aggregate = { everyMs: 30 * HOUR, by: undefined }
    assert.equal(kept(HOUR, off, { ...off, aggregate }), 30)
    assert.equal(kept(40 * HOUR, { ...off, aggregate }), 40)
  })

  test('for the longest day, where a channel has a push limit', () =>
    assert.equal(kept(HOUR, { ...off, pushLimits: { hour: 1, day: undefined, pass: [1] } }), 25))
})
