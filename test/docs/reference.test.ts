import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { SCHEMA, schemaText } from '../../src/config/schema.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { createMetrics, SEND_RESULTS, SUPPRESS_REASONS } from '../../src/metrics.ts'
import { SOURCE_NAMES, STATUSES } from '../../src/model/alert.ts'
import { MESSAGE_KINDS } from '../../src/model/message.ts'
import { freePort, Receiver, runCommand, temporaryFolder } from '../support/receiver.ts'
import { keysOf } from './keys.ts'
import { codesIn, documentAt, ROOT, tablesUnder } from './markdown.ts'

const LANGUAGES = {
  'deploy/REFERENCE.md': {
    commands: 'Commands',
    configuration: 'Configuration',
    errors: 'Error codes',
    metrics: 'Metrics',
  },
  'deploy/REFERENCE.zh-CN.md': {
    commands: '命令',
    configuration: '配置',
    errors: '错误码',
    metrics: '指标',
  },
}

const keys = keysOf(SCHEMA)

describe('the JSON Schema for editors', () => {
  test('is the schema of the receiver', () => {
    assert.equal(documentAt('deploy/dingtalk-receiver.schema.json'), schemaText())
  })
})

for (const [path, headings] of Object.entries(LANGUAGES)) {
  const markdown = documentAt(path)
  const first = (heading: string): string[] =>
    (tablesUnder(markdown, heading)[0] as string[][]).flatMap(([cell = '']) => codesIn(cell))

  describe(path, () => {
    test('lists every configuration key once, and no other', () => {
      const known = keys.map((key) => key.path)
      const wanted = known.filter(
        (each) =>
          !known.some((other) => other.startsWith(`${each}.`) || other.startsWith(`${each}[]`)),
      )
      const named = first(headings.configuration)
      assert.deepEqual(
        wanted.filter((each) => !named.includes(each)),
        [],
        'not documented',
      )
      assert.deepEqual(
        named.filter((each) => !known.includes(each)),
        [],
        'documented, and gone',
      )
      assert.equal(new Set(named).size, named.length)
    })

    test('gives the default of each key', () => {
      const rows = tablesUnder(markdown, headings.configuration)[0] as string[][]
      for (const [key = '', value = '', means = ''] of rows) {
        const schema = keys.find((each) => each.path === codesIn(key)[0])?.schema
        const wanted = schema?.default === undefined ? [] : [String(schema.default)]
        assert.deepEqual(codesIn(value), wanted, key)
        assert.ok(means.length > 1, key)
        for (const choice of schema?.enum ?? [])
          if (typeof choice === 'string') assert.ok(codesIn(means).includes(choice), key)
      }
    })

    test('marks the secret keys', () => {
      const rows = tablesUnder(markdown, headings.configuration)[0] as string[][]
      for (const { path: key, schema } of keys) {
        const isSecret = schema.oneOf?.some((each) => 'file' in (each.properties ?? {})) ?? false
        const row = rows.find(([cell = '']) => codesIn(cell)[0] === key)
        if (row !== undefined) assert.equal(/a secret$|机密$/.test(row[2] as string), isSecret, key)
      }
    })

    test('lists every error code with its status, and no other', () => {
      const rows = tablesUnder(markdown, headings.errors)[0] as string[][]
      const named = rows.map(([code = '', status]) => [codesIn(code)[0], Number(status)])
      assert.deepEqual(named, Object.entries(ERROR_CODES))
    })

    test('lists every metric with its type and labels, and no other', async () => {
      const { registry } = createMetrics({ version: '1', node: 'v24' })
      const wanted = (await registry.getMetricsAsJSON())
        .filter(({ name }) => name.startsWith('dingtalk_receiver_'))
        .map(({ name, type }) => {
          const { labelNames } = registry.getSingleMetric(name) as unknown as {
            labelNames: string[]
          }
          return [name, type, labelNames.join()]
        })
      const rows = tablesUnder(markdown, headings.metrics)[0] as string[][]
      const named = rows.map(([name = '', type, labels = '']) => [
        codesIn(name)[0],
        type,
        codesIn(labels).join(),
      ])
      assert.deepEqual(named, wanted)
    })

    test('lists every value of the closed labels', () => {
      const rows = tablesUnder(markdown, headings.metrics)[1] as string[][]
      assert.deepEqual(
        Object.fromEntries(
          rows.map(([label = '', values = '']) => [codesIn(label)[0], codesIn(values)]),
        ),
        {
          source: [...SOURCE_NAMES],
          status: [...STATUSES],
          reason: [...SUPPRESS_REASONS],
          kind: [...MESSAGE_KINDS],
          outcome: ['sent', 'dead'],
          result: [...SEND_RESULTS],
        },
      )
    })

    test('names every command with its arguments, in the order of the help, and no other', async () => {
      const usages = first(headings.commands).filter((each) => /^[a-z]+(?: |$)/.test(each))
      const overview = await runCommand(['--help'])
      const [, list = ''] = overview.stdout.split(/Commands:\n|\nExamples:/)
      const there = [...list.matchAll(/^ {2}([a-z]+)\b.* {2}/gm)].map(([, name]) => name)
      assert.ok(there.length > 5)
      assert.deepEqual(
        usages.map((each) => each.split(' ')[0]),
        there,
      )
      for (const usage of usages) {
        const name = usage.split(' ')[0] as string
        const { stdout } = await runCommand([name, '--help'])
        const options = [...stdout.matchAll(/^ {2}(--[\w.-]+)/gm)].map(([, option]) => option)
        assert.deepEqual(
          [...usage.matchAll(/--[\w.-]+/g)].map(([option]) => option).sort(),
          options.filter((option) => option !== '--help').sort(),
          name,
        )
      }
    })

    test('lists every environment variable that the code reads', () => {
      const named = (tablesUnder(markdown, headings.commands)[1] as string[][]).flatMap(
        ([cell = '']) => codesIn(cell),
      )
      const source = ['config/load.ts', 'config/settings.ts', 'config/proxy.ts', 'cli/send.ts'].map(
        (each) => readFileSync(`${ROOT}src/${each}`, 'utf8'),
      )
      const read = [
        ...source.join().matchAll(/(?:env\[|has\(|env: |firstSet\(env, )'([A-Z_]+)'/g),
        ...source.join().matchAll(/'(HTTPS?_PROXY)'/g),
      ].map(([, name]) => name)
      assert.deepEqual([...named].sort(), [...new Set(read)].sort())
    })

    test('lists exactly the declared routes', async () => {
      const named = (tablesUnder(markdown, 'HTTP')[0] as string[][]).flatMap(([cell = '']) =>
        codesIn(cell),
      )
      using folder = temporaryFolder()
      await using receiver = new Receiver({ folder: folder.path, port: await freePort() })
      await receiver.start()
      for (const route of named) {
        const [method = '', at = ''] = route.split(' ')
        const url = at.replace(':channel', 'ops').replace(':id', 'none')
        const reply = await fetch(receiver.url + url, {
          method,
          body: method === 'POST' ? '{}' : null,
        })
        assert.doesNotMatch(await reply.text(), /not found: /, route)
      }
      const files = ['server', 'api', 'receive', 'lists'].map((each) =>
        readFileSync(`${ROOT}src/http/${each}.ts`, 'utf8'),
      )
      for (const [, at = ''] of files.join().matchAll(/\.(?:get|post|put)\(\s*'(\/[\w/:.-]+)',/g))
        if (!/^\/(assets|login|logout|sign)/.test(at))
          assert.ok(
            named.some((route) => route.endsWith(` ${at}`)),
            at,
          )
    })
  })
}
