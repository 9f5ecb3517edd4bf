import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import type { Channel } from '../../../src/model/settings.ts'
import { createRenderer } from '../../../src/rendering/renderer.ts'
import { PART_NAMES } from '../../../src/rendering/templates/loader.ts'
import { scenarios } from '../../../src/rendering/templates/scenarios.ts'
import { temporaryFolder } from '../../support/receiver.ts'
import { channelNamed } from '../../support/settings.ts'
import { yieldsOf } from '../../support/slices.ts'

/** Runs `check` on template files, for a channel with the template `mine`. */
async function check(
  files: Record<string, string>,
  ...channels: Partial<Channel>[]
): Promise<{ faults: string[]; warnings: string[] }> {
  using folder = temporaryFolder()
  mkdirSync(folder.path, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text)
  const settings = {
    language: 'en-US',
    timezone: 'UTC',
    templates: folder.path,
  } as const
  const mine = { template: { kind: 'named', name: 'mine' } } as const
  const all = channels.length === 0 ? [mine] : channels
  const short = (fault: string): string => fault.replaceAll(`${folder.path}/`, '')
  try {
    const named = all.map((each, index) => channelNamed(`ops-${index}`, each))
    const { failures, warnings } = await createRenderer(settings, named).check()
    return { faults: failures.map(short), warnings: warnings.map(short) }
  } catch (error) {
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'bad_configuration')
    return { faults: error.faults.map(short), warnings: [] }
  }
}

describe('a check of templates', () => {
  test('finds nothing in the built-in ones, in any format', async () => {
    // A configured title makes the check render the built-in templates in every scenario.
    for (const format of ['markdown', 'text', 'actionCard'] as const)
      for (const name of ['default', 'ocp-text', 'webhook-dingtalk'])
        assert.deepEqual(
          await check({}, { format, title: '${alarm_name}', template: { kind: 'named', name } }),
          { faults: [], warnings: [] },
        )
  })

  test('names file and line of a syntax error', async () => {
    for (const [text, fault] of [
      ['a\n<% if (x { %>b\n<% } %>', "mine.eta:2: Unexpected token '{'"],
      ['a\nb\n<%= it.get("x" %>', 'mine.eta:3: missing ) after argument list'],
      ['a\n<% if (true) { %>\nb\nc', 'mine.eta:2: a block that begins with { is not closed'],
      ['a\n\n<% } %>\nb', 'mine.eta:3: a } has no matching {'],
      ['a\n<%= it.name', 'mine.eta:2: unclosed tag'],
      ["a\n<%= 'b %>\n", 'mine.eta:2: unclosed string'],
      ['<% if (x %>\n', 'mine.eta:1: the code of this tag does not end'],
      ['- ${alarm_name}\n- ${value}\n- <%= ) %>', "mine.eta:3: Unexpected token ')'"],
    ] as const)
      assert.deepEqual((await check({ 'mine.eta': text })).faults, [fault])
  })

  test('names file and line of an error that occurs in one scenario only', async () => {
    const text = '${alarm_name}\n<% if (it.isOcp) { %>x\n<%= it.labels[0].name %>\n<% } %>'
    assert.deepEqual((await check({ 'mine.eta': text })).faults, [
      "mine.eta:3: Cannot read properties of undefined (reading 'name')",
    ])
    for (const part of PART_NAMES.filter((each) => each !== 'digest')) {
      const file = part === 'alert' ? 'mine.eta' : `mine.${part}.eta`
      const { faults } = await check({ [file]: '\n<% it.nothing.at.all %>' })
      assert.deepEqual(faults, [`${file}:2: Cannot read properties of undefined (reading 'at')`])
    }
  })

  test('names unknown words, misspelt variables (in tags too), and parts that print nothing', async () => {
    assert.deepEqual((await check({ 'mine.eta': "\n\n<%= it.word('levl') %>" })).faults, [
      'mine.eta:3: unknown word "levl"',
    ])
    assert.deepEqual(
      await check({ 'mine.eta': "a\n<%= it.get('alarm_nam') %> <%= it.v.alarm_levl %> ${pod}" }),
      {
        faults: [],
        warnings: [
          'mine.eta:2:5: ${alarm_nam} is not a documented variable (did you mean "alarm_name"?)',
          'mine.eta:2:32: ${alarm_levl} is not a documented variable (did you mean "alarm_level"?)',
        ],
      },
    )
    assert.deepEqual(await check({ 'mine.eta': '<% if (it.level === 1) { %>x<% } %>' }), {
      faults: [],
      warnings: ['alert', 'recovery', 'flapping', 'bare'].map(
        (part) =>
          `mine.eta: prints nothing for the part ${part} of some messages, which then have the built-in part`,
      ),
    })
  })

  test('reads the templates that no channel uses, and what they include', async () => {
    assert.deepEqual(
      await check({
        'mine.eta': 'x',
        'unused.eta': 'a\n<% if (x { %>b<% } %>',
        'fine.eta': '<%= it.x %>',
        'README.md': '<% if (x {',
      }),
      { faults: ["unused.eta:2: Unexpected token '{'"], warnings: [] },
    )
  })

  test('ends a template that never ends', { timeout: 60_000 }, async () => {
    assert.deepEqual(await check({ 'mine.eta': 'a\n<% while (true) {} %>' }), {
      faults: [
        'mine.eta: takes longer than 1 s',
        'mine.eta: took too long, and is not called again until the next reload',
      ],
      warnings: [],
    })
  })

  test('warns of unknown fields and of tables, and not of documented names', async () => {
    const text = [
      '<%= it.plase %> <%= it.place %> <%= (() => it.nothing_like_it)() ?? "" %>x',
      '| a | b |',
      '|---|---|',
      '| ${alarm_name} | visit it.now |',
    ].join('\n')
    assert.deepEqual(await check({ 'mine.eta': text }), {
      faults: [],
      warnings: [
        'mine.eta:1:5: it.plase does not exist (did you mean "it.place"?)',
        'mine.eta:1:44: it.nothing_like_it does not exist',
        "mine.eta:3: DingTalk's phones show a table as it is written; use a list",
      ],
    })
  })

  test('reports every fault of every channel together, each once', async () => {
    const broken = { 'one.eta': '<% } %>', 'two.eta': 'a', 'two.group.eta': '\n<%= ( %>' }
    const use = (name: string) => ({ template: { kind: 'named', name } }) as const
    assert.deepEqual(
      (await check(broken, use('one'), use('two'), use('one'), use('absent'))).faults.map(
        (each) => each.split(':')[0],
      ),
      ['one.eta', 'two.group.eta', 'channels.ops-3.template'],
    )
  })
})

