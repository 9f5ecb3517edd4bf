import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

describe('what senders post', () => {
  const open = new AsyncDisposableStack()
  let dingtalk: StandIn
  let receiver: Receiver

  before(async () => {
    const folder = open.use(temporaryFolder())
    dingtalk = open.use(await startStandIn())
    const config = `robots: { ops-1: { webhook: "${dingtalk.url('t')}" } }\nchannels: { ops: { robots: [ops-1] } }\n`
    receiver = open.use(new Receiver({ folder: folder.path, port: await freePort(), config }))
    await receiver.start()
  })
  after(() => open.disposeAsync())

  const alertOf = (labels: Record<string, string>, more: object = {}) => ({
    status: 'firing',
    labels: { alertname: 'A', ...labels },
    ...more,
  })
  const shownWith = (text: string): Promise<unknown> =>
    until(`${text} is shown`, () => dingtalk.shown().some((each) => each.text.includes(text)))

  /** Sends raw bytes, and returns the reply until the server closes. */
  async function raw(bytes: string): Promise<string> {
    const socket = connect(Number(new URL(receiver.url).port), '127.0.0.1')
    let said = ''
    socket.on('data', (chunk) => {
      said += chunk
    })
    socket.on('error', () => {})
    socket.end(bytes)
    await once(socket, 'close')
    return said
  }

  test('I16 line breaks in labels reach no header and no URL, and are delivered', async () => {
    const instance = 'crlf\r\nX-Evil: 1\r\n\r\nGET /evil'
    assert.equal(
      (await receiver.post('/alertmanager/ops', { alerts: [alertOf({ instance })] })).status,
      200,
    )
    await shownWith('crlf')
    for (const { headers, target } of dingtalk.received) {
      assert.equal(headers['x-evil'], undefined)
      assert.match(target, /^\/robot\/send\?access_token=t$/)
    }
  })

  test('I29 times in the future or ten years ago are accepted and delivered', async () => {
    const times = ['2099-01-01T00:00:00Z', '2014-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z']
    const alerts = times.map((startsAt, index) =>
      alertOf({ instance: `time-${index}` }, { startsAt }),
    )
    assert.equal(
      (await receiver.post('/alertmanager/ops', { groupKey: 'times', alerts })).status,
      200,
    )
    for (const index of times.keys()) await shownWith(`time-${index}`)
  })

  test('I30 a hundred copies of one request at once are one alert', async () => {
    const body = { groupKey: 'copies', alerts: [alertOf({ instance: 'copied' })] }
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => receiver.post('/alertmanager/ops', body)),
    )
    assert.ok(replies.every((reply) => reply.status === 200))
    await shownWith('copied')
    const { alerts } = await receiver.json<{ alerts: { variables: { instance: string } }[] }>(
      '/api/v1/alerts?limit=1000',
    )
    assert.equal(alerts.filter((each) => each.variables.instance === 'copied').length, 1)
  })

  test('I31 two peers of Alertmanager with the same notification are one alert', async () => {
    for (const peer of ['alertmanager-0', 'alertmanager-1'])
      assert.equal(
        (
          await receiver.post('/alertmanager/ops', {
            groupKey: 'peers',
            externalURL: `http://${peer}:9093`,
            alerts: [alertOf({ instance: 'of peers' }, { startsAt: '2026-11-24T03:00:00Z' })],
          })
        ).status,
        200,
      )
    await shownWith('of peers')
    const { alerts } = await receiver.json<{ alerts: { variables: { instance: string } }[] }>(
      '/api/v1/alerts?limit=1000',
    )
    assert.equal(alerts.filter((each) => each.variables.instance === 'of peers').length, 1)
  })

  test('I32 ambiguous requests, oversized headers and a missing host are refused, and none of them becomes an alert', async () => {
    const body = JSON.stringify({ alerts: [alertOf({ instance: 'smuggled' })] })
    const smuggled = `POST /alertmanager/ops HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const head = 'POST /alertmanager/ops HTTP/1.1\r\nHost: x\r\n'
    const both = await raw(
      `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    )
    assert.match(both, /^HTTP\/1\.1 400 /)
    const twice = await raw(
      `${head}Content-Length: 4\r\nContent-Length: 400\r\n\r\n{}  ${smuggled}`,
    )
    assert.match(twice, /^HTTP\/1\.1 400 /)
    const long = await raw(`${head}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
    assert.match(long, /^HTTP\/1\.1 431 /)
    const hostless = await raw(
      `POST /alertmanager/ops HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    assert.match(hostless, /^HTTP\/1\.1 400 /)
    const { alerts } = await receiver.json<{ alerts: { variables: { instance: string } }[] }>(
      '/api/v1/alerts?limit=1000',
    )
    assert.ok(alerts.every((each) => each.variables.instance !== 'smuggled'))
    assert.equal((await receiver.get('/-/healthy')).status, 200)
  })
})
