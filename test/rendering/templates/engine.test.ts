import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compile, usagesIn } from '../../../src/rendering/templates/engine.ts'
import { growthOf } from '../../support/growth.ts'

const VALUES: Record<string, string> = { x: '- a_b* [c]', url: 'https://example.com', empty: '' }
const it = { get: (name: string) => VALUES[name] ?? '' }

/** Far below the time of quadratic work, far above the delay of a busy machine. */
const MAX_GROWTH = 100

const LONG: Readonly<Record<string, (size: number) => string>> = {
  'variables on one line': (size) => '${x}'.repeat(size),
  'variables after blanks': (size) => ' '.repeat(8 * size) + '${x}'.repeat(size),
  'lines of variables': (size) => '${x}\n'.repeat(size),
  'list lines': (size) => '- ${x}\n'.repeat(size),
  'variables that never end': (size) => '${x'.repeat(size),
  'tags that never end': (size) => '<%'.repeat(size),
}

describe('a template', () => {
  for (const [what, textOf] of Object.entries(LONG))
    test(`of many ${what} is compiled in time linear in its length`, () => {
      const work = (size: number): void => {
        const text = textOf(size)
        usagesIn(text)
        if (!text.includes('<%')) compile(text, 'markdown')
      }
      const growth = growthOf(work, 1_000)
      assert.ok(growth < MAX_GROWTH, `16 times the length took ${growth.toFixed(1)} times as long`)
    })

  test('URL-encodes a value within an address, and no other', () => {
    const values: Record<string, string> = {
      q: 'a b&c=(1) 中*',
      host: '10.0.0.1:9100',
      v6: '[::1]:80',
      url: 'https://example.com/a?b',
    }
    const get = (name: string): string => values[name] ?? ''
    const Q = 'a%20b%26c%3D%281%29%20%E4%B8%AD%2A'
    const CASES = {
      '[l](http://u/?q=${q}&r=${q})': `[l](http://u/?q=${Q}&r=${Q})`,
      'http://u/${q}': `http://u/${Q}`,
      'http://${host}/metrics': 'http://10.0.0.1:9100/metrics',
      'http://${v6}/${host}': 'http://[::1]:80/10.0.0.1%3A9100',
      '[l](${url})': '[l](https://example.com/a?b)',
      '[l](${url}/d/${host})': '[l](https://example.com/a?b/d/10.0.0.1%3A9100)',
      '${url}': 'https://example.com/a?b',
      '[l](${url}${url})': '[l](https://example.com/a?bhttps://example.com/a?b)',
      'http://u/ ${host}': 'http://u/ 10.0.0.1:9100',
      '[l](http://u/) ${host}': '[l](http://u/) 10.0.0.1:9100',
      'http://u/，${host}': 'http://u/，10.0.0.1:9100',
    }
    for (const format of ['markdown', 'text'] as const)
      for (const [template, expected] of Object.entries(CASES)) {
        assert.equal(compile(template, format)({ get }), expected)
        assert.equal(compile(`<% if (true) { %>${template}<% } %>`, format)({ get }), expected)
      }
    assert.equal(
      compile('http://u/?a=<%= 1 %>&q=${q}', 'markdown')({ get }),
      `http://u/?a=1&q=${Q}`,
    )
  })

  test('names labels of any script, with dots, slashes and dashes', () => {
    const values: Record<string, string> = {
      'app.kubernetes.io/name': 'api',
      'pod-name': 'web-1',
      服务: '订单',
      '🙂': 'yes',
    }
    const get = (name: string): string => values[name] ?? ''
    const text = '${app.kubernetes.io/name} ${ pod-name } ${服务} ${🙂} ${没有}|'
    for (const tags of ['', '<% %>'])
      assert.equal(compile(text + tags, 'text')({ get }), 'api web-1 订单 yes |')
    assert.deepEqual(
      usagesIn(text).map(({ name }) => name),
      ['app.kubernetes.io/name', 'pod-name', '服务', '🙂', '没有'],
    )
  })

  test('that is not from a file cannot contain code: its tags are text', () => {
    const text = '${x}: <%= 6 * 7 %> <% } %>\n<%~ it.get("x") %>'
    assert.equal(
      compile(text, 'text', { tags: false })({ get: () => 'v' }),
      'v: <%= 6 * 7 %> <% } %>\n<%~ it.get("x") %>',
    )
  })

  test('prints the same with tags and without', () => {
    for (const text of [
      '',
      'a',
      'a\n\nb\n',
      '${x}',
      '${ x }${x}',
      '- ${x}\n- ${empty}\nend',
      '- ${empty}',
      'a\n- ${empty}',
      '- ${empty}${x}',
      '> ${x}\n1. ${x}\n  ${x} and ${x}',
      '[${x}](${url}) ${x}[ ${x}<',
      "it's `quoted` \\ %> ${not a name} ${",
      'a\r\nb\r${x}',
    ])
      for (const format of ['markdown', 'text'] as const)
        assert.equal(
          `\n${compile(text, format)(it)}`,
          compile(`<% /* a tag */ %>\n${text}`, format)(it),
          JSON.stringify(text),
        )
  })

  test('stops when it has printed more than any message can contain', () => {
    const printed = { count: 0 }
    const counting = {
      get: () => {
        printed.count += 1
        return 'v'.repeat(20_000)
      },
    }
    const text = compile('${x}\n'.repeat(10_000), 'text')(counting)
    assert.ok(text.length > 20_000)
    assert.ok(printed.count < 10, `${printed.count} values were printed`)
  })
})
