import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, at, type Backend, call, MINUTE, storeFixture } from './harness.ts'

export function tallyAndClaimCases(backend: Backend): void {
  describe('tally and claim', () => {
    const s = storeFixture(backend)

    test('count by level, name and cluster, with the first of each', async () => {
      await s.accept(
        Array.from({ length: 30 }, (_, index) =>
          alert(`f${index}`, {
            cluster: `c${index % 3}`,
            level: index % 3 === 0 ? 1 : 4,
            status: index % 2 ? 'resolved' : 'firing',
          }),
        ),
      )
      const tally = await s.store.tally('robot:a', 'ops')
      assert.deepEqual([tally.count, tally.from, tally.to], [30, at(0), at(0)])
      assert.deepEqual(
        tally.groups.map(({ level, cluster, firing, resolved, first }) => [
          level,
          cluster,
          firing + resolved,
          first.length,
        ]),
        [
          [1, 'c0', 10, 3],
          [4, 'c1', 10, 3],
          [4, 'c2', 10, 3],
        ],
      )
      const { id } = await s.claimAll()
      assert.equal((await s.backlog()).channels.length, 0)
      assert.equal((await s.store.message(id))?.alerts.length, 30)
    })

    test('are refused without the lease, without a call left, or when an alert is gone, and then write nothing', async () => {
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      assert.equal(
        await s.store.claim({
          now: at(0),
          message: s.message(),
          alerts: { kind: 'some', ids: [f] },
          call: call(0),
        }),
        undefined,
      )
      assert.equal(await s.tryClaim([f], 0, { call: { messages: 0 } }), undefined)
      await s.claim([f])
      assert.equal(await s.tryClaim([f]), undefined)
      assert.equal(await s.tryClaim([g], 0, { call: { messages: 1 } }), undefined)
      assert.equal(await s.tryClaimTally({ upTo: g, count: 5 }), undefined)
      assert.equal(await s.lease(MINUTE - 1, 'a', 'other'), false)
      assert.equal(await s.lease(MINUTE, 'a', 'other'), true)
      assert.equal((await s.store.messages({ limit: 10 })).items.length, 1)
      await s.claim([g], 2 * MINUTE)
    })

    test('neither count nor take what is held back', async () => {
      await s.accept([alert('f'), alert('g')])
      const claimed = await s.claim((await s.waitingIds()).slice(0, 1))
      await s.accept([alert('f', { status: 'resolved' }), alert('h')], 10)
      assert.equal((await s.store.tally('robot:a', 'ops')).count, 2)
      const second = await s.claimAll(20)
      assert.deepEqual(await s.alertsOf(second.id), ['g firing', 'h firing'])
      await s.settle(claimed, 30)
      await s.settle(second, 30)
      assert.deepEqual(await s.waiting(30), ['f resolved'])
      assert.equal(await s.tryClaim([]), undefined)
    })
  })
}
