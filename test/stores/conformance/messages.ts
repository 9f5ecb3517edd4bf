import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Claimed } from '../../../src/stores/store.ts'
import { alert, alerts, at, type Backend, MINUTE, storeFixture } from './harness.ts'

export function messageCases(backend: Backend): void {
  describe('enqueue, warn and resend', () => {
    const s = storeFixture(backend)

    test('make a message without alerts due at once; only a dead one can be resent', async () => {
      const [id] = (await s.store.enqueue([s.testMessage()], at(0))) as [string]
      assert.equal((await s.backlog()).due?.id, id)
      await assert.rejects(s.store.resend(id, at(1)), { code: 'not_dead' })
      await assert.rejects(s.store.resend('999', at(1)), { code: 'not_found' })
      await assert.rejects(s.store.resend('no number', at(1)), { code: 'not_found' })
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      await s.die(claimed, 10)
      assert.deepEqual(
        (await s.store.alerts({ limit: 9 })).items.map(({ state, reason }) => [state, reason]),
        [['dead', 'token']],
      )
      assert.deepEqual(await s.store.resend(claimed.id, at(20)), {
        queue: 'robot:a',
        alerts: 1,
        outdated: 0,
      })
      assert.deepEqual(await s.states(), ['f sending'])
    })

    test('show a severe message that a person resends behind an ordinary one that is due', async () => {
      await s.accept([alert('f', { level: 3 }), alert('g', { level: 1 })])
      // The most severe alert comes first.
      const [g, f] = (await s.waitingIds()) as [number, number]
      const ordinary = await s.claim([f])
      await s.settle(ordinary, 10, { next: { kind: 'retry', dueAt: at(20) } })
      const severe = await s.claim([g], 11, { message: { level: 1 } })
      await s.die(severe, 12)
      const before = await s.backlog(30)
      assert.deepEqual([before.due?.id, before.dueSevere], [ordinary.id, undefined])
      await s.store.resend(severe.id, at(30))
      const { due, dueSevere } = await s.backlog(40)
      assert.deepEqual([due?.id, dueSevere?.id], [ordinary.id, severe.id])
    })

    test('tell when the next message becomes due, also behind an ordinary one that is due', async () => {
      await s.accept([alert('f', { level: 3 }), alert('g', { level: 1 })])
      const [g, f] = (await s.waitingIds()) as [number, number]
      await s.settle(await s.claim([f]), 10, { next: { kind: 'retry', dueAt: at(20) } })
      const severe = await s.claim([g], 11, { message: { level: 1 } })
      await s.settle(severe, 12, { next: { kind: 'retry', dueAt: at(MINUTE) } })
      assert.deepEqual((await s.backlog(30)).nextDueAt, at(MINUTE))
      assert.equal((await s.backlog(MINUTE)).nextDueAt, undefined)
    })

    test('add each quota warning of a month once, and no lower one after a higher one', async () => {
      const warn = (percent: number, scope = 'organisation', month = '2026-11') =>
        s.store.warn({
          now: at(0),
          month,
          scope,
          percent,
          message: percent === 100 ? undefined : s.testMessage({ kind: 'alert' }),
        })
      assert.deepEqual(
        [await warn(50), await warn(50), await warn(95), await warn(80)],
        [true, false, true, false],
      )
      assert.deepEqual([await warn(50, 'ka'), await warn(50, 'ka', '2026-12')], [true, true])
      const { quotaWarnings } = await s.backlog()
      assert.deepEqual(quotaWarnings, [
        { scope: 'ka', percent: 50 },
        { scope: 'organisation', percent: 95 },
      ])
      assert.deepEqual([await warn(100), await warn(100), await warn(95)], [true, false, false])
      assert.equal((await s.store.messages({ limit: 9 })).items.length, 4)
    })

    test('make one pending test for each robot', async () => {
      const enqueue = async (robot: string) =>
        (await s.store.enqueue([s.testMessage({ robot, robotKey: `k${robot}` })], at(0)))[0]
      const first = await enqueue('a')
      assert.equal(await enqueue('a'), first)
      assert.notEqual(await enqueue('b'), first)
      assert.equal((await s.store.messages({ limit: 9 })).items.length, 2)
      const claimed = await s.retry(first as string, 0)
      assert.ok(claimed)
      assert.notEqual(await enqueue('a'), first)
    })

    test('refuse a message whose alert changed its status in another queue of the channel', async () => {
      await s.accept([alert('f')])
      const dead = await s.claim(await s.waitingIds())
      await s.die(dead, 10)
      await s.accept([alert('f', { status: 'resolved', queues: ['robot:a-new'] })], 20)
      await assert.rejects(s.store.resend(dead.id, at(30)), { code: 'outdated' })
    })

    test('refuse a message that a later one has overtaken, unless that one is dead', async () => {
      await s.accept([alert('f')])
      const dead = await s.claim(await s.waitingIds())
      await s.die(dead, 10)
      await s.accept([alert('f', { status: 'resolved' })], 20)
      await assert.rejects(s.store.resend(dead.id, at(30)), { code: 'outdated' })
      const recovery = await s.claim(await s.waitingIds(), 30)
      await assert.rejects(s.store.resend(dead.id, at(40)), { code: 'outdated' })
      await s.die(recovery, 50)
      assert.deepEqual(await s.store.resend(dead.id, at(60)), {
        ...{ queue: 'robot:a', alerts: 1, outdated: 0 },
      })
    })

    test('let the alerts of a dead message that are not outdated wait again', async () => {
      await s.accept([alert('f'), alert('g'), alert('h')])
      const dead = await s.claim(await s.waitingIds())
      await s.die(dead, 10)
      await s.accept([alert('g', { status: 'resolved' })], 20)
      assert.deepEqual(await s.store.resend(dead.id, at(30)), {
        ...{ queue: 'robot:a', alerts: 2, outdated: 1 },
      })
      assert.deepEqual(await s.waiting(30), ['f firing', 'h firing', 'g resolved'])
      assert.equal(await s.stateOf(dead.id), 'dead')
      assert.deepEqual(await s.alertsOf(dead.id), ['g firing'])
    })

    test('refuse to resend part of a message that may have arrived', async () => {
      await s.accept([alert('f'), alert('g')])
      const { id } = await s.claim(await s.waitingIds())
      await s.store.recover(at(MINUTE))
      const again = await s.retry(id, MINUTE)
      assert.ok(again)
      await s.die(again, MINUTE + 10)
      await s.accept([alert('g', { status: 'resolved' })], MINUTE + 20)
      const early = s.store.resend(id, at(2 * MINUTE - 1))
      await assert.rejects(early, { code: 'outdated', message: /may have arrived/ })
      assert.equal((await s.store.resend(id, at(2 * MINUTE))).alerts, 1)
    })

    test('resend a dead digest unchanged, or its alerts that are not outdated', async () => {
      await s.accept(alerts(10))
      const dead = await s.claimAll()
      await s.accept([alert('later')], 5)
      await s.die(dead, 10)
      assert.deepEqual(await s.waiting(10), ['later firing'])
      assert.deepEqual(await s.store.resend(dead.id, at(20)), {
        ...{ queue: 'robot:a', alerts: 10, outdated: 0 },
      })
      assert.equal((await s.states()).filter((each) => each.endsWith('sending')).length, 10)
      const again = await s.retry(dead.id, 20)
      assert.deepEqual([again?.uuid, again?.body], [dead.uuid, dead.body])
      await s.die(again as Claimed, 30)
      await s.accept([alert('f3', { status: 'resolved' })], 40)
      assert.deepEqual(await s.store.resend(dead.id, at(50)), {
        ...{ queue: 'robot:a', alerts: 9, outdated: 1 },
      })
      assert.deepEqual(await s.alertsOf(dead.id), ['f3 firing'])
      assert.equal((await s.store.tally('robot:a', 'ops')).count, 11)
      const rest = await s.claimAll(60)
      assert.equal(
        (await s.settle(rest, 70)).reduce((sum, { count }) => sum + count, 0),
        11,
      )
    })
  })
}
