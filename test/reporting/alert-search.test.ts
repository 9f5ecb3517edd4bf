import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readMatchers } from '../../src/config/matchers.ts'
import { LargeReads } from '../../src/large-reads.ts'
import { storedVariables } from '../../src/pipeline/stored-alerts.ts'
import {
  type AlertSearch,
  holds,
  type SearchDeps,
  searchAlerts,
  searchMessages,
  spellingsOf,
} from '../../src/reporting/alert-search.ts'
import { alertListIn, messageListIn } from '../../src/reporting/list-query.ts'
import { NO_TERMS, termsIn } from '../../src/reporting/search-terms.ts'
import { sources } from '../../src/sources/index.ts'
import { Path } from '../support/path.ts'
import { settingsOf } from '../support/settings.ts'

function depsOf(path: Path): SearchDeps {
  const { store } = path
  return {
    store,
    readMatchers,
    now: () => path.clock.now(),
    maxSearchMs: 1_500,
    variablesOf: (alerts) =>
      storedVariables(alerts, {
        ...{ store, sources, timezone: 'UTC' },
        reads: new LargeReads(),
      }),
  }
}

function termsOf(text: string): AlertSearch['terms'] {
  const read = termsIn(text, readMatchers)
  assert.equal(read.kind, 'terms')
  return read.kind === 'terms' ? read.terms : NO_TERMS
}

describe('the words of a search', () => {
  test('are searched in every spelling that senders use', () => {
    assert.deepEqual(spellingsOf('plain'), ['plain'])
    assert.deepEqual(spellingsOf('a"b'), ['a"b', 'a\\"b', 'a%22b'])
    assert.ok(spellingsOf('磁盘').includes('\\u78c1\\u76d8'))
    assert.ok(spellingsOf('a<b&c').includes('a\\u003cb\\u0026c'))
    assert.ok(spellingsOf('😀').includes('\\ud83d\\ude00'))
    assert.ok(spellingsOf('\ud800').length > 0)
  })

  test('are limited in number, without duplicates, and name=value means that variable or the literal text', () => {
    assert.deepEqual(termsOf('  a b  a c d e f ').words, ['a', 'b', 'c', 'd', 'e'])
    const variables = { host: 'DB-1', alarm_target: 'ob_cluster=x:svr=y', empty: '' }
    for (const [word, found] of [
      ['db-1', true],
      ['host=db', true],
      ['host="db-1"', true],
      ['svr=y', true],
      ['host=y', false],
      ['other=db', false],
    ] as const)
      assert.equal(holds(variables, word), found, word)
  })

  test('may be combined with matchers in either notation of Alertmanager', () => {
    const shown = (text: string) => {
      const { words, matchers } = termsOf(text)
      return [
        words,
        matchers.map((each) => {
          const value = each.kind === 'equals' ? each.value : `~${each.pattern.source}`
          return `${each.name}${each.negated ? '!' : ''}=${value}`
        }),
      ]
    }
    assert.deepEqual(shown('disk instance=~"10\\\\..*", severity!="info" full'), [
      ['disk', 'full'],
      ['instance=~10\\..*', 'severity!=info'],
    ])
    assert.deepEqual(shown('{severity="a, b}",team=~db|web} x'), [
      ['x'],
      ['severity=a, b}', 'team=~db|web'],
    ])
    assert.deepEqual(shown('host=db-1, "odd name" = "x"'), [['host=db-1'], ['odd name=x']])
    assert.deepEqual(shown('svr=1:port=2 a,b {} 磁盘'), [['svr=1:port=2', 'a,b', '{}', '磁盘'], []])
    assert.deepEqual(shown(''), [[], []])
  })

  test('that cannot be parsed are a fault with the position of the character', () => {
    const faultOf = (text: string) => {
      const read = termsIn(text, readMatchers)
      assert.equal(read.kind, 'fault', text)
      return read.kind === 'fault' ? [read.at, read.why] : []
    }
    assert.deepEqual(faultOf('disk a=~"(" b'), [8, faultOf('disk a=~"(" b')[1]])
    assert.match(String(faultOf('disk a=~"("')[1]), /is not a pattern/)
    assert.equal(faultOf('x host="never ends')[0], 7)
    assert.equal(faultOf('host==db')[0], 4)
    assert.equal(faultOf('ok {a="b"')[0], 9)
    assert.equal(faultOf('a=~[')[0], 3)
  })

  test('are parsed in linear time, also if they are hostile', () => {
    for (const piece of ['{', '"', '\\"', 'a="', ' =', '~', '{"', ',', 'a=~"\\'])
      for (const text of [piece.repeat(3_000), `a=~"${piece.repeat(3_000)}`]) {
        const began = performance.now()
        termsIn(text, () => ({ kind: 'read', matchers: [] }))
        assert.ok(performance.now() - began < 500, JSON.stringify(piece))
      }
  })
})

