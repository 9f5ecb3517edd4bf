import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { WEBHOOK_DINGTALK_SCHEMA } from '../../src/config/moving-over/webhook-dingtalk-schema.ts'
import { SCHEMA } from '../../src/config/schema.ts'
import { WEB_SCHEMA } from '../../src/config/web-schema.ts'
import { AppError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/receiver.ts'

/** The faults of lines that follow a robot `r` and a channel `c`. */
function faultsOf(...lines: string[]): string[] {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x.yml')
  const start = ['robots: { r: { webhook: sandbox } }', 'channels: { c: { robots: [r] } }']
  const own = lines.some((line) => line.startsWith('robots:')) ? [] : start
  writeFileSync(file, [...own, ...lines, ''].join('\n'))
  try {
    loadSettings({ file, env: {}, cwd: folder.path })
    return []
  } catch (error) {
    assert.ok(error instanceof AppError, String(error))
    return error.faults.map((fault) => fault.replaceAll(file, 'x.yml'))
  }
}

describe('a value that the schema refuses', () => {
  test('is explained in words', () => {
    const robot = (more: string): string[] => [
      `robots: { r: { webhook: sandbox, ${more} } }`,
      'channels: { c: { robots: [r] } }',
    ]
    const channel = (more: string): string[] => [
      'robots: { r: { webhook: sandbox } }',
      `channels: { c: { ${more} } }`,
    ]
    for (const [lines, wanted] of [
      [channel('robots: [r, r]'), 'x.yml:2:30: channels.c.robots.1: is in the list twice'],
      [channel('robots: [r], title: ""'), 'x.yml:2:38: channels.c.title: is empty'],
      [
        channel('robots: [r], push_limits: { hour: 0 }'),
        'x.yml:2:52: channels.c.push_limits.hour: must be at least 1',
      ],
      [
        channel('robots: [r], digest: { max_messages: 101 }'),
        'x.yml:2:55: channels.c.digest.max_messages: must be at most 100',
      ],
      [
        robot(`keywords: [${Array(11).fill('k').join(', ')}]`),
        'x.yml:1:44: robots.r.keywords: must have at most 10 entries',
      ],
    ] as const)
      assert.deepEqual(faultsOf(...lines), [wanted])
  })
})

test('every keyword of the schemas has words', () => {
  const keywords = new Set<string>()
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, each] of Object.entries(value)) {
      if (key === 'properties') Object.values(each).forEach(collect)
      else if (key !== 'default' && key !== 'description') {
        keywords.add(Array.isArray(value) ? '' : key)
        collect(each)
      }
    }
  }
  for (const schema of [SCHEMA, WEB_SCHEMA, WEBHOOK_DINGTALK_SCHEMA]) collect(schema)
  const code = readFileSync(new URL('../../src/config/validate.ts', import.meta.url), 'utf8')
  // Those that describe, or that only hold other schemas.
  const silent = ['', '$schema', 'title', 'items', 'propertyNames']
  for (const keyword of keywords)
    if (!silent.includes(keyword))
      assert.match(code, new RegExp(`case '${keyword}':|^  ${keyword}: \\(`, 'm'), keyword)
})

describe('a fault of the schema', () => {
  test('does not hide the faults of the other parts', () => {
    assert.deepEqual(
      faultsOf(
        'retension: 1d',
        'timezone: Mars',
        'retention: 1m',
        'routes: [{ channels: [nowhere] }]',
        'quota: { monthly: 0 }',
      ),
      [
        'x.yml:3:1: retension: unknown key (did you mean "retention"?)',
        'x.yml:7:19: quota.monthly: must be at least 1',
        'x.yml:4:11: timezone: "Mars" is not a time zone; write one such as Asia/Shanghai',
        'x.yml:5:12: retention: must be at least 1h',
        'x.yml:6:23: routes.0.channels.0: unknown channel "nowhere"; available: c',
      ],
    )
  })

  test('causes no fault in what refers to it', () => {
    for (const lines of [
      ['robots: { r: { webhok: sandbox } }', 'channels: { c: { robots: [r] } }', 'timezone: Mars'],
      [
        'robots: { r: { webhook: sandbox } }',
        'channels: { c: { robots: [r], mention: { names: [ann] } } }',
        'people: { ann: { mobil: "13800000000" } }',
      ],
    ]) {
      const faults = faultsOf(...lines)
      assert.ok(faults.length > 0)
      for (const fault of faults) assert.doesNotMatch(fault, /unknown (?!key)|Mars/)
    }
    const channels =
      'channels: { c: { robots: [r], mention: { rules: [{ matchers: 5 }, { matchers: ["=="] }] } } }'
    assert.deepEqual(faultsOf('robots: { r: { webhook: sandbox } }', channels), [
      'x.yml:2:62: channels.c.mention.rules.0.matchers: must be a list of matchers, or one text',
    ])
  })
})
