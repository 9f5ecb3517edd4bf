import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

const OK = '{"errcode":0,"errmsg":"ok"}'
const fixture = (name: string): string =>
  readFileSync(new URL(`../sources/${name}.json`, import.meta.url), 'utf8')

/** The query that DingTalk's clients append to an address, signed for now. */
function signed(secret: string): string {
  const timestamp = Date.now()
  const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64')
  return `&timestamp=${timestamp}&sign=${encodeURIComponent(sign)}`
}

const CONFIG = (webhook: string): string => `
robots: { ops-1: { webhook: "${webhook}" } }
auth: [{ bearer: of-all-other-senders }]
channels:
  ops: { robots: [ops-1], inlet: { token: f0f1f2f3f4f5f6f7, secret: SECof-the-channel } }
  grafana: { robots: [ops-1], inlet: { hmac: word-of-grafana }, aggregate: { every: 10m, changes: true } }
`

describe('a receiver in the place of a DingTalk robot', () => {
  test("takes OCP's built-in channel with its host changed and nothing else", async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    const config = CONFIG(dingtalk.url('t'))
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config,
    }).start()
    const webhook = `${receiver.url}/robot/send?access_token=f0f1f2f3f4f5f6f7`
    const post = async (name: string): Promise<string> => {
      const init = { method: 'POST', body: fixture(`chat/fixtures/${name}`) }
      return (await fetch(webhook + signed('SECof-the-channel'), init)).text()
    }
    const sent: [name: string, shown: number][] = [
      ['ocp-text', 1],
      ['ocp-markdown', 2],
      ['ocp-markdown', 2],
      ['ocp-recovery', 3],
    ]
    for (const [name, shown] of sent) {
      assert.equal(await post(name), OK)
      await until(`${shown} are shown`, () => dingtalk.shown().length === shown)
    }
    const [recovered, stopped, down] = dingtalk.shown()
    assert.match(down?.text ?? '', /^OCP告警通知-单条告警\n- 名称：OceanBase服务器无法连接/)
    assert.deepEqual(down?.mention.mobiles, ['13800000001'])
    assert.match(stopped?.text ?? '', /^### OCP alert notification OBServer process stopped/)
    assert.match(recovered?.text ?? '', /OCP 告警恢复通知/)
    type Listed = { alerts: { source: string; level: number; status: string }[] }
    const { alerts } = await receiver.json<Listed>('/api/v1/alerts')
    assert.deepEqual(alerts.map(({ source, level, status }) => [source, level, status]).reverse(), [
      ['chat', 1, 'firing'],
      ['chat', 2, 'firing'],
      ['chat', 3, 'resolved'],
    ])
    assert.equal(dingtalk.shown().length, 3)

    const unsigned = await fetch(webhook, {
      method: 'POST',
      body: fixture('chat/fixtures/ocp-text'),
    })
    assert.equal(unsigned.status, 401)
    assert.equal(((await unsigned.json()) as { errcode: number }).errcode, 310000)
    const named = await receiver.post('/robot/send?access_token=ops', '{}')
    assert.equal(named.status, 401)
    assert.equal(((await named.json()) as { errcode: number }).errcode, 300005)
  })

  test('keeps every message of other senders over a kill', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    const config = CONFIG(dingtalk.url('t'))
    await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
    await receiver.start()
    const senders = ['jenkins-action-card', 'uptime-kuma', 'grafana-link', 'alertmanager-payload']
    for (const name of senders) {
      const query = `access_token=f0f1f2f3f4f5f6f7${signed('SECof-the-channel')}`
      const reply = await receiver.post(`/robot/send?${query}`, fixture(`chat/fixtures/${name}`))
      assert.equal(await reply.text(), OK, name)
    }
    await receiver.end('SIGKILL')
    await receiver.start()
    const words = ['#42', 'ECONNREFUSED', 'DiskFull', 'HighLatency']
    await until('all are shown', () => {
      const text = dingtalk
        .shown()
        .map((each) => each.text)
        .join('\n')
      return words.every((word) => text.includes(word))
    })
  })

  test('takes Alertmanager 0.34 and a signed body of Grafana, and stores no embedded image', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    const config = CONFIG(dingtalk.url('t'))
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config,
    }).start()
    const Authorization = 'Bearer of-all-other-senders'
    const sign = (body: string): string =>
      createHmac('sha256', 'word-of-grafana').update(body).digest('hex')
    for (const name of ['alertmanager-0.34', 'grafana']) {
      const body = fixture(`alertmanager/fixtures/${name}`)
      const headers = { Authorization, 'X-Grafana-Alerting-Signature': sign(body) }
      const reply = await fetch(`${receiver.url}/alertmanager/grafana/`, {
        method: 'PUT',
        headers,
        body,
      })
      assert.equal(await reply.text(), OK, name)
    }
    await until('both are shown', () => {
      const text = dingtalk
        .shown()
        .map((each) => each.text)
        .join('\n')
      return text.includes('QueueGrows') && text.includes('DiskFull') && text.includes('mail')
    })
    const forged = await receiver.post('/alertmanager/grafana', { alerts: [] }, { Authorization })
    assert.equal(forged.status, 401)
    assert.equal(await receiver.end('SIGTERM'), 0)
    const store = readFileSync(`${folder.path}/data/receiver.db`, 'latin1')
    assert.ok(!store.includes('iVBORw0KGgo'))
  })
})
