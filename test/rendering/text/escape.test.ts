import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import { cutTo, escapeMarkdown, escapeText, visible } from '../../../src/rendering/text/escape.ts'

/** A parser that is stricter than DingTalk: it also parses tables, code and strikethrough, which a value must not form. */
const markdown = new MarkdownIt('default', { html: true })

type Token = ReturnType<typeof markdown.parse>[number]

/** Parses a text as Markdown; returns the kinds of its tokens and the visible text. */
function read(text: string): { kinds: Set<string>; shown: string } {
  const kinds = new Set<string>()
  let shown = ''
  const walk = (tokens: readonly Token[]): void => {
    for (const token of tokens) {
      kinds.add(token.type)
      if (token.type === 'softbreak' || token.type === 'hardbreak') shown += '\n'
      if (token.type === 'text' || token.type === 'text_special') shown += token.content
      if (token.type === 'paragraph_close') shown += '\n'
      walk(token.children ?? [])
    }
  }
  walk(markdown.parse(text, {}))
  return { kinds, shown }
}

const HARMLESS = new Set([
  'paragraph_open',
  'paragraph_close',
  'inline',
  'text',
  'text_special',
  'softbreak',
  'hardbreak',
])

/** Normalizes indentation and spacing, which do not matter to a reader. */
const plain = (text: string): string => text.replace(/[\s\u00a0]+/g, ' ').trim()

const marks = fc.constantFrom(
  ...['#', '##', '>', '-', '+', '*', '**', '_', '__', '`', '```', '~', '~~', '[', ']', '(', ')'],
  ...['](', ']:', '!', '![', '<', '>', '<b>', '</b>', '<!--', '&', '&amp;', '&#64;', '\\', '|'],
  ...['|---|', '---', '===', '1.', '2)', '@', '@all', '@13800138000', '@所有人', 'http://a.b/c_d'],
  ...[
    '\n',
    '\n\n',
    '\t',
    ' ',
    '    ',
    'a',
    'b1',
    '告警',
    '👨‍👩‍👧',
    '\u202e',
    '\u200b',
    '${x}',
    '<%= 1 %>',
  ],
)
const hostile = fc.oneof(
  fc.array(marks, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.array(marks, { maxLength: 8 }).map((parts) => parts.join(' ')),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

describe('a value in Markdown', () => {
  test('is shown as written and has no effect, whatever it contains', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const { kinds, shown } = read(`Before: ${escapeMarkdown(value)}`)
        assert.deepEqual(
          [...kinds].filter((kind) => !HARMLESS.has(kind)),
          [],
          value,
        )
        assert.equal(plain(shown), plain(`Before: ${visible(value)}`))
      }),
      { numRuns: 2_000 },
    )
  })

  test('has no effect at the beginning of a line or a list item either', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const text = escapeMarkdown(value, { opening: true })
        const alone = read(text)
        assert.deepEqual(
          [...alone.kinds].filter((kind) => !HARMLESS.has(kind)),
          [],
          value,
        )
        assert.equal(plain(alone.shown), plain(visible(value)))
        const item = read(`- ${text}`).kinds
        for (const kind of ['heading_open', 'blockquote_open', 'fence', 'code_block', 'hr'])
          assert.ok(!item.has(kind), `${kind} of ${value}`)
      }),
      { numRuns: 2_000 },
    )
  })

  test('does not break bold text, a link or another value around or beside it', () => {
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
        const label = escapeMarkdown(oneLine(one), { followed: '[' })
        const { kinds } = read(`x [${label}](http://good.example) y`)
        assert.ok(kinds.has('link_open'), one)
        const beside = `${escapeMarkdown(oneLine(one), { followed: '(' })}(${escapeMarkdown(oneLine(other))})`
        assert.ok(!read(`x ${beside}`).kinds.has('link_open'), beside)
      }),
      { numRuns: 1_000 },
    )
  })

  test('has no backslash where none is needed', () => {
    for (const value of [
      'ob_cluster=ob4253_A-1731295857:host=192.0.2.11',
      'C:\\temp\\logs',
      'snake_case_name and 2 * 3 = 6 [1] (a) #3 a-b 1.5 > 1 && x',
      'http://ocp.example:8080/alarm/event/187?a_b=1&c=2',
      'SELECT a FROM t WHERE b > 1',
      'ops@example.com ~/bin 100% {json: "x"} 5 < 6 <= 7',
      'request queue ${request_queue_time_value_en_us}',
    ])
      assert.equal(escapeMarkdown(value), value)
  })
})

describe('any value', () => {
  test('mentions no one, in any format', () => {
    for (const value of ['@13800138000', 'see @all', '@所有人', '@user123 x', '(@manager4220)']) {
      assert.doesNotMatch(escapeMarkdown(value), /@/)
      assert.doesNotMatch(escapeText(value), /@/)
      assert.equal(read(escapeMarkdown(value)).shown.trim(), value)
      assert.equal(escapeText(value), value.replace('@', '＠'))
    }
    for (const address of ['root@10.0.0.1', 'ops@example.com', 'a@all.example'])
      assert.equal(escapeText(address), address)
  })

  test('loses invisible characters, and keeps the joiners of scripts and emoji', () => {
    assert.equal(visible('db\u202e1\u2066\u200b\ufeff\u00ad\u2060\u0000\u200ex'), 'db1x')
    assert.equal(visible('a\u200db \u200c'), 'ab ')
    for (const kept of ['👨‍👩‍👧', '🏳️‍🌈', 'क्‍ष', 'می‌خواهم', 'é', '️⚠️', '告警\tx\ny'])
      assert.equal(visible(kept), kept)
    assert.equal(visible('a\r\nb\u2028c\ud800'), 'a\nb\nc\ufffd')
  })

  test('is cut between visible characters', () => {
    const family = '👨‍👩‍👧'
    assert.equal(cutTo(`ab${family}${family}`, 11, '…'), `ab${family}…`)
    assert.equal(cutTo(`${family}${family}`, 3, '…'), '…')
    assert.equal(cutTo('e\u0301e\u0301', 3, '…'), 'e\u0301…')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(40), (text, length) => {
        const cut = cutTo(text, length, '…')
        assert.ok(cut.isWellFormed())
        assert.ok(cut === text || cut.length <= length + 1)
      }),
    )
  })

  test('is cut at the same place as when all of its characters are segmented', () => {
    const characters = new Intl.Segmenter('und', { granularity: 'grapheme' })
    const piece = fc.constantFrom(
      'a',
      '#',
      ' ',
      '磁',
      '\u0301',
      '\u20e3',
      '\u3099',
      '\u{e0100}',
      '🇨',
      '🇳',
      '👩',
      '\u200d',
      '\ufe0f',
      '\r',
      '\n',
      '각',
      'क',
      '्',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 40 }).map((all) => all.join('')),
          fc.string({ unit: 'binary', maxLength: 40 }),
        ),
        fc.nat(40),
        (text, length) => {
          const ends = [...characters.segment(text)].map(
            ({ index, segment }) => index + segment.length,
          )
          const end = ends.findLast((each) => each <= length) ?? 0
          const wanted = text.length <= length ? text : `${text.slice(0, end).trimEnd()}…`
          assert.equal(cutTo(text, length, '…'), wanted)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
