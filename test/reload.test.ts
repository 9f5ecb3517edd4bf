import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEvents } from '../src/events.ts'
import { createMetrics } from '../src/metrics.ts'
import { createConfiguration } from '../src/reload.ts'
import { immediate } from '../src/yield-turn.ts'
import { channelNamed, robotNamed, settingsOf } from './support/settings.ts'

describe('the warnings of a configuration', () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const metrics = createMetrics({ version: '1', node: 'v' })
  const events = createEvents(log, metrics)
  const settings = settingsOf({ robots: [robotNamed('ops-1')], channels: [channelNamed('ops')] })
  const { warnings } = createConfiguration({
    load: () => ({ settings, file: undefined, secretFiles: [], warnings: [] }),
    clock: { now: () => new Date('2026-11-24T03:00:00Z'), sleep: async () => {} },
    ...{ events, metrics, yieldTurn: immediate, isOpen: () => true },
  })

  test('name the level words that alerts used and nobody knows, a few of many', () => {
    assert.deepEqual(warnings(), [])
    events.levelUnknown('so "so"', 'ops')
    events.levelUnknown('weird', 'ops')
    const text = (words: string) =>
      `unknown level words, handled as level 3 (Warning): ${words}; give them a level under "levels"`
    assert.deepEqual(warnings(), [text('"so \\"so\\"", "weird"')])
    for (let i = 0; i < 18; i += 1) events.levelUnknown(`w${i}`, 'ops')
    const shown = Array.from({ length: 8 }, (_, i) => `"w${i}"`).join(', ')
    assert.deepEqual(warnings(), [text(`"so \\"so\\"", "weird", ${shown} and 10 more`)])
  })
})
