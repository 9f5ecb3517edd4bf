import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { createMetrics } from '../../src/metrics.ts'
import { ERROR_CODES, resultOf } from '../../src/notifiers/dingtalk/error-codes.ts'
import { filesIn } from '../deploy/manifests.ts'
import {
  anchorOf,
  blocksOf,
  codesIn,
  commandsOf,
  documentAt,
  ROOT,
  tablesUnder,
} from './markdown.ts'

const LANGUAGES = {
  'README.md': {
    trouble: 'Troubleshooting',
    metrics: 'Metrics',
  },
  'README.zh-CN.md': {
    trouble: '故障排查',
    metrics: '指标',
  },
}

const CONTRIBUTING = '.github/CONTRIBUTING.md'

describe('the READMEs', () => {
  const [english, chinese] = Object.keys(LANGUAGES).map((path) => documentAt(path)) as [
    string,
    string,
  ]

  test('have the same sections, blocks, commands and tables in both languages', () => {
    const shape = (markdown: string) => ({
      sections: markdown.match(/^## /gm)?.length,
      blocks: blocksOf(markdown).map(({ language }) => language),
      commands: blocksOf(markdown)
        .filter(({ language }) => language === 'sh')
        .flatMap(commandsOf),
      tables: markdown.match(/^\|(?:---\|)+$/gm),
    })
    assert.deepEqual(shape(chinese), shape(english))
  })

  test("name no package registry's host, nor does deploy/", () => {
    const hosts =
      /\b(?:registry\.[\w.-]+|ghcr\.io|docker\.io|quay\.io|gcr\.io|[\w.-]*npmjs\.\w+|[\w.-]*npmmirror\.\w+)/i
    for (const path of ['README.md', 'README.zh-CN.md'])
      assert.doesNotMatch(documentAt(path), hosts, path)
    for (const path of filesIn(
      '.md',
      '.yml',
      '.yaml',
      '.json',
      '.service',
      '.tpl',
      '.txt',
      'Dockerfile',
      '.sh',
    ))
      assert.doesNotMatch(documentAt(`deploy/${path}`), hosts, path)
  })
})

for (const path of [
  'README.md',
  'README.zh-CN.md',
  CONTRIBUTING,
  ...filesIn('.md').map((each) => `deploy/${each}`),
])
  test(`every link in ${path} has a target`, () => {
    const markdown = documentAt(path)
    for (const [, target = ''] of markdown.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const [file = '', anchor] = target.split('#')
      const at = file === '' ? path : normalize(join(dirname(path), file))
      assert.ok(existsSync(join(ROOT, at)), target)
      if (anchor === undefined) continue
      const anchors = [...documentAt(at).matchAll(/^#+ (.*)$/gm)].map(([, each]) =>
        anchorOf(each as string),
      )
      assert.ok(anchors.includes(anchor), target)
    }
  })

test('the guide for contributors names existing files and folders', () => {
  const prose = documentAt(CONTRIBUTING).replace(/```[\s\S]*?```/g, '')
  const named = codesIn(prose).filter((each) =>
    /^(src|test|templates|deploy)\/[\w./-]*$/.test(each),
  )
  assert.ok(named.length > 30)
  for (const each of named)
    if (!each.includes('NAME')) assert.ok(existsSync(join(ROOT, each)), each)
})

test('the guide for contributors runs existing scripts', () => {
  const { scripts } = JSON.parse(documentAt('package.json')) as { scripts: object }
  const named = [...documentAt(CONTRIBUTING).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name)
  assert.ok(named.length > 10)
  assert.deepEqual(
    named.filter((name) => !Object.hasOwn(scripts, name as string)),
    [],
  )
})

for (const [path, headings] of Object.entries(LANGUAGES)) {
  const markdown = documentAt(path)

  describe(path, () => {
    test('explains every verdict of DingTalk, with its codes', () => {
      const rows = tablesUnder(markdown, headings.trouble)[1] as string[][]
      const meanings = Object.entries(ERROR_CODES).filter(([name]) => name !== 'delivered')
      assert.equal(rows.length, meanings.length)
      for (const [index, [name, meaning]] of meanings.entries()) {
        const { outcome, words, codes } = meaning
        const ends: readonly number[] = ('range' in meaning && meaning.range) || []
        const [says = '', result = '', means = ''] = rows[index] as string[]
        assert.equal(codesIn(result)[0], resultOf(outcome), name)
        const named = codesIn(says)
          .filter((code) => /^-?\d+$/.test(code))
          .map(Number)
        const known: readonly number[] = [...codes, ...ends]
        // Outcomes that differ only in errmsg share a code; `expect` refuses a reply with 0.
        const wide = named.every((code) => code === 310000 || code === 0)
        if (known.length > 0 || !wide) assert.deepEqual(named, known, name)
        if (path === 'README.md') assert.equal(means, words, name)
        else assert.match(means, /\p{Script=Han}.*。$/u, name)
        for (const key of codesIn(words)) assert.ok(codesIn(means).includes(key), `${name}: ${key}`)
      }
    })

    test('gives an action for every symptom', () => {
      for (const row of tablesUnder(markdown, headings.trouble)[0] as string[][])
        assert.ok(row.length === 2 && row.every((cell) => cell.length > 4), row.join())
    })

    test('names all metrics, and no others', () => {
      const { registry } = createMetrics({ version: '1', node: 'v24' })
      const there = registry
        .getMetricsAsArray()
        .map(({ name }) => name)
        .filter((name) => name.startsWith('dingtalk_receiver_'))
      const named = (tablesUnder(markdown, headings.metrics)[0] as string[][]).flatMap(
        ([cell = '']) => codesIn(cell).map((name) => `dingtalk_receiver_${name}`),
      )
      assert.deepEqual(named.sort(), there.sort())
    })
  })
}
