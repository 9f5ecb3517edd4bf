import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { playFaults } from '../tools/replicas/faults.ts'

type Status = {
  replica: string
  robots: Record<string, { worked_by: string | null; month_used: number }>
  channels: Record<string, { waiting: number }>
}

function alertOf(instance: string) {
  return {
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'Storm', severity: 'critical', instance },
        startsAt: '2026-11-24T03:00:00Z',
      },
    ],
  }
}

/** Replicas with one database; each reports the owner of the robot's lease. */
async function startReplicas(count: number, options: { postgres: Postgres; webhook: string }) {
  const folder = temporaryFolder()
  const config = `store: "${options.postgres.url}"
robots: { ops-1: { webhook: "${options.webhook}", limits: { messages: 20, per: 2s, penalty: 4s } } }
channels: { ops: { robots: [ops-1] } }
`
  const replicas: Receiver[] = []
  for (let index = 0; index < count; index += 1)
    replicas.push(new Receiver({ folder: folder.path, port: await freePort(), config }))
  const dispose = async (): Promise<void> => {
    await Promise.all(replicas.map((replica) => replica.end('SIGKILL')))
    folder[Symbol.dispose]()
  }
  try {
    await Promise.all(replicas.map((replica) => replica.start()))
  } catch (error) {
    await dispose()
    throw error
  }
  const workerOf = async (asked: Receiver): Promise<Receiver | undefined> => {
    const { robots } = await asked.json<Status>('/api/v1/status')
    const pid = robots['ops-1']?.worked_by?.split('/')[1]
    return replicas.find((each) => String(each.child?.pid) === pid)
  }
  return { replicas, workerOf, [Symbol.asyncDispose]: dispose }
}

describe('several replicas', needsPostgres(), () => {
  test('each accepts and shows everything, one leases the robot; a stop hands the lease over, a kill lets it expire', async () => {
    await using postgres = await Postgres.start()
    await using dingtalk = await startStandIn()
    await using group = await startReplicas(3, { postgres, webhook: dingtalk.url('t') })
    const [any] = group.replicas as [Receiver]
    const worker = (await until('a replica works the robot', () => group.workerOf(any))) as Receiver
    const others = group.replicas.filter((each) => each !== worker)
    const [second, third] = others as [Receiver, Receiver]

    assert.equal((await second.post('/alertmanager/ops', alertOf('db-1'))).status, 200)
    await dingtalk.arrived(1)
    // The same notification from the other Alertmanager of an HA pair.
    assert.equal((await third.post('/alertmanager/ops', alertOf('db-1'))).status, 200)
    for (const replica of group.replicas) {
      const status = await replica.json<Status>('/api/v1/status')
      assert.match(status.replica, new RegExp(`/${replica.child?.pid}/`))
      assert.match(status.robots['ops-1']?.worked_by ?? '', new RegExp(`/${worker.child?.pid}/`))
      assert.equal(status.robots['ops-1']?.month_used, 1)
      const { alerts } = await replica.json<{ alerts: unknown[] }>('/api/v1/alerts')
      assert.equal(alerts.length, 1)
    }

    assert.equal(await worker.end('SIGTERM'), 0)
    assert.equal((await second.post('/alertmanager/ops', alertOf('db-2'))).status, 200)
    await dingtalk.arrived(2)
    const next = (await group.workerOf(second)) as Receiver
    assert.ok(others.includes(next))

    const left = others.find((each) => each !== next) as Receiver
    // A process that dies before it has recorded the reply sends the message once more, with the same key.
    await until('the second message is recorded as sent', async () => {
      const { messages } = await left.json<{ messages: unknown[] }>('/api/v1/messages?state=sent')
      return messages.length === 2
    })
    await next.end('SIGKILL')
    assert.equal((await left.post('/alertmanager/ops', alertOf('db-3'))).status, 200)
    await dingtalk.arrived(3)
    assert.equal(await group.workerOf(left), left)
    assert.equal(dingtalk.received.length, 3)
    for (const replica of group.replicas)
      assert.ok(!replica.output.includes(encodeURIComponent(postgres.password)))
  })

  test('answer 503 while PostgreSQL is down during a storm, and lose nothing', async () => {
    await using postgres = await Postgres.start()
    await using dingtalk = await startStandIn()
    await using group = await startReplicas(2, { postgres, webhook: dingtalk.url('t') })
    const acknowledged = new Set<string>()
    const codes = new Set<number>()
    const state = { sending: true }
    const senders = Array.from({ length: 4 }, async (_, sender) => {
      for (let serial = 0; state.sending; serial += 1) {
        const instance = `db-${sender}-${serial}`
        for (;;) {
          const replica = group.replicas[(sender + serial) % 2] as Receiver
          const reply = await replica.post('/alertmanager/ops', alertOf(instance))
          codes.add(reply.status)
          await reply.arrayBuffer()
          if (reply.status === 200) break
          await sleep(50)
        }
        acknowledged.add(instance)
        await sleep(20)
      }
    })
    for (const how of ['immediate', 'fast'] as const) {
      const before = acknowledged.size
      await until('the storm goes on', () => acknowledged.size > before + 40)
      codes.clear()
      await postgres.down(how)
      await until('a sender gets a 503', () => codes.has(503))
      await postgres.up()
      const after = acknowledged.size
      await until('senders are answered 200 again', () => acknowledged.size > after + 20)
    }
    state.sending = false
    await Promise.all(senders)
    assert.deepEqual([...codes].sort(), [200, 503])

    const [replica] = group.replicas as [Receiver]
    await until(
      'everything is delivered',
      async () => (await replica.json<Status>('/api/v1/status')).channels['ops']?.waiting === 0,
      60_000,
    )
    type Listed = { state: string; message_ids: string[]; variables: { instance: string } }
    const { alerts } = await replica.json<{ alerts: Listed[] }>('/api/v1/alerts?limit=1000')
    const told = alerts.filter((each) => each.state === 'sent')
    const instances = new Set(told.map((each) => each.variables.instance))
    for (const instance of acknowledged) assert.ok(instances.has(instance), `${instance} is lost`)
    for (const each of told) assert.equal(each.message_ids.length, 1)
    const { messages } = await replica.json<{ messages: { state: string }[] }>(
      '/api/v1/messages?limit=1000',
    )
    assert.equal(dingtalk.shown().length, messages.filter((each) => each.state === 'sent').length)
  })

  test('killed and stopped at random, lose and repeat nothing and stay within the limit', async () => {
    const verdict = await playFaults({ faults: 12, seed: 7 })
    const { lost, doubled, overLimit, dead } = verdict
    assert.deepEqual(
      { lost, doubled, overLimit, dead },
      { lost: [], doubled: [], overLimit: [], dead: 0 },
    )
    assert.ok(verdict.acknowledged > 0 && verdict.kills > 0 && verdict.pauses > 0)
  })
})