describe('the trial of every scenario', () => {
  test('yields before each scenario, so that requests are answered in between', async () => {
    const channels = ['one', 'two'].map((name) => channelNamed(name, { title: `${name} \${x}` }))
    const locale = { language: 'en-US', timezone: 'UTC' } as const
    const renderer = createRenderer({ ...locale, templates: '/nowhere' }, channels)
    const { yields } = await yieldsOf(() => renderer.trial())
    assert.equal(yields, 2 * scenarios('en-US', new Date(0)).length)
  })
})

describe('a part of a template', () => {
  test('can be replaced alone, in one channel or in all', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(join(folder.path, 'mine.quota.eta'), '${nothing}mine <%= it.percent %>')
    const channels = ['mine', 'default'].map((name) =>
      channelNamed(name, { template: { kind: 'named', name } }),
    )
    const renderer = () =>
      createRenderer({ language: 'en-US', timezone: 'UTC', templates: folder.path }, channels)
    const texts = () =>
      channels.map((channel) => {
        const now = new Date(0)
        const warning = { channel, now, percent: 50, used: 5, limit: 10, robot: undefined }
        return renderer()
          .quota({ ...warning, endsAt: now })
          .text.split('\n')[0]
      })
    assert.deepEqual(texts(), ['mine 50', '### 📊 50% of the monthly quota is used'])
    writeFileSync(join(folder.path, 'default.quota.eta'), 'ours')
    assert.deepEqual(texts(), ['mine 50', 'ours'])
  })
})
