import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import type { MessageAlert } from '../../../src/model/alert.ts'
import type { Level } from '../../../src/model/level.ts'
import type { Format, Language } from '../../../src/model/settings.ts'
import { compose, MAX_BODY_BYTES } from '../../../src/notifiers/dingtalk/body.ts'
import { createRenderer } from '../../../src/rendering/renderer.ts'
import { prometheusAlert } from '../../../src/rendering/templates/sample-alerts.ts'
import { scenarios } from '../../../src/rendering/templates/scenarios.ts'
import { readMessage } from '../../../src/sandbox/message.ts'
import { channelNamed } from '../../support/settings.ts'
import {
  FORMATS,
  LANGUAGES,
  MENTIONED_MOBILE,
  messagesIn,
  NOW,
  scenesIn,
  ZONE,
} from '../../tools/gallery/messages.ts'
import { galleryPage } from '../../tools/gallery/page.ts'
import { scenes } from '../../tools/gallery/scenes.ts'

const SNAPSHOTS = fileURLToPath(new URL('../snapshots/', import.meta.url))

/** Parses Markdown as phones do, and PCs, which support more. */
const markdown = new MarkdownIt('default', { html: true, breaks: true })

const ALLOWED = new Set([
  ...['heading_open', 'heading_close', 'paragraph_open', 'paragraph_close', 'inline', 'text'],
  ...['bullet_list_open', 'bullet_list_close', 'list_item_open', 'list_item_close', 'text_special'],
  ...[
    'blockquote_open',
    'blockquote_close',
    'strong_open',
    'strong_close',
    'softbreak',
    'hardbreak',
  ],
  ...['link_open', 'link_close'],
])

/** Parses a text as Markdown; returns the kinds of its tokens, the addresses, and the visible text. */
function read(text: string) {
  const kinds = new Set<string>()
  const links: string[] = []
  let shown = ''
  const walk = (tokens: ReturnType<typeof markdown.parse>): void => {
    for (const token of tokens) {
      kinds.add(token.type)
      if (token.type === 'link_open') links.push(String(token.attrGet('href') ?? ''))
      if (token.type === 'text' || token.type === 'text_special') shown += token.content
      walk(token.children ?? [])
    }
  }
  walk(markdown.parse(text, {}))
  return { kinds, links, shown }
}

