import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { LEVEL_NAMES, LEVEL_WORDS, LEVELS, levelOf } from '../../src/model/level.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import { scenarios } from '../../src/rendering/templates/scenarios.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { channelNamed } from '../support/settings.ts'
import { NOW, ZONE } from '../tools/gallery/messages.ts'
import { blocksOf, codesIn, documentAt, tablesUnder } from './markdown.ts'

/** A document, and the text of its examples. */
function examplesOf(path: string) {
  const text = documentAt(path)
  const blocks = (wanted: string): string[] =>
    blocksOf(text)
      .filter(({ language }) => language === wanted)
      .map((block) => block.text)
  return { text, eta: blocks('eta'), yaml: blocks('yaml') }
}

for (const [file, heading, language] of [
  ['deploy/TEMPLATES.md', 'Severity words', 'en-US'],
  ['deploy/TEMPLATES.zh-CN.md', '级别的写法', 'zh-CN'],
] as const)
  describe(`the templates in ${file}`, () => {
    const { text, eta, yaml } = examplesOf(file)
    const settings = { language, timezone: ZONE } as const

    test('work in every scenario, and show their purpose', async () => {
      using folder = temporaryFolder()
      mkdirSync(folder.path, { recursive: true })
      assert.equal(eta.length, 2)
      writeFileSync(join(folder.path, 'oncall.eta'), eta[0] as string)
      writeFileSync(join(folder.path, 'oncall.lines.eta'), eta[1] as string)
      const channel = channelNamed('ops', { template: { kind: 'named', name: 'oncall' } })
      const renderer = createRenderer({ ...settings, templates: folder.path }, [channel])
      const checked = await renderer.check()
      assert.deepEqual(checked.failures, [])
      const textOf = (name: string): string => {
        const ask = scenarios(language, NOW).find((each) => each.name === name)?.ask
        assert.ok(ask?.kind === 'message')
        return renderer.render({ ...ask.request, channel, fits: () => true }).text
      }
      const one = textOf('one alert of Alertmanager')
      assert.match(one, /^### 🔴 .* HighLoad\n\n- .*ob\\?_prod · db-1\n- .*03:01:30.*2 /)
      assert.match(one, /\n\n\*\*.*\*\*\n\n.*\n\n\[(?:Runbook|处置手册)\]\(dingtalk:/)
      assert.match(
        textOf('forty at once'),
        /^### ⛔ .*40.*\n\n.*\n\n#+ ⛔ [\s\S]*\n- ⚠️ .* ×16[:：] ?.*192\.0\.2\.12 (?:and 13 more|等 16 项)/,
      )
    })

    test('also work inline in the configuration', async () => {
      const template = parse(yaml[0] as string).channels.ops.template as string
      const channel = channelNamed('ops', { template: { kind: 'inline', text: template } })
      const renderer = createRenderer({ ...settings, templates: '/nonexistent' }, [channel])
      assert.deepEqual(await renderer.check(), { failures: [], warnings: [] })
    })

    test('list every word for each level, and no other', () => {
      const rows = tablesUnder(text, heading)[0] as string[][]
      assert.equal(rows.length, LEVELS.length)
      for (const [index, level] of LEVELS.entries()) {
        const [name = '', ...words] = rows[index] as string[]
        assert.equal(name, `${level} ${LEVEL_NAMES[level]}`)
        assert.deepEqual(
          words.map((cell) => codesIn(cell).join(' ')),
          [LEVEL_WORDS.own[level], LEVEL_WORDS.other[level]],
        )
        for (const word of words.flatMap(codesIn)) assert.equal(levelOf(word), level, word)
      }
    })

    test('mention only existing template names', () => {
      const [, table = ''] = text.split(/\n\| (?:field of `it`|`it` 的字段) \|/)
      const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? []
      const names = rows.flatMap((row) =>
        [...(row.split('|')[1] ?? '').matchAll(/`(\w+)(?:\([^`]*\))?`/g)].map(
          ([, name]) => name as string,
        ),
      )
      assert.ok(names.length > 40, `${names.length} names`)
      const seen = new Set<string>()
      const spy = `<% for (const name in it) it.now.seen(name); for (const each of it.alerts ?? []) for (const name in each) it.now.seen(name) %>x`
      using folder = temporaryFolder()
      mkdirSync(folder.path, { recursive: true })
      for (const part of ['alert', 'group', 'lines', 'quota'])
        writeFileSync(join(folder.path, part === 'alert' ? 'spy.eta' : `spy.${part}.eta`), spy)
      const channel = channelNamed('ops', { template: { kind: 'named', name: 'spy' } })
      const renderer = createRenderer({ ...settings, templates: folder.path }, [channel])
      const now = Object.assign(new Date(NOW), { seen: (name: string) => seen.add(name) })
      for (const { ask } of scenarios(language, NOW))
        if (ask.kind === 'message')
          renderer.render({ ...ask.request, now, channel, fits: () => true })
      assert.deepEqual(
        names.filter((name) => !seen.has(name)),
        [],
      )
    })
  })
