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
/** Labels of several alerts: all different, or differing from the first alert's in a few. */
const allLabels = fc
  .tuple(labels, fc.array(labels, { minLength: 1, maxLength: 7 }), fc.boolean())
  .map(([first, others, areAlike]) => {
    const few = others.map((each) => Object.fromEntries(Object.entries(each).slice(-2)))
    return [first, ...(areAlike ? few.map((each) => ({ ...first, ...each })) : others)]
  })
  .map((all) => [
    ...new Map(all.map((each) => [JSON.stringify(Object.entries(each).sort()), each])).values(),
  ])
  .filter((all) => all.length > 1)
const alerts = fc
  .tuple(allLabels, fc.array(fc.constantFrom<Level>(2, 3, 4), { minLength: 8 }), fc.boolean())
  .map(([all, levels, areOver]) =>
    all.map((each, index) =>
      prometheusAlert(each as Record<string, string>, NOW, {
        level: levels[index] ?? 3,
        annotations: { summary: 'Same.' },
        ...(areOver ? { since: 5, lasted: 4 } : {}),
      }),
    ),
  )

const TEMPLATES = ['default', 'ocp-text', 'webhook-dingtalk'] as const
type Template = (typeof TEMPLATES)[number]

/** Matches the first line of an alert in full. */
const ALERT = {
  default: /^#### /,
  'ocp-text': /^(?:OCP Alert Notification - Single|\[Alarm Recover)/,
  'webhook-dingtalk': /^#### (?!\\?\[(?:FIRING|RESOLVED))/,
} as const

/** Matches the heading of a list. */
const SECTION = /^(?:\*\*.* · \d+\*\*|[^-].* · \d+)$/

/**
 * The visible text of each alert: its heading, or all of its text if the template has no heading for each alert. In a
 * list, the alert's line with the heading of its section, without times.
 */
function shownIn(text: string, template: Template, form: 'full' | 'lines'): string[] {
  const isHeaded = template === 'default' || (template === 'webhook-dingtalk' && form === 'lines')
  const shown: string[] = []
  let section = ''
  for (const line of text.split('\n')) {
    if (form === 'lines' && SECTION.test(line)) section = line
    if (ALERT[template].test(line)) shown.push(line)
    else if (section !== '' && /^(?:> )?- /.test(line))
      shown.push(`${section} ${line.replace(/ · (?:lasted )?[\d:]+(?: min)?$/, '')}`)
    else if (section === '' && shown.length > 0 && !isHeaded)
      shown.push(`${shown.pop()}\n${line}`.trim())
  }
  return shown
}

/** Any length fits: other tests cover the limit in bytes. */
const fits = (): boolean => true

describe('alerts with different labels in one message', () => {
  for (const name of TEMPLATES)
    for (const form of ['full', 'lines'] as const)
      test(`are never shown with the same text (${name}, ${form})`, () => {
        const channel = { template: { kind: 'named', name } } as const
        fc.assert(
          fc.property(alerts, (all) => {
            const { text, included } = renderWith(all, { form, fits, channel })
            const shown = shownIn(text, name, form)
            assert.equal(included, all.length)
            assert.equal(shown.length, all.length, text)
            assert.equal(new Set(shown).size, shown.length, text)
          }),
          { numRuns: 300, verbose: 0 },
        )
      })

  test('are never shown with the same text (targets of counts)', () => {
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
        // At most one of them has no value to show.
        assert.ok(targets.length >= examples.length - 1, text)
      }),
      { numRuns: 300, verbose: 0 },
    )
  })
})

/** Splits a list into its items; those that contain a comma are quoted. */
function targetsIn(list: string): string[] {
  return (
    list
      .match(/"(?:[^"\\]|\\.)*"|[^," ][^,"]*/g)
      ?.map((each) => each.trim())
      .filter(Boolean) ?? []
  )
}
