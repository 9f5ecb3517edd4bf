import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { onCallJson, readOnCall } from '../../src/reporting/oncall.ts'
import { settingsOf } from '../support/settings.ts'
import { serve } from './serving.ts'

const SETTINGS = settingsOf(
  {},
  {
    rotas: new Map([
      [
        'dba',
        {
          turns: [['zhangsan'], ['lisi']],
          everyMs: 7 * 86_400_000,
          from: '2026-11-30T09:00',
          timezone: 'Asia/Shanghai',
          overrides: [],
        },
      ],
      [
        'net',
        {
          turns: [['wangwu']],
          everyMs: 86_400_000,
          from: '2026-11-30T09:00',
          timezone: 'Asia/Shanghai',
          overrides: [],
        },
      ],
    ]),
  },
)

describe('GET /api/v1/oncall', () => {
  test('returns who is on call at an instant and next, for each rota', async () => {
    const now = new Date('2026-12-01T00:00:00Z')
    const onCall = (at = now) => onCallJson(readOnCall(SETTINGS, at), at)
    await using server = await serve({ deps: { onCall } })
    const get = async (query: string) => (await fetch(`${server.url}/api/v1/oncall${query}`)).json()
    assert.deepEqual(await get('?at=2026-12-07T09:00:00%2B08:00'), {
      at: '2026-12-07T01:00:00.000Z',
      rotas: {
        dba: { people: ['lisi'], next: { at: '2026-12-14T01:00:00.000Z', people: ['zhangsan'] } },
        net: { people: ['wangwu'], next: null },
      },
    })
    const today = (await get('')) as { at: string; rotas: { dba: { people: string[] } } }
    assert.equal(today.at, now.toISOString())
    assert.deepEqual(today.rotas.dba.people, ['zhangsan'])
    assert.deepEqual(await get('?at=2026-12-01T08:00:00+08:00'), today)
  })

  test('an invalid instant is refused with a reason', async () => {
    await using server = await serve()
    for (const at of ['yesterday', '2026-12-01', '2026-13-01T00:00:00Z', '1&at=2']) {
      const response = await fetch(`${server.url}/api/v1/oncall?at=${at}`)
      assert.equal(response.status, 400, at)
      assert.match(await response.text(), /at: must be an instant such as 2026-12-24T09:00:00Z/)
    }
  })
})