/** Asserts that DingTalk accepts a body and shows it as intended. */
function holds(body: string, format: Format, mentioned: string | undefined): void {
  assert.ok(Buffer.byteLength(body) <= MAX_BODY_BYTES)
  const shown = readMessage(body)
  assert.ok('text' in shown, body)
  assert.ok(shown.text.isWellFormed() && shown.title.isWellFormed())
  assert.ok(format === 'text' || shown.title.trim() !== '')
  assert.doesNotMatch(shown.title, /\n/)
  const people = [...shown.text.matchAll(/@(1\d{10})(?!\d)/g)].map(([, mobile]) => mobile)
  assert.deepEqual(people, mentioned === undefined ? [] : [mentioned])
  assert.doesNotMatch(shown.text, /@(?:all|所有人)|[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/i)
  if (format === 'text') return
  assert.doesNotMatch(shown.text, /<[a-z/!?]/i)
  const { kinds, links, shown: visible } = read(shown.text)
  assert.deepEqual(
    [...kinds].filter((kind) => !ALLOWED.has(kind)),
    [],
  )
  for (const link of links) assert.match(link, /^(?:https?|dingtalk):\/\//)
  // No link markup is visible.
  assert.doesNotMatch(visible, /\]\((?:dingtalk|https:\/\/alerts)/)
}

describe('every scenario', () => {
  for (const language of LANGUAGES)
    for (const format of FORMATS)
      test(`renders in ${language} as ${format} without a fault and within the limit`, () => {
        for (const { body, faults } of messagesIn(language, format)) {
          assert.deepEqual(faults, [])
          holds(body, format, MENTIONED_MOBILE)
        }
      })

  // Markdown in every language, the other formats in one, so that a change of wording changes few files.
  for (const [language, format] of [
    ...LANGUAGES.map((each) => [each, 'markdown'] as const),
    ['en-US', 'text'] as const,
    ['en-US', 'actionCard'] as const,
  ])
    test(`renders in ${language} as ${format} as in the snapshot`, () => {
      const text = messagesIn(language, format)
        .map(({ situation, title, text: said, buttons }) =>
          [
            `===== ${situation}`,
            title === '' ? '(no title)' : title,
            '',
            said,
            ...buttons.map(({ title: label, url }) => `( ${label} ) ${url}`),
          ].join('\n'),
        )
        .join('\n\n')
      const file = `${SNAPSHOTS}${language}.${format}.txt`
      if (process.env['UPDATE_SNAPSHOTS'] === '1' || !existsSync(file)) {
        assert.notEqual(process.env['CI'], 'true', `${file} is missing`)
        mkdirSync(SNAPSHOTS, { recursive: true })
        writeFileSync(file, `${text}\n`)
      }
      assert.equal(
        `${text}\n`,
        readFileSync(file, 'utf8'),
        'UPDATE_SNAPSHOTS=1 rewrites them; read what changed',
      )
    })

  test('renders realistic alerts of all senders without a fault, each with its name in the title', async () => {
    for (const language of LANGUAGES) {
      const all = await scenesIn(language)
      assert.ok(all.length >= 50, `${all.length} messages`)
      for (const { situation, title, body, faults } of all) {
        assert.deepEqual(faults, [], situation)
        holds(body, 'markdown', MENTIONED_MOBILE)
        if (!/[ ]/.test(situation)) assert.ok(title.includes(situation), `${situation}: ${title}`)
      }
    }
  })

  test('renders with the built-in template ocp-text as well', () => {
    for (const language of LANGUAGES)
      for (const { body, faults } of messagesIn(language, 'text', {
        template: { kind: 'named', name: 'ocp-text' },
      })) {
        assert.deepEqual(faults, [])
        holds(body, 'text', MENTIONED_MOBILE)
      }
  })

  test('is in every frame of the gallery, and no code in it runs', async () => {
    const page = await galleryPage()
    const situations = scenarios('en-US', NOW).length * FORMATS.length
    const count = (situations + (await scenes(NOW)).length) * LANGUAGES.length
    assert.equal(page.match(/<section /g)?.length, count)
    assert.equal(page.match(/class="frame /g)?.length, count * 4)
    assert.equal(page.match(/<script/g)?.length, 1)
    assert.ok(!/<img|<b>bold/.test(page))
    for (const [, href = ''] of page.matchAll(/href="([^"]*)"/g))
      assert.match(href, /^(?:https?|dingtalk):/)
  })
})

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 3_000 }),
  fc
    .array(
      fc.constantFrom(
        '# ',
        '- ',
        '**',
        '[',
        '](',
        '@all',
        '@13800138000',
        '<b>',
        '`',
        '\n',
        '\u202e',
        '告警',
        '|-|',
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
)
const alert = fc
  .record({
    labels: fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), text, { maxKeys: 5 }),
    summary: fc.option(text, { nil: undefined }),
    description: fc.option(text, { nil: undefined }),
    runbook: fc.option(text, { nil: undefined }),
    lasted: fc.option(fc.nat(10_000), { nil: undefined }),
    level: fc.constantFrom<Level>(1, 2, 3, 4, 5),
    changes: fc.nat(4),
    repeats: fc.nat(3),
  })
  .map(({ labels, summary, description, runbook, lasted, level, ...overrides }): MessageAlert => {
    const annotations = { summary, description, runbook_url: runbook }
    const defined = Object.entries(annotations).filter(([, value]) => value !== undefined)
    return prometheusAlert({ alertname: 'A', ...labels }, NOW, {
      annotations: Object.fromEntries(defined) as Record<string, string>,
      level,
      overrides,
      ...(lasted === undefined ? {} : { lasted }),
    })
  })

describe('whatever alerts contain', () => {
  test('every body is valid, complete and within the limit, and mentions only the configured people', () => {
    const renderers = new Map<Language, ReturnType<typeof createRenderer>>()
    const channels = FORMATS.map((format) => channelNamed(format, { format }))
    for (const language of LANGUAGES)
      renderers.set(
        language,
        createRenderer({ language, timezone: ZONE, templates: '/x' }, channels),
      )
    fc.assert(
      fc.property(
        fc.array(alert, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(...LANGUAGES),
        fc.constantFrom(...channels),
        fc.constantFrom('full', 'lines', 'counts'),
        fc.constantFrom('penalty', 'push_limit', 'quota', 'unreachable', undefined),
        fc.boolean(),
        (alerts, language, channel, form, reason, mentions) => {
          const mobiles = mentions ? [MENTIONED_MOBILE] : []
          const bodyOf = (
            title: string,
            said: string,
            buttons: readonly { title: string; url: string }[],
          ) =>
            compose(
              {
                format: channel.format,
                title,
                text: said,
                buttons,
                link: undefined,
                mention: { mobiles, users: [], all: false },
              },
              [],
              'key',
            )
          const groups = alerts.map((each) => ({
            level: each.level,
            name: each.alert.name,
            cluster: each.alert.variables['cluster'] ?? '',
            firing: 3,
            resolved: 1,
            examples: [each],
          }))
          const made = renderers.get(language)?.render({
            channel,
            now: NOW,
            form,
            alerts,
            stillFiring: alerts.slice(0, 2),
            total: form === 'counts' ? groups.length * 4 : alerts.length,
            from: NOW,
            to: NOW,
            groups: form === 'counts' ? groups : [],
            delayed: reason === undefined ? undefined : { since: NOW, reason },
            link: 'https://alerts.example/messages/1',
            fits: (...parts) => Buffer.byteLength(bodyOf(...parts)) <= MAX_BODY_BYTES,
          })
          assert.ok(made !== undefined)
          assert.deepEqual(made.faults, [])
          assert.ok(made.included >= 1)
          const body = bodyOf(made.title, made.text, made.buttons)
          holds(body, JSON.parse(body).msgtype, mobiles[0])
        },
      ),
      { numRuns: 200 },
    )
  })
})
