import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

const ROBOT = 'limits: { messages: 20, per: 2s, penalty: 4s }'

const configFor = (dingtalk: StandIn, robot = ROBOT): string =>
  `robots: { ops-1: { webhook: "${dingtalk.url('t')}", ${robot} } }
channels: { ops: { robots: [ops-1], aggregate: false } }
`

function payload(instance: string, alerts = 1) {
  return {
    groupKey: instance,
    alerts: Array.from({ length: alerts }, (_, index) => ({
      status: 'firing',
      labels: { alertname: 'A', instance: alerts === 1 ? instance : `${instance}-${index}` },
    })),
  }
}

/** Number of alerts in each state. */
async function states(receiver: Receiver): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let before: string | null = ''; before !== null; ) {
    const page: { alerts: { state: string }[]; next: string | null } = await receiver.json(
      `/api/v1/alerts?limit=1000${before === '' ? '' : `&before=${before}`}`,
    )
    for (const { state } of page.alerts) counts[state] = (counts[state] ?? 0) + 1
    before = page.next
  }
  return counts
}

async function untilTold(receiver: Receiver, count: number): Promise<void> {
  await until(
    `${count} alerts are delivered`,
    async () => {
      const { pending = 0, sending = 0, sent = 0 } = await states(receiver)
      return pending + sending === 0 && sent === count
    },
    60_000,
  )
}

describe('the process', () => {
  test('K06 that is stopped under load answers every request it accepted, loses nothing, and exits with 0', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({
      robots: { t: { limits: { messages: 20, perMs: 2_000, penaltyMs: 4_000 } } },
    })
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: configFor(dingtalk),
    })
    await receiver.start()
    const seen = { taken: 0, refused: 0, unreachable: 0, other: 0 }
    const state = { sending: true, next: 0 }
    const senders = Array.from({ length: 16 }, async () => {
      while (state.sending) {
        state.next += 1
        const reply = await receiver
          .post('/alertmanager/ops', payload(`db-${state.next}`))
          .catch(() => undefined)
        const body = await reply?.text().catch(() => undefined)
        if (reply?.status === 200 && body === '{"errcode":0,"errmsg":"ok"}') seen.taken += 1
        else if (reply?.status === 503) seen.refused += 1
        else if (reply === undefined) {
          seen.unreachable += 1
          await sleep(10)
        } else seen.other += 1
      }
    })
    await until('there is load', () => seen.taken > 200)
    assert.equal(await receiver.end('SIGTERM'), 0)
    state.sending = false
    await Promise.all(senders)
    assert.equal(seen.other, 0)
    assert.ok(seen.refused + seen.unreachable > 0)
    await receiver.start()
    await untilTold(receiver, seen.taken)
  })

  test('K07 that is stopped twice exits at once, and later resends messages in flight unchanged', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    dingtalk.script({ kind: 'hang', taken: true })
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: configFor(dingtalk, 'timeout: 60s'),
    })
    await receiver.start()
    await receiver.post('/alertmanager/ops', payload('db-1'))
    await dingtalk.arrived(1)
    receiver.child?.kill('SIGTERM')
    await until('it is stopping', () => receiver.output.includes('server.stopping'))
    assert.equal(await receiver.end('SIGTERM'), 1)
    await receiver.start()
    await untilTold(receiver, 1)
    assert.deepEqual([dingtalk.received.length, dingtalk.shown().length], [2, 1])
  })

  test('K08 that is stopped in a penalty with a long queue exits without sending, and keeps the penalty after a restart', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    dingtalk.script({
      kind: 'reply',
      body: '{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}',
    })
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: configFor(dingtalk),
    })
    await receiver.start()
    await receiver.post('/alertmanager/ops', payload('first'))
    await dingtalk.arrived(1)
    await receiver.post('/alertmanager/ops', payload('storm', 2_000))
    assert.equal(await receiver.end('SIGTERM'), 0)
    await receiver.start()
    await untilTold(receiver, 2_001)
    const [refused, next] = dingtalk.received.map((each) => each.at.getTime())
    assert.ok((next ?? 0) - (refused ?? 0) >= 4_000, 'the penalty was not kept')
  })

  test('K09 with little memory and many large requests at once refuses or accepts each, and loses none', async () => {
    using folder = temporaryFolder()
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      env: { NODE_OPTIONS: '--max-old-space-size=64' },
    })
    await receiver.start()
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        receiver
          .post('/alertmanager/ops', payload(`r${index}`, 2_000))
          .then((reply) => reply.status)
          .catch(() => 0),
      ),
    )
    const taken = replies.filter((status) => status === 200).length
    assert.ok(
      replies.every((status) => [0, 200, 503].includes(status)),
      replies.join(' '),
    )
    if (receiver.child?.exitCode !== null || receiver.child.signalCode !== null)
      await receiver.start()
    // A request is accepted as a whole or not at all.
    await until(
      'they are delivered',
      async () =>
        (await receiver.json<{ alerts: unknown[] }>('/api/v1/alerts?limit=1&state=pending')).alerts
          .length === 0,
      60_000,
    )
    const { sent = 0 } = await states(receiver)
    assert.ok(sent >= taken * 2_000 && sent % 2_000 === 0, `${sent} of ${taken} requests`)
  })

  test('K11 that is suspended while sending resends the message unchanged, and it is shown once', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    dingtalk.script({ kind: 'delay', ms: 300 })
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: configFor(dingtalk, 'timeout: 1s'),
    })
    await receiver.start()
    await receiver.post('/alertmanager/ops', payload('db-1'))
    await dingtalk.arrived(1)
    receiver.child?.kill('SIGSTOP')
    await sleep(1_500)
    receiver.child?.kill('SIGCONT')
    await untilTold(receiver, 1)
    assert.equal(dingtalk.shown().length, 1)
    const bodies = new Set(dingtalk.received.map((each) => each.body))
    assert.equal(bodies.size, 1)
    assert.equal((await receiver.post('/alertmanager/ops', payload('db-2'))).status, 200)
    await untilTold(receiver, 2)
  })
})
