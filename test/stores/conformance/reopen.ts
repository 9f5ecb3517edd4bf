import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, alerts, at, type Backend, EVERY_MS, MINUTE, storeFixture } from './harness.ts'

/** State that survives reopening the store. */
export function reopenCases(backend: Backend): void {
  describe('a store that is opened again', () => {
    const s = storeFixture(backend)

    test('has the accepted alerts', async () => {
      await Promise.all(alerts(50).map((each) => s.accept([each])))
      await s.reopen()
      assert.equal((await s.backlog()).channels[0]?.count, 50)
    })

    test('recovers a message in flight unchanged', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      await s.reopen()
      assert.equal(await s.store.recover(at(MINUTE)), 1)
      const again = await s.retry(claimed.id, MINUTE)
      assert.deepEqual([again?.uuid, again?.body], [claimed.uuid, claimed.body])
    })

    test('has the pauses and dismissals of a person', async () => {
      await s.accept([alert('f')])
      const dead = await s.claim(await s.waitingIds())
      await s.die(dead, 10)
      await s.store.dismiss([dead.id], { at: at(20), by: 'li' })
      await s.store.pauseRobot({ key: 'ka', now: at(30), until: at(MINUTE), by: 'li' })
      await s.reopen()
      const pause = { since: at(30), until: at(MINUTE), reason: 'by_hand', by: 'li' }
      assert.deepEqual((await s.backlog(40)).robot.pause, pause)
      const found = await s.store.message(dead.id)
      assert.deepEqual(found?.message.dismissed, { at: at(20), by: 'li' })
    })

    test('has the last alerts let through, and their repeats', async () => {
      const same = { key: 'same' }
      await s.accept([alert('f'), alert('one', { group: 'g' })], 0, same)
      await s.accept([alert('f'), alert('two', { group: 'g' })], 1_000)
      await s.reopen()
      assert.equal((await s.accept([alert('f')], 2_000, same)).duplicate, true)
      const again = await s.accept([alert('f'), alert('three', { group: 'g' })], 3_000)
      assert.deepEqual(again.suppressed, [{ channel: 'ops', reason: 'aggregated', count: 2 }])
      assert.equal((await s.accept([alert('f')], EVERY_MS + 1)).queues.length, 1)
      assert.deepEqual(
        (await s.backlog()).channels[0]?.alerts.map((each) => [each.fingerprint, each.repeats]),
        [
          ['f', 0],
          ['one', 0],
          ['f', 2],
        ],
      )
    })
  })
}
