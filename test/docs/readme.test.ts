import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { filesIn } from '../deploy/manifests.ts'
import {
  anchorOf,
  blocksOf,
  chineseOf,
  codesIn,
  commandsOf,
  documentAt,
  GUIDES,
  ROOT,
} from './markdown.ts'

const CONTRIBUTING = '.github/CONTRIBUTING.md'

const READMES = ['README.md', 'README.zh-CN.md'] as const

for (const path of GUIDES)
  test(`${path} and its Chinese twin have the same sections, blocks, commands and tables`, () => {
    const shape = (markdown: string) => ({
      sections: markdown.match(/^## /gm)?.length,
      blocks: blocksOf(markdown).map(({ language }) => language),
      commands: blocksOf(markdown)
        .filter(({ language }) => language === 'sh')
        .flatMap(commandsOf),
      tables: markdown.match(/^\|(?:---\|)+$/gm),
      rows: markdown.match(/^\|/gm)?.length,
    })
    assert.deepEqual(shape(documentAt(chineseOf(path))), shape(documentAt(path)))
  })

describe('the READMEs', () => {
  test('are read in a quarter of an hour: 13 KB in English, 13,000 characters in Chinese', () => {
    assert.ok(Buffer.byteLength(documentAt('README.md')) <= 13_000)
    assert.ok([...documentAt('README.zh-CN.md')].length <= 13_000)
  })

  test('link to every other document for users', () => {
    for (const path of GUIDES.slice(1)) {
      assert.ok(documentAt('README.md').includes(`(${path})`), path)
      assert.ok(documentAt('README.zh-CN.md').includes(`(${chineseOf(path)})`), path)
    }
  })

  test('call the channel `ops` throughout', () => {
    for (const path of READMES) {
      const text = documentAt(path).replaceAll('deploy/alertmanager/', '')
      const named = [...text.matchAll(/(?:\/(?:alertmanager|ocp|dingtalk)\/|-- test )([\w-]+)/g)]
      assert.ok(named.length > 4)
      for (const [, channel] of named) assert.match(channel as string, /^(ops|auto|README)$/)
      for (const [, name] of text.matchAll(/^channels:\n {2}([\w-]+):/gm)) assert.equal(name, 'ops')
    }
  })

  test("name no package registry's host, nor does deploy/", () => {
    const hosts =
      /\b(?:registry\.[\w.-]+|ghcr\.io|docker\.io|quay\.io|gcr\.io|[\w.-]*npmjs\.\w+|[\w.-]*npmmirror\.\w+)/i
    for (const path of READMES) assert.doesNotMatch(documentAt(path), hosts, path)
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
