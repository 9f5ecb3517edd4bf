import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ServerDeps } from '../../src/http/server.ts'
import { NO_ACTIONS, serve } from './serving.ts'

function recording(done: unknown[]): ServerDeps['actions'] {
  return {
    ...NO_ACTIONS,
    resend: async (...values) => void done.push(['resend', ...values]),
    resendAll: async (...values) => {
      done.push(['resendAll', ...values])
      return { resent: 12, outdated: 1, hasMore: true }
    },
    dismissAll: async (...values) => {
      done.push(['dismissAll', ...values])
      return 3
    },
    pause: async (robot, how) => {
      done.push(['pause', robot, how])
      return NO_ACTIONS.pause(robot, how)
    },
    resume: async (...values) => {
      done.push(['resume', ...values])
      return [{ since: new Date(0), until: new Date(1), reason: 'throttled' }]
    },
  }
}

async function asked(
  path: string,
  body: unknown,
): Promise<{ status: number; reply: Record<string, unknown>; done: unknown[] }> {
  const done: unknown[] = []
  await using server = await serve({ deps: { actions: recording(done) } })
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const { status, text: reply } = await server.post(path, {}, text)
  return { status, reply: JSON.parse(reply), done }
}

describe('the actions of the API', () => {
  test('send failed messages again by id or by filter, and return their number and cost', async () => {
    const { reply, done } = await asked('/api/v1/messages/resend', { ids: [7, '8'], by: ' li \n' })
    assert.deepEqual(reply, {
      ...{ errcode: 0, errmsg: 'ok', messages: 12, calls: 12, outdated: 1, more: true },
    })
    assert.deepEqual(done, [['resendAll', { ids: ['7', '8'] }, { by: 'li', dryRun: false }]])
    const filtered = await asked('/api/v1/messages/resend', { channel: 'ops', dry_run: true })
    assert.deepEqual(filtered.done, [
      ['resendAll', { channel: 'ops' }, { by: '127.0.0.1', dryRun: true }],
    ])
  })

  test('dismiss failed messages, which costs no call', async () => {
    const { reply, done } = await asked('/api/v1/messages/dismiss', { state: 'dead' })
    assert.deepEqual(reply, { errcode: 0, errmsg: 'ok', messages: 3, calls: 0 })
    assert.deepEqual(done, [['dismissAll', {}, { by: '127.0.0.1', dryRun: false }]])
  })

  test('refuse a body without ids and filters, and fields of a wrong type', async () => {
    const wrong: unknown[] = [
      {},
      '',
      [],
      'x',
      { ids: [] },
      { ids: 'all' },
      { ids: ['1; DROP TABLE messages'] },
      { ids: Array(1_001).fill('1') },
      { state: 'sent' },
      { channel: 7 },
      { channel: 'ops', dry_run: 'yes' },
      { channel: 'ops', chanel: 'x' },
      { state: 'dead', dryRun: true },
    ]
    for (const action of ['resend', 'dismiss'])
      for (const body of wrong) {
        const { status, done } = await asked(`/api/v1/messages/${action}`, body)
        assert.deepEqual([status, done], [400, []], JSON.stringify(body))
      }
  })

  test('pause a robot until an instant, or until it is resumed', async () => {
    const until = '2999-01-01T00:00:00+08:00'
    const { reply, done } = await asked('/api/v1/robots/ops-1/pause', { until, by: 'li' })
    assert.equal(reply['paused_until'], '2998-12-31T16:00:00.000Z')
    assert.deepEqual(done, [['pause', 'ops-1', { until: new Date(until), by: 'li' }]])
    const open = await asked('/api/v1/robots/ops-1/pause', '')
    assert.equal(open.reply['paused_until'], '9999-01-01T00:00:00.000Z')
    const { reply: resumed } = await asked('/api/v1/robots/ops-1/resume', '')
    assert.deepEqual(resumed, { errcode: 0, errmsg: 'ok', ended: ['throttled'] })
  })

  test('refuse a pause whose end is past, lacks an offset, or is not an instant', async () => {
    for (const until of ['2020-01-01T00:00:00Z', '2999-01-01T00:00:00', 'tomorrow', 10, '10m']) {
      const { status, done } = await asked('/api/v1/robots/ops-1/pause', { until })
      assert.deepEqual([status, done], [400, []], String(until))
    }
  })

  test('shorten a name to one line without control characters', async () => {
    const by = `\u0000li\r\n\u202e${'x'.repeat(500)}`
    const { done } = await asked('/api/v1/robots/ops-1/resume', { by })
    const [[, , name] = []] = done as [unknown, unknown, string][]
    assert.match(name ?? '', /^li x{50,60}$/)
  })
})
