import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

interface Listed {
  kind: string
  state: string
  alert_count: number
  text: string
}

const CONFIG = `external_url: http://console.example.com
robots: { ops-1: { webhook: sandbox, limits: { messages: 20, per: 6s, penalty: 60s } } }
channels: { ops: { robots: [ops-1], aggregate: false } }
`

function payload(request: number, alerts: number, severity: string) {
  return {
    groupKey: `g${request}`,
    alerts: Array.from({ length: alerts }, (_, index) => ({
      status: 'firing',
      labels: { alertname: `Rule${index % 5}`, severity, instance: `db-${request}-${index}` },
    })),
  }
}

async function metric(receiver: Receiver, line: string): Promise<number> {
  const text = await (await receiver.get('/metrics')).text()
  const found = text.split('\n').find((each) => each.startsWith(`dingtalk_receiver_${line} `))
  return Number(found?.split(' ').at(-1))
}

describe("a storm over HTTP, on the real clock, against DingTalk's limits", () => {
  test('is delivered in three messages with the right counts, within the limit', async () => {
    using folder = temporaryFolder()
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: CONFIG,
    })
    await receiver.start()
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        receiver.post('/alertmanager/ops', payload(index, 60, 'warning')),
      ),
    )
    assert.deepEqual([...new Set(replies.map((each) => each.status))], [200])
    await until('everything is delivered', async () => {
      const { channels } = await receiver.json<{ channels: { ops: { waiting: number } } }>(
        '/api/v1/status',
      )
      return channels.ops.waiting === 0
    })
    const { messages } = await receiver.json<{ messages: Listed[] }>('/api/v1/messages')
    assert.ok(messages.length <= 3, `${messages.length} messages`)
    const counted = messages.reduce((sum, each) => sum + each.alert_count, 0)
    assert.equal(counted, 3_000)
    assert.equal(await metric(receiver, 'sends_total{robot="ops-1",result="throttled"}'), 0)
  })

  test('without end stays within the limit, and delivers every alert', async () => {
    using folder = temporaryFolder()
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: CONFIG,
    })
    await receiver.start()
    for (let request = 0; request < 60; request += 1) {
      const severity = request % 3 === 0 ? 'critical' : 'warning'
      const posts = [0, 1, 2].map((each) =>
        receiver.post('/alertmanager/ops', payload(request * 3 + each, 3, severity)),
      )
      for (const reply of await Promise.all(posts)) assert.equal(reply.status, 200)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await until('everything is delivered', async () => {
      const { alerts } = await receiver.json<{ alerts: { state: string }[] }>(
        '/api/v1/alerts?limit=1000',
      )
      return alerts.length === 540 && alerts.every((each) => each.state === 'sent')
    })
    assert.equal(await metric(receiver, 'sends_total{robot="ops-1",result="throttled"}'), 0)
  })
})
