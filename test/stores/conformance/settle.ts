import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, at, type Backend, FAILED, storeFixture } from './harness.ts'

export function settleCases(backend: Backend): void {
  describe('settle', () => {
    const s = storeFixture(backend)

    test('makes a failed attempt due again with the same body and uuid, and keeps every attempt', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      await s.settle(claimed, 100, {
        attempt: FAILED,
        next: { kind: 'retry', dueAt: at(1_000) },
        reached: false,
        robot: { key: 'ka', failures: 1 },
        pause: { scope: 'robot:ka', until: at(900), reason: 'unreachable' },
      })
      const before = await s.backlog(500)
      assert.deepEqual(
        [before.due, before.nextDueAt, before.robot.failures, before.robot.monthUsed],
        [undefined, at(1_000), 1, 0],
      )
      assert.deepEqual(before.robot.pause, {
        until: at(900),
        since: at(100),
        reason: 'unreachable',
      })
      assert.deepEqual((await s.backlog(1_000)).due, {
        id: claimed.id,
        robot: 'a',
        queue: 'robot:a',
        channel: 'ops',
        kind: 'alert',
        alertCount: 1,
        level: 3,
        byHand: false,
        createdAt: at(0),
        refused: { at: at(100), result: 'network' },
      })
      const again = await s.retry(claimed.id, 1_000)
      assert.ok(again)
      assert.deepEqual([again.uuid, again.body, again.attempts], [claimed.uuid, claimed.body, 1])
      assert.deepEqual(again.results, new Map([['network', 1]]))
      assert.equal(await s.retry(claimed.id, 1_000), undefined)
      assert.deepEqual(await s.settle(again, 1_100), [{ receivedAt: at(0), count: 1 }])
      const found = await s.store.message(claimed.id)
      assert.deepEqual(
        found?.message.attempts.map(({ result }) => result),
        ['network', 'ok'],
      )
      assert.deepEqual(
        [found?.message.state, found?.message.sentAt, found?.message.bytes],
        ['sent', at(1_100), Buffer.byteLength(claimed.body)],
      )
      assert.deepEqual(
        found?.alerts.map(({ state, deliveredAt }) => [state, deliveredAt]),
        [['sent', at(1_100)]],
      )
    })

    test('changes nothing if it is late or repeated', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      await s.settle(claimed, 100)
      const late = { next: { kind: 'dead', reason: 'x' } } as const
      assert.deepEqual(await s.settle(claimed, 200, late), [])
      assert.equal(await s.stateOf(claimed.id), 'sent')
    })

    test('makes the alerts of a split message wait again, for smaller ones', async () => {
      await s.accept([alert('f'), alert('g')])
      const claimed = await s.claim(await s.waitingIds())
      const next = { kind: 'split', reason: 'too long', bodyBytes: 9_000 } as const
      await s.settle(claimed, 10, { next })
      const { channels, robot } = await s.backlog(20)
      assert.deepEqual([channels[0]?.count, robot.bodyBytes], [2, 9_000])
      assert.deepEqual(await s.states(), ['g pending', 'f pending'])
      await assert.rejects(s.store.resend(claimed.id, at(30)), {
        code: 'not_dead',
        message: /contains no alerts any more.*too long/,
      })
    })

    test('pauses the robot or all behind its address; the longer pause wins', async () => {
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      const pause = (scope: string, ms: number) => ({ scope, until: at(ms), reason: 'throttled' })
      const next = { kind: 'retry', dueAt: at(9_000) } as const
      const first = await s.claim([f])
      const second = await s.claim([g])
      await s.settle(first, 10, { next, pause: pause('address:direct', 600_000) })
      await s.settle(second, 20, { next, pause: pause('robot:ka', 1_000) })
      assert.deepEqual((await s.backlog(30)).robot.pause?.until, at(600_000))
      assert.deepEqual((await s.backlogOf('b', 30)).robot.pause?.until, at(600_000))
      const elsewhere = { robot: { name: 'b', key: 'kb', address: 'proxy' } }
      assert.equal((await s.backlog(30, elsewhere)).robot.pause, undefined)
    })

    test('counts a call until its settlement, even if the process was suspended past its deadline', async () => {
      await s.accept([alert('f')])
      await s.settle(await s.claim(await s.waitingIds()), 65_000)
      assert.deepEqual((await s.backlog(66_000)).robot.calls, [{ at: at(0), until: at(65_000) }])
    })

    test('counts calls to the sandbox for its own limit and month, but not for the organisation', async () => {
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      await s.send([f])
      await s.claim([g], 0, { call: { key: 'sandbox-lab' } })
      const lab = { robot: { name: 'lab', key: 'sandbox-lab', address: 'sandbox' } }
      const { robot, organisationUsed } = await s.backlog(0, lab)
      assert.deepEqual([robot.calls.length, robot.monthUsed, organisationUsed], [1, 1, 1])
    })
  })
}
