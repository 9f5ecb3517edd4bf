import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { browserUrl, linksOf, safeUrl, silenceUrl } from '../../../src/rendering/text/links.ts'
import { messageAlert } from '../support.ts'

const ALERTMANAGER = { external_url: 'http://alertmanager.example:9093/am/' }

/** Parses the matchers in an address as Alertmanager's page does: names, and values as JSON strings. */
function matchersOf(url: string | undefined): Record<string, string> {
  const { hash } = new URL(url ?? '')
  const [path, query = ''] = hash.split('?')
  assert.equal(path, '#/silences/new')
  const filter = decodeURIComponent(query.replace(/^filter=/, ''))
  assert.match(filter, /^\{.*\}$/s)
  const pairs = filter.slice(1, -1).matchAll(/([^=,]+)=("(?:[^"\\]|\\.)*")/gs)
  return Object.fromEntries(
    [...pairs].map(([, name, value]) => [name, JSON.parse(value as string)]),
  )
}

describe('a prepared silence', () => {
  test('matches exactly the labels of its alert, whatever they contain', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/),
          fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
          { minKeys: 1, maxKeys: 6, noNullPrototype: true },
        ),
        (labels) => {
          const url = silenceUrl(labels, ALERTMANAGER) ?? ''
          assert.ok(url.startsWith('http://alertmanager.example:9093/am/#/silences/new?filter=%7B'))
          assert.doesNotMatch(url, /[\s()"'<>{}[\]\\]/)
          assert.deepEqual(matchersOf(url), labels)
        },
      ),
    )
  })

  test("is offered only for a firing alert with Alertmanager's address and labels that its page can read", () => {
    const labels = { alertname: 'HighLoad' }
    const words = (changes: object, variables: Record<string, string> = ALERTMANAGER) =>
      linksOf(
        messageAlert(variables, { source: 'alertmanager', labels, ...changes }),
        variables,
      ).map(({ word }) => word)
    assert.deepEqual(words({}), ['silence'])
    assert.deepEqual(words({ status: 'resolved' }), [])
    assert.deepEqual(words({}, {}), [])
    assert.deepEqual(words({ labels: { 'a b': 'x' } }), [])
    assert.deepEqual(words({ labels: { a: 'x'.repeat(4_000) } }), [])
    assert.deepEqual(words({}, { silenceURL: 'http://grafana.example/silence' }), ['silence'])
  })
})

describe('the links of an alert', () => {
  test('lead to OCP, or to the runbook first, the graph and the dashboard', () => {
    const ocp = { alarm_url: 'http://ocp.example/alarm/event/1' }
    assert.deepEqual(linksOf(messageAlert(ocp), ocp), [{ word: 'openInOcp', url: ocp.alarm_url }])
    const variables = {
      generator_url: 'http://prometheus.example/graph?g0.expr=up',
      alarm_url: 'http://wiki.example/up',
      runbook_url: 'http://wiki.example/up',
      dashboard_url: 'http://grafana.example/d/1',
    }
    assert.deepEqual(
      linksOf(messageAlert(variables, { source: 'alertmanager' }), variables).map(
        ({ word }) => word,
      ),
      ['runbook', 'openInPrometheus', 'dashboard'],
    )
  })

  test('of a chat message lead to the page that mutes it, and to OCP if OCP sent it', () => {
    const wordsOf = (variables: Record<string, string>): string[] => {
      const entry = { ...messageAlert(variables, { source: 'chat' }), silenceLink: 'http://r/s' }
      return linksOf(entry, variables).map(({ word }) => word)
    }
    const variables = { alarm_url: 'http://ocp.example/alarm/event/1' }
    assert.deepEqual(wordsOf(variables), ['open', 'mute'])
    assert.deepEqual(wordsOf({ ...variables, alarm_type: 'ob_down' }), ['openInOcp', 'mute'])
  })

  test("lead to the channel's own alarm_url instead of the sender's addresses", () => {
    const variables = { generator_url: 'http://p/graph?g0.expr=up', alarm_url: 'http://wiki/up' }
    const entry = messageAlert(variables, { source: 'alertmanager' })
    const linksWith = (alarm_url: string) => linksOf(entry, { ...variables, alarm_url })
    assert.deepEqual(linksWith('http://own/1'), [{ word: 'open', url: 'http://own/1' }])
    assert.deepEqual(linksWith(''), [], 'an empty one removes the link')
  })

  test('are only ever addresses that may be opened', () => {
    for (const bad of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'x',
      'http://',
      '',
    ])
      assert.equal(safeUrl(bad), undefined, bad)
    assert.equal(safeUrl(' http://a/(b)[c] "d"|e\n'), 'http://a/%28b%29%5Bc%5D%20%22d%22%7Ce')
    assert.equal(safeUrl('http://a/告警?x=%20'), 'http://a/%E5%91%8A%E8%AD%A6?x=%20')
  })

  test('open in the browser of a computer, and are wrapped once', () => {
    const url = browserUrl('http://a/#/x?f=%7B&b')
    assert.equal(
      url,
      'dingtalk://dingtalkclient/page/link?url=http%3A%2F%2Fa%2F%23%2Fx%3Ff%3D%257B%26b&pc_slide=false',
    )
    assert.equal(new URL(url).searchParams.get('url'), 'http://a/#/x?f=%7B&b')
    assert.equal(browserUrl(url), url)
  })
})
