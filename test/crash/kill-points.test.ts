import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quickFolder } from '../simulation/folder.ts'
import type { History, Point } from '../simulation/history.ts'
import { play } from '../simulation/play.ts'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

/** One alert, and a process that dies at exactly one point of its path. */
function dyingAt(point: Point, when: 'before' | 'after', honours: boolean): History {
  return {
    seed: 1,
    setup: {
      limits: { messages: 20, perMs: 60_000, penaltyMs: 600_000 },
      timeoutMs: 5_000,
      shape: 'one',
      honours,
      everyMs: 600_000,
      alerts: 1,
      groups: 1,
      peers: 1,
      flushMs: 5_000,
      repeatMs: 180_000,
      wayMs: 50,
    },
    events: [
      { at: 100, kind: 'crash', point, when, downMs: 3_000 },
      { at: 200, kind: 'turn', alert: 0 },
    ],
  }
}

describe('a process that dies', () => {
  const points: [string, Point, 'before' | 'after', { calls: number; copies: number }][] = [
    ['K01 before the request is committed', 'accept', 'before', { calls: 1, copies: 1 }],
    [
      'K02 after it is committed, before the sender gets its 200',
      'accept',
      'after',
      { calls: 1, copies: 1 },
    ],
    [
      'K03 after the message is claimed, before it leaves',
      'send',
      'before',
      { calls: 1, copies: 1 },
    ],
    [
      'K04 after DingTalk took it, before that is recorded',
      'settle',
      'before',
      { calls: 2, copies: 2 },
    ],
    ['K05 after that is recorded', 'settle', 'after', { calls: 1, copies: 1 }],
  ]
  for (const [name, point, when, { calls, copies }] of points)
    test(`${name}: the alert is delivered, once if DingTalk drops repeats`, async () => {
      using folder = quickFolder()
      const strict = await play(dyingAt(point, when, true), folder.path)
      assert.deepEqual(strict.faults, [])
      assert.deepEqual(
        [strict.acknowledged, strict.delivered, strict.crashes, strict.calls, strict.duplicated],
        [1, 1, 1, calls, 0],
      )
      const forgetful = await play(dyingAt(point, when, false), folder.path)
      assert.deepEqual(forgetful.faults, [])
      assert.deepEqual(
        [forgetful.delivered, forgetful.messages + forgetful.duplicated],
        [1, copies],
      )
    })

  test('kill -9 between DingTalk’s receipt and its reply: the message is resent unchanged, and shown once', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    dingtalk.script({ kind: 'hang', taken: true })
    const config = `robots: { ops-1: { webhook: "${dingtalk.url('t')}", timeout: 60s } }\nchannels: { ops: { robots: [ops-1] } }\n`
    await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
    await receiver.start()
    const alerts = [{ status: 'firing', labels: { alertname: 'A', instance: 'db-1' } }]
    assert.equal((await receiver.post('/alertmanager/ops', { alerts })).status, 200)
    await dingtalk.arrived(1)
    await receiver.end('SIGKILL')
    await receiver.start()
    await dingtalk.arrived(2)
    const [first, second] = dingtalk.received
    assert.equal(second?.body, first?.body)
    await until('it counts as sent', async () => {
      const { messages } = await receiver.json<{ messages: { state: string }[] }>(
        '/api/v1/messages',
      )
      return messages.length === 1 && messages[0]?.state === 'sent'
    })
    assert.equal(dingtalk.shown().length, 1)
  })
})
