import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readMatchers } from '../../src/config/matchers.ts'
import type { ServerDeps } from '../../src/http/server.ts'
import { Secret } from '../../src/model/secret.ts'
import type { SearchDeps } from '../../src/reporting/alert-search.ts'
import type { AlertQuery, MessageQuery, StoredAlert } from '../../src/stores/queries.ts'
import { NO_ACTIONS, serve } from './serving.ts'

const ALERT: StoredAlert = {
  ...{ id: '7', channel: 'ops', source: 'alertmanager', fingerprint: 'f', status: 'firing' },
  ...{ level: 2, state: 'sent', reason: undefined, messageIds: [], repeats: 0 },
  receivedAt: new Date('2026-11-24T04:00:00Z'),
  deliveredAt: undefined,
  ...{ position: 0, payload: 1 },
}

function searching(next: string | null = null) {
  const asked: { alerts: AlertQuery[]; messages: MessageQuery[] } = { alerts: [], messages: [] }
  let ms = 0
  const search: SearchDeps = {
    store: {
      alerts: async (query) => {
        asked.alerts.push(query)
        ms += 1_000
        return { items: [ALERT], next, ...(next !== null && { reached: ALERT.receivedAt }) }
      },
      messages: async (query) => {
        asked.messages.push(query)
        return { items: [], next: null }
      },
    },
    variablesOf: async (alerts) => alerts.map(() => ({ alarm_name: '=1+1', severity: 'critical' })),
    readMatchers,
    now: () => new Date(ms),
    maxSearchMs: 1_500,
  }
  return { asked, search }
}

describe('the lists', () => {
  test('are narrowed by range, level, state and search', async () => {
    const { asked, search } = searching()
    await using server = await serve({ deps: { search } })
    const range = 'from=2026-11-24T04:00:00Z&to=2026-11-24T13:00:00%2B08:00'
    await server.ask(`/api/v1/messages?${range}&level=1,2&kind=group&sort=oldest&q=disk`)
    const instants = {
      from: new Date('2026-11-24T04:00:00Z'),
      to: new Date('2026-11-24T05:00:00Z'),
    }
    assert.deepEqual(asked.messages, [
      { ...instants, levels: [1, 2], kind: 'group', order: 'oldest', text: 'disk', limit: 50 },
    ])
    await server.ask(`/api/v1/alerts?${range}&level=2&status=firing&fingerprint=f&limit=3`)
    assert.deepEqual(asked.alerts, [
      { ...instants, levels: [2], status: 'firing', fingerprint: 'f', limit: 3 },
    ])
  })

  test('accept matchers, as parameters or in the search, and return only what they match', async () => {
    const { search } = searching()
    await using server = await serve({ deps: { search } })
    const count = async (query: string) =>
      JSON.parse((await server.ask(`/api/v1/alerts?${query}`)).text).alerts.length
    assert.equal(await count(`matcher=${encodeURIComponent('severity="critical"')}`), 1)
    assert.equal(await count(`matcher=${encodeURIComponent('severity!="critical"')}`), 0)
    const two = ['severity=~"crit.*"', 'team="db"'].map(encodeURIComponent)
    assert.equal(await count(`matcher=${two[0]}&matcher=${two[1]}`), 0)
    assert.equal(await count(`q=${encodeURIComponent('alarm_level="Critical" 1+1')}`), 1)
  })

  test('refuse an invalid parameter, and name it and the position of the fault', async () => {
    const { search } = searching()
    await using server = await serve({ deps: { search } })
    const refusal = async (query: string) => {
      const { status, text } = await server.ask(query)
      assert.equal(status, 400, query)
      return JSON.parse(text).errmsg
    }
    assert.match(
      await refusal('/api/v1/alerts?from=yesterday'),
      /^from: must be an instant such as/,
    )
    assert.match(await refusal('/api/v1/messages?level=9'), /^level: must be a number from 1/)
    assert.match(await refusal('/api/v1/alerts?status=open'), /^status: must be one of firing/)
    for (const limit of ['0', '-1', 'x'])
      assert.match(
        await refusal(`/api/v1/alerts?limit=${limit}`),
        /^limit: must be a number from 1/,
      )
    const fault = encodeURIComponent('disk a=~"("')
    assert.match(
      await refusal(`/api/v1/alerts?q=${fault}`),
      /^q: is not a pattern: .* \(at character 9\)$/,
    )
    assert.match(await refusal('/api/v1/alerts?matcher=x'), /^matcher: "x" /)
    const file = await server.ask('/alerts.csv?sort=name')
    assert.equal(file.status, 400)
    assert.match(file.text, /sort: must be one of/)
  })

  test('report how far a search came that ended early', async () => {
    const { search } = searching('5')
    await using server = await serve({ deps: { search } })
    const { next, searched_to } = JSON.parse((await server.ask('/api/v1/alerts?q=x')).text)
    assert.deepEqual([next, searched_to], ['5', '2026-11-24T04:00:00.000Z'])
    const { search: done } = searching()
    await using other = await serve({ deps: { search: done } })
    const whole = JSON.parse((await other.ask('/api/v1/alerts')).text)
    assert.deepEqual(Object.keys(whole), ['alerts', 'next'])
  })

  test('are also CSV files, with a link to the next page', async () => {
    const { asked, search } = searching('5')
    await using server = await serve({ deps: { search } })
    const { headers, text } = await server.ask('/alerts.csv?channel=ops&level=2')
    assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8')
    assert.equal(headers.get('content-disposition'), 'attachment; filename="alerts.csv"')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('link'), '</alerts.csv?channel=ops&level=2&before=5>; rel="next"')
    assert.equal(asked.alerts[0]?.limit, 1000)
    assert.ok(text.includes("7,2026-11-24T04:00:00.000Z,,ops,firing,Critical,sent,,'=1+1,"))
    const messages = await server.ask('/messages.csv')
    assert.match(messages.text, /id,created_at,/)
    assert.equal(messages.headers.get('link'), null)
  })

  test('are CSV files only for users of the console', async () => {
    const { search } = searching()
    const access = { admin: { token: new Secret('t'), protect: new Set([]) } }
    await using server = await serve({ access, deps: { search } })
    for (const path of ['/alerts.csv', '/messages.csv'])
      assert.equal((await server.ask(path)).status, 401, path)
  })
})

