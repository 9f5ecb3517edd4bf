import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Secret } from '../../src/model/secret.ts'
import { channelNamed, settingsOf } from '../support/settings.ts'
import { serve } from './serving.ts'

const BODY = '{"alerts":[{"labels":{"alertname":"Disk voll, 磁盘"}}]}'
const NOW = Date.parse('2026-11-28T01:00:00Z')
const SECONDS = String(NOW / 1000)
const clock = { now: () => new Date(NOW), sleep: async () => {} }
const SIGNATURE = 'X-Grafana-Alerting-Signature'
const TIMESTAMP = 'X-Grafana-Alerting-Timestamp'

const hmac = (text: string | Buffer, secret = 'of-grafana'): string =>
  createHmac('sha256', secret).update(text).digest('hex')

function serving() {
  const channels = [
    channelNamed('ops'),
    channelNamed('grafana', { inlet: { hmac: new Secret('of-grafana') } }),
  ]
  return serve({ settings: { channels: settingsOf({ channels }).channels }, clock })
}

describe('a body for a channel with inlet.hmac', () => {
  test('is accepted with Grafana’s signature, with or without its timestamp', async () => {
    await using server = await serving()
    const good: Record<string, string>[] = [
      { [SIGNATURE]: hmac(BODY) },
      { [SIGNATURE]: hmac(BODY).toUpperCase() },
      { 'X-Grafana-Alert-Signature': hmac(BODY) },
      { [SIGNATURE]: hmac(`${SECONDS}:${BODY}`), [TIMESTAMP]: SECONDS },
    ]
    for (const path of ['/alertmanager/grafana', '/dingtalk/grafana/send', '/ocp/grafana'])
      for (const headers of good)
        assert.equal((await server.post(path, headers, BODY)).status, 200, JSON.stringify(headers))
  })

  test('is signed as it was sent, compressed or not', async () => {
    await using server = await serving()
    const sent = gzipSync(BODY)
    const headers = { [SIGNATURE]: hmac(sent), 'Content-Encoding': 'gzip' }
    const init = { method: 'POST', headers, body: new Uint8Array(sent) }
    assert.equal((await server.ask('/alertmanager/grafana', init)).status, 200)
  })

  test('is refused without a signature or with a wrong one, and the reply names what to set', async () => {
    await using server = await serving()
    const old = String(NOW / 1000 - 3_601)
    const bad: [headers: Record<string, string>, words: RegExp][] = [
      [{}, /header is missing/],
      [{ [SIGNATURE]: '' }, /inlet\.hmac/],
      [{ [SIGNATURE]: hmac(BODY, 'other') }, /inlet\.hmac/],
      [{ [SIGNATURE]: hmac(`${BODY} `) }, /inlet\.hmac/],
      [{ [SIGNATURE]: hmac(BODY).slice(1) }, /inlet\.hmac/],
      [{ [SIGNATURE]: 'z'.repeat(64) }, /inlet\.hmac/],
      [{ [SIGNATURE]: `sha256=${hmac(BODY)}` }, /inlet\.hmac/],
      // Signed without the instant, which could then be any.
      [{ [SIGNATURE]: hmac(BODY), [TIMESTAMP]: SECONDS }, /inlet\.hmac/],
      [{ [SIGNATURE]: hmac(`${old}:${BODY}`), [TIMESTAMP]: old }, /within an hour/],
      [{ [SIGNATURE]: hmac(`x:${BODY}`), [TIMESTAMP]: 'x' }, /in seconds/],
      [{ [SIGNATURE]: hmac(`:${BODY}`), [TIMESTAMP]: '' }, /in seconds/],
    ]
    for (const [headers, words] of bad) {
      const reply = await server.post('/alertmanager/grafana', headers, BODY)
      assert.equal(reply.status, 401, JSON.stringify(headers))
      assert.match(JSON.parse(reply.text).errmsg, words)
    }
    assert.equal(server.accepted.length, 0)
  })

  test('cannot be posted to /robot/send under the name of the channel', async () => {
    await using server = await serving()
    const text = '{"msgtype":"text","text":{"content":"hello"}}'
    const path = '/robot/send?access_token=grafana'
    for (const headers of [{}, { [SIGNATURE]: hmac(text) }] as Record<string, string>[])
      assert.equal(JSON.parse((await server.post(path, headers, text)).text).errcode, 300_005)
    assert.deepEqual(server.accepted, [])
  })

  test('needs no signature for a channel without inlet.hmac', async () => {
    await using server = await serving()
    assert.equal((await server.post('/alertmanager/ops', {}, BODY)).status, 200)
  })
})
