import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { barSvg, chartHtml, meterSvg } from '../../src/console/chart.ts'
import { bubbleOf } from '../../src/console/chat-bubble.ts'
import { formattersOf, pathWith } from '../../src/console/format.ts'
import { wordsOf } from '../../src/console/i18n.ts'
import { markdownToHtml } from '../../src/console/markdown.ts'
import { exampleCurl, snippetsOf } from '../../src/console/snippets.ts'
import { stripSvg } from '../../src/console/strip.ts'
import { Secret } from '../../src/model/secret.ts'
import type { ChartBucket } from '../../src/reporting/timeline.ts'
import { accessOf } from '../support/settings.ts'

describe('large content', () => {
  const look = formattersOf({ words: wordsOf('en-US'), now: new Date(0), timezone: 'UTC' })

  test('shows long variables cut, and only the first of many', () => {
    const [[, value] = [], ...others] = look.shown({ long: 'x'.repeat(1_000_000), short: 'y' })
    assert.equal(value, `${'x'.repeat(4_000)}…`)
    assert.deepEqual(others, [['short', 'y']])
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [i, 'x'.repeat(1_000)]))
    const shown = look.shown(many)
    assert.equal(shown.at(-1)?.[0], '…')
    assert.ok(shown.length < 30)
  })

  test("shows at most DingTalk's length of a message", () => {
    const body = JSON.stringify({
      msgtype: 'markdown',
      markdown: { text: '**a** '.repeat(100_000) },
    })
    assert.ok(bubbleOf(body).html.length < 200_000)
  })
})

