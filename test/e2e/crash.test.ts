import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

const ALERTS = 500
const KILLS = 12
const LIMITS = { messages: 20, perMs: 2_000, penaltyMs: 4_000 }

function payload(index: number) {
  return {
    alerts: [
      {
        status: 'firing',
        labels: {
          alertname: 'Storm',
          severity: index % 7 === 0 ? 'critical' : 'warning',
          instance: `db-${index}`,
        },
        startsAt: '2026-11-24T03:00:00Z',
      },
    ],
  }
}

describe('kill -9 during a storm', () => {
  test('every accepted alert is delivered once, and no window exceeds the limit', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({ robots: { t: { limits: LIMITS } } })
    const config = `external_url: http://console.example.com
robots: { ops-1: { webhook: "${dingtalk.url('t')}", limits: { messages: 20, per: 2s, penalty: 4s } } }
channels: { ops: { robots: [ops-1] } }
`
    await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
    await receiver.start()
    const acknowledged = new Set<number>()
    const state = { sending: true }

    const killer = (async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await sleep(20 + ((kill * 137) % 400))
        await receiver.end('SIGKILL')
        await receiver.start()
      }
      state.sending = false
    })()
    const queue = Array.from({ length: ALERTS }, (_, index) => index)
    const senders = Array.from({ length: 4 }, async () => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift())
        for (;;) {
          const reply = await receiver
            .post('/alertmanager/ops', payload(index))
            .catch(() => undefined)
          if (reply?.status === 200) {
            acknowledged.add(index)
            break
          }
          await sleep(20)
        }
    })
    await Promise.all([killer, ...senders])
    assert.equal(acknowledged.size, ALERTS)

    type Listed = {
      alerts: { state: string; message_ids: string[]; variables: { instance: string } }[]
      next: string | null
    }
    const listed = await until(
      'every alert is told',
      async () => {
        const { alerts } = await receiver.json<Listed>('/api/v1/alerts?limit=1000')
        return (
          alerts.every((each) => each.state !== 'pending' && each.state !== 'sending') && alerts
        )
      },
      60_000,
    )
    const told = listed.filter((each) => each.state === 'sent')
    const instances = new Set(told.map((each) => each.variables.instance))
    for (const index of acknowledged) assert.ok(instances.has(`db-${index}`), `db-${index} is lost`)
    for (const each of told) assert.equal(each.message_ids.length, 1)

    // DingTalk showed every message with an alert exactly once.
    const { messages } = await receiver.json<{ messages: { id: string; state: string }[] }>(
      '/api/v1/messages?limit=1000',
    )
    const shown = dingtalk.shown()
    assert.equal(shown.length, new Set(shown.map((each) => each.uuid)).size)
    assert.equal(messages.filter((each) => each.state === 'sent').length, shown.length)
    assert.equal(messages.filter((each) => each.state === 'dead').length, 0)

    const times = dingtalk.received.map((each) => each.at.getTime())
    for (const from of times) {
      const inWindow = times.filter((time) => time >= from && time < from + LIMITS.perMs).length
      assert.ok(inWindow <= LIMITS.messages, `${inWindow} calls in a window`)
    }
    assert.ok(!receiver.output.includes('"throttled"'))
  })
})
