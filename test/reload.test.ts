import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEvents } from '../src/events.ts'
import { createMetrics } from '../src/metrics.ts'
import { levelKey } from '../src/model/level.ts'
import type { Settings } from '../src/model/settings.ts'
import { createConfiguration } from '../src/reload.ts'
import { channelNamed, robotNamed, settingsOf } from './support/settings.ts'

describe('the warnings of a configuration', () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const metrics = createMetrics({ version: '1', node: 'v' })
  const events = createEvents(log, metrics)
  const settings = settingsOf({ robots: [robotNamed('ops-1')], channels: [channelNamed('ops')] })
  const source: { settings: Settings } = { settings }
  const { warnings, reload } = createConfiguration({
    load: () => ({ ...source, file: undefined, secretFiles: [], warnings: [] }),
    clock: { now: () => new Date('2026-11-24T03:00:00Z'), sleep: async () => {} },
    ...{ events, metrics, isOpen: () => true },
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

  test('end for the words and names that a reload made known, and only for these', async () => {
    const times = { everyMs: 604_800_000, from: '2026-11-23T09:00', timezone: 'Asia/Shanghai' }
    const rota = { turns: [['zhangsan']], ...times, overrides: [] }
    events.nameUnknown('ops', 'zhangsan dba')
    events.nameUnknown('ops', 'nobody')
    const known = ['so "so"', ...Array.from({ length: 18 }, (_, i) => `w${i}`)]
    source.settings = {
      ...settings,
      levels: new Map(known.map((word) => [levelKey(word), 2])),
      people: new Map([['zhangsan', { kind: 'mobile', mobile: '+86-13800000000' }]]),
      rotas: new Map([['dba', rota]]),
    }
    await reload()
    const [level, name, ...others] = [...warnings()].sort().reverse()
    assert.match(level ?? '', /^unknown level words, handled as level 3 \(Warning\): "weird"; /)
    assert.match(name ?? '', /^channel ops: a label contains the name "nobody"/)
    assert.deepEqual(others, [])
  })
})