describe('all that match', () => {
  test('are counted first by every filter of the list, and never by fewer filters', async () => {
    const asked: unknown[] = []
    const actions = {
      ...NO_ACTIONS,
      resendAll: async (which: unknown, { dryRun }: { dryRun: boolean }) => {
        asked.push([which, dryRun])
        return { resent: 3, outdated: 0, hasMore: false }
      },
    }
    let bulk: unknown
    const page: ServerDeps['page'] = async (request) => {
      bulk = request.bulk
      return { status: 200, html: '<p>sure?' }
    }
    await using server = await serve({ deps: { actions, page } })
    const press = (fields: Record<string, string>) =>
      server.ask('/messages/actions', {
        method: 'POST',
        body: new URLSearchParams({ act: 'resend', which: 'all', ...fields }),
      })
    const filters = {
      ...{ channel: 'ops', kind: 'group', level: '1,2', q: 'disk' },
      from: '2026-11-24T04:00:00.000Z',
    }
    const which = {
      ...{ channel: 'ops', kind: 'group', levels: [1, 2], text: 'disk' },
      from: new Date('2026-11-24T04:00:00Z'),
    }
    await press(filters)
    assert.deepEqual(asked, [[which, true]])
    const { act, messages, fields } = bulk as { act: string; messages: number; fields: unknown[] }
    assert.deepEqual([act, messages], ['resend', 3])
    assert.deepEqual(Object.fromEntries(fields as [string, string][]), { which: 'all', ...filters })
    const done = await press({ ...filters, confirmed: 'yes' })
    assert.deepEqual(asked[1], [which, false])
    assert.match(done.headers.get('location') ?? '', /^\/messages\?state=dead&channel=ops.*n=3/)
    for (const wrong of [{ level: '9' }, { from: 'yesterday' }, { kind: 'x' }])
      assert.equal((await press({ ...filters, ...wrong })).status, 400)
    assert.equal(asked.length, 2)
  })
})

describe('a press on a page', () => {
  test('redirects back to that page, and never to another site', async () => {
    await using server = await serve()
    const press = async (path: string, fields: Record<string, string>) => {
      const { headers } = await server.ask(path, {
        method: 'POST',
        body: new URLSearchParams(fields),
      })
      return headers.get('location')
    }
    assert.equal(
      await press('/robots/lab/resume', { back: '/robots/lab?x=1' }),
      '/robots/lab?notice=robotRuns',
    )
    assert.equal(
      await press('/robots/lab/test', { back: '/robots/lab' }),
      '/robots/lab?notice=tested&ran=1',
    )
    assert.equal(await press('/robots/lab/resume', {}), '/?notice=robotRuns&at=robot-lab#robot-lab')
    for (const back of ['https://evil.example/', '//evil.example/x', 'javascript:alert(1)'])
      assert.match((await press('/robots/lab/resume', { back })) ?? '', /^\/\?notice=/)
  })

  test('mutes a channel until a time of its zone, by the name that was given', async () => {
    const muted: unknown[] = []
    const muteFor: ServerDeps['muteFor'] = async (...all) => {
      muted.push(all)
      return '1'
    }
    await using server = await serve({ deps: { muteFor } })
    const press = (fields: Record<string, string>) =>
      server.ask('/channels/ops/mute', { method: 'POST', body: new URLSearchParams(fields) })
    const length = { kind: 'until', wallTime: '2026-12-24T09:00' }
    const until = { for: 'until', until: length.wallTime }
    await press({ ...until, matchers: ' severity="info" ', by: ' li ' })
    await press({ ...until, matchers: ' ', by: '' })
    assert.deepEqual(muted, [
      ['ops', { length, matchers: ['severity="info"'], by: 'li' }],
      ['ops', { length, matchers: [], by: '127.0.0.1' }],
    ])
  })
})
