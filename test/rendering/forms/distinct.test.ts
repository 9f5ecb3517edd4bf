import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Level } from '../../../src/model/level.ts'
import { prometheusAlert } from '../../../src/rendering/templates/sample-alerts.ts'
import { NOW, renderWith } from '../support.ts'

const NAMES = [
  'alertname',
  'namespace',
  'pod',
  'instance',
  'cluster',
  'device',
  'severity',
  'uid',
] as const
const value = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a · b',
    'a, b',
    'x'.repeat(400),
    `${'x'.repeat(399)}y`,
    '*a*',
    '10.0.0.1:80',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
)
const labels = fc.record(Object.fromEntries(NAMES.map((name) => [name, value])), {
  requiredKeys: [],
})
const alerts = fc
  .uniqueArray(fc.tuple(labels, fc.constantFrom<Level>(2, 3, 4)), {
    minLength: 2,
    maxLength: 8,
    selector: ([each]) => JSON.stringify(Object.entries(each).sort()),
  })
  .map((all) =>
    all.map(([each, level]) =>
      prometheusAlert(each as Record<string, string>, NOW, {
        level,
        annotations: { summary: 'Same.' },
      }),
    ),
  )

/** What a reader sees of each alert: a heading, or a line of a list under its own heading, without times. */
function shownIn(text: string, form: 'whole' | 'lines'): string[] {
  let section = ''
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('**')) section = line
    if (line.startsWith('#### ')) return [line]
    return form === 'lines' && line.startsWith('- ')
      ? [`${section} ${line.replace(/ · [\d:]+$/, '')}`]
      : []
  })
}

/** Fits whatever the length: the limit of bytes has tests of its own. */
const fits = (): boolean => true

describe('alerts with different labels in one message', () => {
  for (const form of ['whole', 'lines'] as const)
    test(`are never shown by the same words (${form})`, () => {
      fc.assert(
        fc.property(alerts, (all) => {
          const { text, told } = renderWith(all, { form, fits })
          const shown = shownIn(text, form)
          assert.equal(told, all.length)
          assert.equal(shown.length, all.length, text)
          assert.equal(new Set(shown).size, shown.length, text)
        }),
        { numRuns: 300, verbose: 0 },
      )
    })

  test('are never shown by the same words (targets of counts)', () => {
    fc.assert(
      fc.property(alerts, (all) => {
        const examples = all.slice(0, 3)
        const group = {
          level: 3 as const,
          name: 'n',
          cluster: 'c',
          firing: 9,
          resolved: 0,
          examples,
        }
        const channel = { format: 'text' } as const
        const { text } = renderWith([], {
          form: 'counts',
          fits,
          channel,
          groups: [group],
          total: 9,
        })
        const line = text.split('\n').find((each) => each.startsWith('- 9 n')) ?? ''
        const targets = targetsIn(line.replace(/^- 9 n · c(?:: )?/, '').replace(/ …$/, ''))
        assert.equal(targets.length, new Set(targets).size, text)
        // At most one of them has nothing that could be shown.
        assert.ok(targets.length >= examples.length - 1, text)
      }),
      { numRuns: 300, verbose: 0 },
    )
  })
})

/** The items of a list, of which those that hold a comma are quoted. */
function targetsIn(list: string): string[] {
  return (
    list
      .match(/"(?:[^"\\]|\\.)*"|[^," ][^,"]*/g)
      ?.map((each) => each.trim())
      .filter(Boolean) ?? []
  )
}