describe('a chat bubble', () => {
  test('renders the Markdown that DingTalk supports, and nothing else', () => {
    const html = markdownToHtml(
      '### Title\n\n- **bold** *italic*\n\n> quote\n\n[link](https://a.b)\n\n| a |\n|---|\n| b |\n\n```\nx\n```',
    )
    for (const part of ['<h3>Title</h3>', '<strong>bold</strong>', '<blockquote>', 'https://a.b'])
      assert.ok(html.includes(part), part)
    for (const part of ['<table', '<pre']) assert.ok(!html.includes(part), part)
  })

  test('keeps its headings out of the outline of the page', () => {
    const body = { msgtype: 'markdown', markdown: { title: 't', text: '# One\n##### Two <h1>' } }
    const { html } = bubbleOf(JSON.stringify(body))
    assert.match(html, /<h1 role="presentation">One<\/h1>\s*<h5 role="presentation">Two &lt;h1&gt;/)
  })

  test('escapes hostile text: no tags, scripts or external images', () => {
    const html = markdownToHtml(
      '<script>alert(1)</script> <img src=x onerror=alert(1)> ![p](http://evil/x.png) [x](javascript:alert(1)) <font color=red onclick=alert(1)>x</font> <font color=";position:fixed">y</font>',
    )
    assert.doesNotMatch(html, /<(?:script|img|font)/)
    assert.doesNotMatch(html, /href="javascript/)
    assert.match(html, /href="http:\/\/evil\/x\.png" rel="noreferrer">🖼/)
  })

  test('closes coloured text; an unclosed tag stays text', () => {
    assert.equal(
      markdownToHtml('a <font color=#F5222D>**b** <c></font> d').trim(),
      '<p>a <font color="#F5222D"><strong>b</strong> &lt;c&gt;</font> d</p>',
    )
    assert.doesNotMatch(markdownToHtml('a <font color=red>b\n\nc'), /<font/)
  })

  test('highlights mentioned people only, and only whole names', () => {
    const body = JSON.stringify({
      msgtype: 'markdown',
      markdown: { title: 'T', text: 'x @13800000000 @138000000001 @who' },
      at: { atMobiles: ['13800000000'], atUserIds: [], isAtAll: true },
    })
    const bubble = bubbleOf(body)
    assert.equal(bubble.html.match(/class="at"/g)?.length, 1)
    assert.match(bubble.html, /<strong class="at">@13800000000<\/strong>/)
    assert.deepEqual([bubble.people, bubble.all, bubble.title], [['13800000000'], true, 'T'])
  })

  test('keeps the lines of a text message, and the buttons of a card', () => {
    const text = bubbleOf(
      '{"msgtype":"text","text":{"content":"# <b>a</b>\\n- @u"},"at":{"atUserIds":["u"]}}',
    )
    assert.equal(text.html, '# &lt;b&gt;a&lt;/b&gt;\n- <strong class="at">@u</strong>')
    const card = (part: object) =>
      bubbleOf(JSON.stringify({ msgtype: 'actionCard', actionCard: { text: 'x', ...part } }))
        .buttons
    const go = { title: 'Go', url: 'https://a.b' }
    const btns = [
      { title: 'Go', actionURL: 'https://a.b' },
      { title: 'No', actionURL: 'javascript:alert(1)' },
    ]
    assert.deepEqual(card({ btns }), [go])
    assert.deepEqual(card({ singleTitle: 'Go', singleURL: 'https://a.b', btns }), [go])
    assert.deepEqual(card({ singleTitle: 'Go', singleURL: 'javascript:alert(1)' }), [])
  })

  test("shows the message's text for an unknown body", () => {
    assert.match(bubbleOf('no json', 'the text').html, /the text/)
    assert.match(bubbleOf('null', 'the text').html, /the text/)
    assert.match(bubbleOf('{"msgtype":"x","x":7}', 'the text').html, /the text/)
  })

  test("resolves links of DingTalk's client to their target", () => {
    const inner = encodeURIComponent('https://a.b/c?d=e')
    assert.match(
      markdownToHtml(`[x](dingtalk://dingtalkclient/page/link?url=${inner}&pc_slide=false)`),
      /href="https:\/\/a\.b\/c\?d=e"/,
    )
    assert.doesNotMatch(
      markdownToHtml('[x](dingtalk://dingtalkclient/page/link?url=javascript%3Aalert(1))'),
      /href="javascript/,
    )
  })
})

describe('drawings', () => {
  const words = {
    summary: 'a "summary" <x>',
    bucket: ({ at }: { at: Date }) => at.toISOString(),
    href: ({ at }: { at: Date }) => `/alerts?from=${at.toISOString()}`,
    time: () => '12:00',
    number: String,
  }
  const bucket = (counts: Partial<ChartBucket>): ChartBucket => {
    const { delivered = 0, waiting = 0, failed = 0, suppressed = 0, paused = [] } = counts
    const received = delivered + waiting + failed + suppressed
    const span = { at: new Date(0), until: new Date(60_000) }
    return { ...span, received, delivered, waiting, failed, suppressed, paused }
  }

  test('the chart stacks the received alerts within its scale, each column a link', () => {
    const html = chartHtml(
      [bucket({}), bucket({ delivered: 7, failed: 1 }), bucket({ suppressed: 500, waiting: 1 })],
      words,
    )
    for (const name of ['delivered', 'failed', 'suppressed', 'waiting'])
      assert.equal(html.match(new RegExp(`class="${name}"`, 'g'))?.length, 1, name)
    assert.equal(html.match(/<a href="\/alerts\?from=1970/g)?.length, 3)
    assert.match(html, /<span>1000<\/span><span>500<\/span><span>0<\/span>/)
    for (const [, y] of html.matchAll(/y="(-?[\d.]+)"/g)) assert.ok(Number(y) >= 0)
    assert.match(html, /aria-label="a &#34;summary&#34; &#60;x&#62;"/)
    assert.doesNotMatch(chartHtml([], words), /NaN|Infinity/)
  })

  test('the parts of a column touch each other, and each that is not zero is visible', () => {
    const html = chartHtml([bucket({ delivered: 998, suppressed: 1, failed: 1 })], words)
    const parts = [...html.matchAll(/class="(\w+)" x="12" y="(\d+)" width="76" height="(\d+)"/g)]
    let bottom = 1_060
    for (const [, name, y, height] of parts) {
      assert.ok(Number(height) >= 14, name)
      assert.equal(Number(y) + Number(height), bottom, name)
      bottom = Number(y)
    }
    assert.deepEqual(
      parts.map(([, name]) => name),
      ['delivered', 'suppressed', 'failed'],
    )
  })

  test('the chart marks where a robot was paused', () => {
    const paused = bucket({ paused: ['a'] })
    assert.equal(chartHtml([paused, bucket({})], words).match(/class="pause"/g)?.length, 1)
  })

  test('a strip shows each kind of minute by a different shape, in runs', () => {
    const kinds = ['idle', 'idle', 'accepted', 'refused', 'refused', 'paused', 'retried'] as const
    const cells = kinds.map((kind, index) => ({ at: new Date(index), kind, calls: 1 }))
    const html = stripSvg(cells, { summary: 'a <b>', run: ({ kind, minutes }) => kind + minutes })
    assert.deepEqual(
      [...html.matchAll(/<title>(\w+)<\/title>/g)].map(([, text]) => text),
      ['idle2', 'accepted1', 'refused2', 'paused1', 'retried1'],
    )
    const shapes = [...html.matchAll(/<g class="\w+">.*?<\/g>/g)].map(([group]) =>
      [...group.matchAll(/y="(\d+)" width="\d+" height="(\d+)"/g)].map(([, ...yh]) => yh).join(),
    )
    assert.equal(new Set(shapes).size, 5)
    assert.match(html, /aria-label="a &#60;b&#62;"/)
  })

  test('a meter has a mark per call for few calls, and a bar for many', () => {
    const few = meterSvg({ left: 3, all: 20, label: 'l' })
    assert.deepEqual([few.match(/class="on"/g)?.length, few.match(/class="off"/g)?.length], [3, 17])
    assert.equal(meterSvg({ left: 50, all: 200, label: 'l' }).match(/<rect/g)?.length, 2)
    assert.match(barSvg({ share: 3, label: 'l', warns: true }), /class="scarce" width="200"/)
  })
})

describe('snippets', () => {
  const credentials = [
    [undefined, undefined, undefined],
    [{ kind: 'bearer', token: new Secret('s3cret') }, 'authorization', /^Authorization: Bearer /],
    [
      { kind: 'basic', username: 'o\'m "x"', password: new Secret('s3cret') },
      'basic_auth',
      /^Authorization: Basic /,
    ],
    [
      { kind: 'header', name: 'x-token', value: new Secret('s3cret') },
      'http_headers',
      /^x-token: /,
    ],
  ] as const
  for (const [credential, config, header] of credentials)
    test(`for Alertmanager with ${credential?.kind ?? 'nothing'} are YAML with the right URL, without secrets`, () => {
      const access = accessOf({ auth: credential === undefined ? [] : [credential] })
      const made = snippetsOf({ url: 'http://h:1', channel: 'ops', access })
      const { url, send_resolved, http_config } = parse(made.alertmanager).receivers[0]
        .webhook_configs[0]
      assert.deepEqual([url, send_resolved], ['http://h:1/alertmanager/ops', true])
      assert.deepEqual(Object.keys(http_config ?? {}), config === undefined ? [] : [config])
      if (credential?.kind === 'basic')
        assert.equal(http_config.basic_auth.username, credential.username)
      if (header === undefined) assert.equal(made.ocpHeader, undefined)
      else assert.match(made.ocpHeader ?? '', header)
      assert.equal(made.ocpUrl, 'http://h:1/ocp/ops')
      assert.equal(made.dropInUrl, 'http://h:1/dingtalk/ops/send')
      assert.doesNotMatch(JSON.stringify(made), /s3cret/)
    })

  test("the command's payload is JSON", () => {
    const command = exampleCurl('http://h:1', { channel: 'a b', access: accessOf({}) })
    assert.match(command, /^curl http:\/\/h:1\/alertmanager\/a%20b -d/)
    assert.equal(JSON.parse(/-d '(.*)'$/.exec(command)?.[1] ?? '').alerts.length, 1)
  })

  test('a path keeps only non-empty parameters', () => {
    assert.equal(pathWith('/a', { b: undefined, c: '', d: null }), '/a')
    assert.equal(pathWith('/a', { b: 'x y&z', c: '1' }), '/a?b=x+y%26z&c=1')
  })
})
