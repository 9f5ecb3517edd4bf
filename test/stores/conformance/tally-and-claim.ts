import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, alerts, at, type Backend, call, MINUTE, storeFixture } from './harness.ts'

export function tallyAndClaimCases(backend: Backend): void {
  describe('tally and claim', () => {
    const s = storeFixture(backend)

    test('count by level, name and cluster, with the first of each', async () => {
      await s.accept(
        Array.from({ length: 45 }, (_, index) =>
          alert(`f${index}`, {
            cluster: `c${index % 3}`,
            level: index % 3 === 0 ? 1 : 4,
            status: index % 2 ? 'resolved' : 'firing',
          }),
        ),
      )
      const tally = await s.store.tally('robot:a', 'ops')
      assert.deepEqual([tally.count, tally.from, tally.to], [45, at(0), at(0)])
      assert.deepEqual(
        tally.groups.map(({ level, cluster, firing, resolved, examples }) => [
          level,
          cluster,
          firing + resolved,
          examples.length,
        ]),
        [
          [1, 'c0', 15, 10],
          [4, 'c1', 15, 10],
          [4, 'c2', 15, 10],
        ],
      )
      const { id } = await s.claimAll()
      assert.equal((await s.backlog()).channels.length, 0)
      assert.equal((await s.store.message(id))?.alerts.length, 45)
    })

    test('are rejected without the lease, a free call or an alert, and then write nothing', async () => {
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
      assert.equal(await s.tryClaim([f], 0, { call: { maxCalls: 0 } }), undefined)
      await s.claim([f])
      assert.equal(await s.tryClaim([f]), undefined)
      assert.equal(await s.tryClaim([g], 0, { call: { maxCalls: 1 } }), undefined)
      assert.equal(await s.tryClaimTally({ upTo: g, count: 5 }), undefined)
      assert.equal(await s.lease(MINUTE - 1, 'a', 'other'), false)
      assert.equal(await s.lease(MINUTE, 'a', 'other'), true)
      assert.equal((await s.store.messages({ limit: 10 })).items.length, 1)
      await s.claim([g], 2 * MINUTE)
    })

    test("are rejected when another robot has used the organisation's last call of the month", async () => {
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      const limited = { call: { organisationLimit: 1 } }
      const first = await s.claim([f], 0, { robot: 'b', ...limited })
      assert.equal(await s.tryClaim([g], 10, limited), undefined)
      const next = { kind: 'retry', dueAt: at(20) } as const
      await s.settle(first, 20, { next })
      assert.equal(await s.retry(first.id, 30, limited.call), undefined)
      await s.claim([g], 40, { call: { organisationLimit: 2 } })
    })

    test('are rejected when a robot with the same token has used its last call of the month', async () => {
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      await s.send([f], 0, { robot: 'renamed', call: { key: 'ka' } })
      assert.equal(await s.tryClaim([g], 10, { call: { monthlyLimit: 1 } }), undefined)
      await s.claim([g], 20, { call: { monthlyLimit: 2 } })
    })

    for (const [name, scope] of [
      ['token', 'robot:ka'],
      ['address', 'address:direct'],
    ] as const)
      test(`are rejected while a throttled call of another robot pauses its ${name}`, async () => {
        await s.accept([alert('f'), alert('g')])
        const [f, g] = (await s.waitingIds()) as [number, number]
        const first = await s.claim([f], 0, { robot: 'b' })
        const next = { kind: 'retry', dueAt: at(20) } as const
        const pause = { scope, until: at(MINUTE), reason: 'throttled' }
        await s.settle(first, 10, { next, pause })
        assert.equal(await s.tryClaim([g], 20), undefined)
        assert.equal(await s.retry(first.id, 20), undefined)
        await s.claim([g], MINUTE)
      })

    test('are not rejected because an attempt of another robot with the token has failed', async () => {
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      const first = await s.claim([f])
      const pause = { scope: 'robot:ka', until: at(MINUTE), reason: 'unreachable' }
      await s.settle(first, 10, { next: { kind: 'retry', dueAt: at(20) }, pause })
      await s.claim([g], 20)
    })

    test('neither count nor take blocked alerts', async () => {
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

    test('take a digest while its queue grows: successors of its alerts wait, other alerts do not', async () => {
      await s.accept(alerts(5))
      const digest = await s.claimAll()
      await s.accept([alert('f0', { status: 'resolved' }), alert('h')], 10)
      const [backlog] = (await s.backlogOf('b', 10)).channels
      assert.deepEqual([backlog?.count, backlog?.digestOpen], [1, true])
      assert.deepEqual(await s.waiting(10), ['h firing'])
      const tally = await s.store.tally('robot:a', 'ops')
      assert.equal(tally.count, 1)
      assert.equal(await s.tryClaimTally(tally, 10, { robot: 'b' }), undefined)
      const [h] = (await s.waitingIds(10)) as [number]
      assert.equal(await s.tryClaim([h - 1], 10, { robot: 'b' }), undefined)
      await s.send([h], 10, { robot: 'b' })
      await s.accept([alert('h', { status: 'resolved' })], 20)
      assert.deepEqual(await s.waiting(20), [])
      assert.equal((await s.settle(digest, 30))[0]?.count, 5)
      assert.deepEqual(await s.waiting(30), ['f0 resolved', 'h resolved'])
      assert.equal((await s.backlog(30)).channels[0]?.digestOpen, false)
    })

    test('take all alerts again after a split, including later ones and those after a second claim', async () => {
      await s.accept(alerts(10))
      const digest = await s.claimAll()
      await s.accept(
        Array.from({ length: 5 }, (_, index) => alert(`h${index}`)),
        10,
      )
      const second = await s.claim((await s.waitingIds(10)).slice(0, 1), 10)
      const next = { kind: 'split', reason: 'too long', bodyBytes: 9_000 } as const
      await s.settle(digest, 20, { next })
      assert.equal((await s.backlog(20)).channels[0]?.count, 14)
      assert.equal((await s.store.tally('robot:a', 'ops')).count, 14)
      const smaller = await s.claim((await s.waitingIds(20)).slice(0, 3), 20)
      assert.deepEqual(await s.alertsOf(smaller.id), ['f0 firing', 'f1 firing', 'f2 firing'])
      const rest = await s.claimAll(30)
      const found = await s.alertsOf(rest.id)
      assert.deepEqual([found?.length, found?.[0], found?.at(-1)], [11, 'f3 firing', 'h4 firing'])
      for (const each of [second, smaller, rest]) await s.settle(each, 40)
      assert.deepEqual(await s.waiting(40), [])
      assert.deepEqual(
        new Set((await s.states()).map((each) => each.split(' ')[1])),
        new Set(['sent']),
      )
    })

    test('take no alert of an earlier digest that is dead', async () => {
      await s.accept(alerts(4))
      const dead = await s.claimAll()
      await s.accept([alert('h')], 10)
      await s.die(dead, 20)
      const digest = await s.claimAll(30)
      assert.deepEqual(await s.alertsOf(digest.id), ['h firing'])
      assert.equal((await s.alertsOf(dead.id))?.length, 4)
      await s.settle(digest, 40)
      assert.equal((await s.store.alerts({ limit: 9, state: 'dead' })).items.length, 4)
    })

    test('do not take alerts of an open message, which follow afterwards in order', async () => {
      await s.accept([alert('f'), alert('g')])
      const open = await s.claim((await s.waitingIds()).slice(0, 1))
      await s.accept([alert('f', { status: 'resolved' }), alert('h'), alert('f')], 10)
      const digest = await s.claimAll(20)
      assert.deepEqual(await s.alertsOf(digest.id), ['g firing', 'h firing'])
      assert.deepEqual(await s.waiting(20), [])
      await s.accept([alert('i')], 30)
      assert.deepEqual(await s.waiting(30), ['i firing'])
      await s.settle(open, 40)
      // The last one waits for the digest as well, because its predecessor is newer than the digest's first alert.
      assert.deepEqual(await s.waiting(40), ['f resolved', 'i firing'])
      const [resolved] = (await s.waitingIds(40)) as [number]
      await s.send([resolved], 40)
      await s.settle(digest, 50)
      assert.deepEqual(await s.waiting(50), ['f firing', 'i firing'])
      const rest = await s.claimAll(60)
      assert.deepEqual(await s.alertsOf(rest.id), ['f firing', 'i firing'])
      await s.accept([alert('f', { status: 'resolved' })], 70)
      assert.deepEqual(await s.waiting(70), [])
      await s.settle(rest, 80)
      assert.deepEqual(await s.waiting(80), ['f resolved'])
    })

    test('take alerts in the order of levels, each level up to the same alert', async () => {
      for (const level of [4, 1, 3, 1, 5] as const)
        await s.accept([alert(`l${level}-${s.nextKey()}`, { level })])
      const digest = await s.claimAll()
      const found = await s.store.message(digest.id)
      assert.deepEqual(
        found?.alerts.map(({ level }) => level),
        [1, 1, 3, 4, 5],
      )
      await s.accept([alert('new', { level: 2 })], 10)
      assert.deepEqual(await s.waiting(10), ['new firing'])
    })
  })
}
