import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, at, type Backend, call, HOUR, MINUTE, storeFixture } from './harness.ts'

export function leaseAndRecoveryCases(backend: Backend): void {
  describe('lease', () => {
    const s = storeFixture(backend)

    test('belongs to one owner until it ends or is released', async () => {
      assert.equal(await s.lease(0, 'a', 'me'), true)
      assert.equal(await s.lease(1_000, 'a', 'you'), false)
      await s.store.release('you')
      assert.equal(await s.lease(2_000, 'a', 'you'), false)
      await s.store.release('me')
      assert.equal(await s.lease(3_000, 'a', 'you'), true)
      assert.equal(await s.lease(62_000, 'a', 'me'), false)
      assert.equal(await s.lease(63_000, 'a', 'me'), true)
    })

    test('is not renewed while it lasts long enough, and is free for another owner when it has ended', async () => {
      const ask = (owner: string, now: number, until: number, enough?: number) =>
        s.store.lease({
          robot: 'z',
          owner,
          now: at(now),
          until: at(until),
          ...(enough === undefined ? {} : { skipIfUntil: at(enough) }),
        })
      assert.equal(await ask('one', 0, 100, 90), true)
      assert.equal(await ask('one', 5, 105, 95), true)
      // It still lasts until 100, because the second call did not renew it.
      assert.equal(await ask('two', 99, 200), false)
      assert.equal(await ask('one', 15, 115, 105), true)
      assert.equal(await ask('two', 114, 200), false)
      assert.equal(await ask('two', 115, 200, 190), true)
      assert.equal(await ask('one', 116, 300, 290), false)
    })

    test('gives the new owner the former one’s messages in flight, and ignores a late settlement', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      assert.equal(await s.lease(MINUTE, 'a', 'you'), true)
      assert.equal((await s.backlog(MINUTE)).due?.id, claimed.id)
      const again = await s.retry(claimed.id, MINUTE, { owner: 'you' })
      assert.ok(again)
      assert.deepEqual([again.uuid, again.body], [claimed.uuid, claimed.body])
      const late = { next: { kind: 'dead', reason: 'x' } } as const
      assert.deepEqual(await s.settle(claimed, 61_000, late), [])
      assert.equal(
        await s.store.claim({
          now: at(61_000),
          message: s.message(),
          alerts: { kind: 'some', ids: [1] },
          call: call(61_000),
        }),
        undefined,
      )
      assert.equal(await s.stateOf(claimed.id), 'sending')
      assert.equal((await s.settle(again, 62_000)).length, 1)
    })
  })

  describe('recover', () => {
    const s = storeFixture(backend)

    test('makes a message in flight due unchanged, and counts its call as made now', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      assert.equal(await s.store.recover(at(MINUTE)), 1)
      const { due, robot } = await s.backlog(MINUTE)
      assert.equal(due?.id, claimed.id)
      assert.equal((await s.store.message(claimed.id))?.message.uuid, claimed.uuid)
      assert.deepEqual(robot.calls, [{ at: at(0), until: at(MINUTE) }])
      assert.equal(await s.store.recover(at(MINUTE)), 0)
    })

    test('moves times to now that are in the future because the clock was set back', async () => {
      await s.accept([alert('f'), alert('g')], HOUR)
      const [first, second] = (await s.waitingIds(HOUR)) as [number, number]
      const one = await s.claim([first], HOUR)
      await s.claim([second], HOUR)
      const pause = { scope: 'robot:ka', until: at(HOUR + 600_000), reason: 'throttled' }
      await s.settle(one, HOUR, { next: { kind: 'retry', dueAt: at(HOUR + 600_000) }, pause })
      await s.store.recover(at(0))
      const { robot, due } = await s.backlog(0)
      assert.deepEqual(robot.calls, [
        { at: at(0), until: at(0) },
        { at: at(0), until: at(5_000) },
      ])
      assert.deepEqual(robot.pause, { since: at(0), until: at(600_000), reason: 'throttled' })
      assert.equal(due?.id, one.id)
    })

    test('skips messages in flight of a robot whose lease is in force', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      assert.equal(await s.store.recover(at(59_000)), 0)
      assert.equal((await s.backlog(59_000)).due, undefined)
      assert.equal((await s.settle(claimed, 59_000)).length, 1)
      assert.equal(await s.store.recover(at(61_000)), 0)
    })

    test('keeps a message that may have arrived with its robot for a minute, then allows others of its pool', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      await s.store.recover(at(MINUTE))
      const held = await s.backlogOf('b', MINUTE)
      assert.deepEqual([held.due, held.nextDueAt], [undefined, at(2 * MINUTE)])
      assert.equal(await s.retry(claimed.id, 119_000, { robot: 'b' }), undefined)
      assert.equal((await s.backlog(MINUTE)).due?.id, claimed.id)
      assert.equal((await s.backlogOf('b', 120_000)).due?.id, claimed.id)
      const again = await s.retry(claimed.id, 120_000, { robot: 'b' })
      assert.ok(again)
      const next = { kind: 'retry', dueAt: at(121_000), elsewhereAt: at(130_000) } as const
      await s.settle(again, 121_000, { next })
      assert.deepEqual((await s.backlog(122_000)).nextDueAt, at(130_000))
      assert.equal((await s.backlogOf('b', 122_000)).due?.id, claimed.id)
    })

    test('keeps the due time and the robot of a later retry', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      const next = { kind: 'retry', dueAt: at(30_000), elsewhereAt: at(60_010) } as const
      await s.settle(claimed, 10, { next })
      if (backend.reopens) await s.reopen()
      assert.equal(await s.store.recover(at(20_000)), 0)
      assert.deepEqual((await s.backlog(20_000)).nextDueAt, at(30_000))
      assert.deepEqual((await s.backlogOf('b', 20_000)).nextDueAt, at(60_010))
      assert.equal((await s.backlog(30_000)).due?.id, claimed.id)
      assert.equal((await s.backlogOf('b', 60_009)).due, undefined)
    })

    test('keeps a message that may have arrived from other robots, regardless of later attempts', async () => {
      await s.accept([alert('f')])
      let claimed = await s.claim(await s.waitingIds())
      const elsewhere = async (ms: number) => (await s.backlogOf('b', ms)).nextDueAt
      for (const [given, kept] of [
        [130_000, 130_000],
        [undefined, 130_000],
        [50_000, 130_000],
        [200_000, 200_000],
        [undefined, 200_000],
      ] as const) {
        const elsewhereAt = given === undefined ? undefined : at(given)
        await s.settle(claimed, 10, { next: { kind: 'retry', dueAt: at(20), elsewhereAt } })
        assert.deepEqual(await elsewhere(20), at(kept), `${given}`)
        const again = await s.retry(claimed.id, 20)
        assert.ok(again)
        claimed = again
      }
    })

    test('identifies a robot by its key: after a rename it may retry a message that may have arrived', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      await s.store.recover(at(MINUTE))
      const renamed = { robot: { name: 'renamed', key: 'ka', address: 'direct' } }
      assert.equal((await s.backlog(MINUTE, renamed)).due?.id, claimed.id)
      const sameName = { robot: { name: 'a', key: 'other', address: 'direct' } }
      assert.equal((await s.backlog(MINUTE, sameName)).due, undefined)
      assert.equal(await s.retry(claimed.id, MINUTE, { key: 'other' }), undefined)
      const again = await s.retry(claimed.id, MINUTE, { robot: 'renamed', key: 'ka' })
      assert.equal(again?.uuid, claimed.uuid)
    })
  })

  describe('shift', () => {
    const s = storeFixture(backend)

    test('moves calls, pauses and due times with a clock that is set', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      const pause = { scope: 'robot:ka', until: at(9_000), reason: 'unreachable' }
      await s.settle(claimed, 100, { next: { kind: 'retry', dueAt: at(8_000) }, pause })
      for (const byMs of [HOUR, -2 * HOUR]) await s.store.shift(byMs)
      const { robot, nextDueAt } = await s.backlog(-HOUR)
      assert.deepEqual(robot.calls, [{ at: at(-HOUR), until: at(-HOUR + 100) }])
      assert.deepEqual(
        [robot.pause?.since, robot.pause?.until, nextDueAt],
        [at(-HOUR + 100), at(-HOUR + 9_000), at(-HOUR + 8_000)],
      )
    })
  })
}