describe('a search', () => {
  const alert = (instance: string, severity = 'warning') => ({
    status: 'firing',
    labels: { alertname: 'Disk', instance, severity },
    annotations: { summary: '磁盘 <98%>' },
  })

  test('finds an alert in any state by a label that others of its request lack', async () => {
    const path = await new Path(settingsOf()).start()
    await path.post('alertmanager', { alerts: [alert('a-1'), alert('b-1', 'critical')] })
    await path.post(
      'alertmanager',
      JSON.stringify({ alerts: [alert('c-1', 'info')] }).replaceAll('磁盘', '\\u78c1\\u76d8'),
    )
    const find = async (text: string, more: Partial<AlertSearch> = {}) => {
      const search = { terms: termsOf(text), limit: 10, ...more }
      const { items } = await searchAlerts(search, depsOf(path))
      return items.map((each) => each.variables['instance'])
    }
    assert.deepEqual(await find('instance=a-1'), ['a-1'])
    assert.deepEqual(await find('disk -1'), ['c-1', 'b-1', 'a-1'])
    assert.deepEqual(await find('磁盘 <98%>'), ['c-1', 'b-1', 'a-1'])
    assert.deepEqual(await find('b-1 a-1'), [])
    assert.deepEqual(await find('instance=~"[ab]-1"'), ['b-1', 'a-1'])
    assert.deepEqual(await find('instance=~"[ab]-1", instance!="a-1" disk'), ['b-1'])
    assert.deepEqual(await find('instance="a"'), [])
    assert.deepEqual(await find('nowhere=""'), ['c-1', 'b-1', 'a-1'])
    assert.deepEqual(await find('alarm_level="Critical"'), ['b-1'])
    assert.deepEqual(await find('', { sort: 'oldest' }), ['a-1', 'b-1', 'c-1'])
    assert.deepEqual(await find('', { sort: 'level' }), ['b-1', 'a-1', 'c-1'])
    assert.deepEqual(await find('disk', { sort: 'level', levels: [3, 5] }), ['a-1', 'c-1'])
    await path.stop()
  })

  for (const sort of ['newest', 'oldest', 'level'] as const)
    test(`returns each alert once over all pages, sorted by ${sort}`, async () => {
      const path = await new Path(settingsOf()).start()
      const severities = ['critical', 'warning', 'info']
      for (let request = 0; request < 8; request += 1)
        await path.post('alertmanager', {
          alerts: Array.from({ length: 60 }, (_, index) =>
            alert(`${index % 3 === 0 ? 'db' : 'web'}-${request}-${index}`, severities[index % 3]),
          ),
        })
      for (const [text, count] of [
        ['db-', 160],
        ['instance=~"web-.*"', 320],
        ['', 480],
      ] as const) {
        const seen: string[] = []
        let before: string | undefined
        do {
          const { items, next } = await searchAlerts(
            { terms: termsOf(text), limit: 50, sort, ...(before === undefined ? {} : { before }) },
            depsOf(path),
          )
          assert.ok(items.length === 50 || next === null, 'a page is full, or the last one')
          seen.push(...items.map((each) => each.alert.id))
          before = next ?? undefined
        } while (before !== undefined)
        assert.deepEqual([seen.length, new Set(seen).size], [count, count], text)
      }
      await path.stop()
    })

  test('returns what it found within its time limit, and how far back it searched', async () => {
    let asked = 0
    const at = new Date('2026-11-24T04:00:00Z')
    const page = await searchAlerts(
      { terms: termsOf('x'), limit: 10 },
      {
        store: {
          messages: async () => ({ items: [], next: null }),
          alerts: async () => {
            asked += 1
            return { items: [], next: String(1000 - asked), reached: at }
          },
        },
        readMatchers,
        variablesOf: async () => [],
        now: () => new Date(asked * 400),
        maxSearchMs: 1_900,
      },
    )
    assert.deepEqual(page, { items: [], next: '996', reached: at })
  })

  test('ends if the clock was set back meanwhile', async () => {
    let asked = 0
    const page = await searchMessages(
      { text: 'x', limit: 10 },
      {
        store: {
          alerts: async () => ({ items: [], next: null }),
          messages: async () => {
            asked += 1
            return { items: [], next: '5' }
          },
        },
        now: () => new Date(-asked),
        maxSearchMs: 1_500,
      },
    )
    assert.deepEqual([page, asked], [{ items: [], next: '5' }, 1])
  })
})

