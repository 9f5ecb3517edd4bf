import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { createRenderer } from '../../src/rendering/renderer.ts'
import { scenarios } from '../../src/rendering/templates/scenarios.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { channelNamed } from '../support/settings.ts'
import { NOW, ZONE } from '../tools/gallery/messages.ts'

/** The section of a README about templates, and the text of its examples. */
function sectionOf(file: string, heading: string) {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url))
  const [, rest = ''] = readFileSync(path, 'utf8').split(`\n## ${heading}\n`)
  const text = rest.split('\n## ')[0] as string
  const blocks = (language: string): string[] =>
    [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
      ([, block]) => block as string,
    )
  return { text, eta: blocks('eta'), yaml: blocks('yaml') }
}

for (const [file, heading, language] of [
  ['README.md', 'Templates', 'en-US'],
  ['README.zh-CN.md', '模板', 'zh-CN'],
] as const)
  describe(`the templates in ${file}`, () => {
    const { text, eta, yaml } = sectionOf(file, heading)
    const settings = { language, timezone: ZONE, externalUrl: undefined } as const

    test('work in every scenario, and show their purpose', async () => {
      using folder = temporaryFolder()
      mkdirSync(folder.path, { recursive: true })
      assert.equal(eta.length, 2)
      writeFileSync(join(folder.path, 'oncall.eta'), eta[0] as string)
      writeFileSync(join(folder.path, 'oncall.lines.eta'), eta[1] as string)
      const channel = channelNamed('ops', { template: { kind: 'named', name: 'oncall' } })
      const renderer = createRenderer({ ...settings, templates: folder.path }, [channel])
      const checked = await renderer.check()
      assert.deepEqual([checked.faults, checked.failures], [[], []])
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
      assert.deepEqual(await renderer.check(), { faults: [], failures: [], warnings: [] })
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