describe('the parameters of a list', () => {
  test('are all parsed, alike for alerts and messages', () => {
    const common = {
      channel: 'ops',
      level: '1,2',
      from: '2026-11-24T04:00:00Z',
      to: '2026-11-24T13:00:00+08:00',
      sort: 'oldest',
      before: '17',
    }
    const range = {
      from: new Date('2026-11-24T04:00:00Z'),
      to: new Date('2026-11-24T05:00:00Z'),
      levels: [1, 2],
      channel: 'ops',
      before: '17',
    }
    const messages = messageListIn({
      ...common,
      q: ' text ',
      kind: 'group',
      state: 'dead',
      robot: 'r',
    })
    assert.deepEqual(messages, {
      query: { ...range, order: 'oldest', text: 'text', kind: 'group', state: 'dead', robot: 'r' },
      faults: [],
    })
    const { query, faults } = alertListIn(
      {
        ...common,
        q: 'disk a="b"',
        matcher: ['c="d"', 'e!="f"'],
        status: 'resolved',
        state: 'sent',
      },
      readMatchers,
    )
    assert.deepEqual(faults, [])
    const { terms, ...others } = query
    assert.deepEqual(others, { ...range, sort: 'oldest', status: 'resolved', state: 'sent' })
    assert.deepEqual(
      [terms.words, terms.matchers.map(({ name }) => name)],
      [['disk'], ['a', 'c', 'e']],
    )
    assert.deepEqual(messageListIn({ q: '', from: '', state: '' }), { query: {}, faults: [] })
  })

  test('that are invalid are left out and named', () => {
    const { query, faults } = alertListIn(
      {
        state: 'x',
        status: ['firing', 'resolved'],
        level: '6',
        from: 'yesterday',
        to: '2026-11-24T04:00',
        sort: 'name',
        before: '1 OR 1',
        q: 'a=~"("',
        matcher: '=',
        channel: { a: 1 },
      },
      readMatchers,
    )
    assert.deepEqual(query, { terms: NO_TERMS })
    assert.deepEqual(faults.map(({ name }) => name).sort(), [
      'before',
      'channel',
      'from',
      'level',
      'matcher',
      'q',
      'sort',
      'state',
      'status',
      'to',
    ])
    const long = messageListIn({ q: 'x'.repeat(1_001), level: '1,1' })
    assert.deepEqual(long.faults.map(({ name }) => name).sort(), ['level', 'q'])
  })
})
