import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Claimed } from '../../../src/stores/store.ts'
import { alert, alerts, at, type Backend, MINUTE, storeFixture } from './harness.ts'

/** Channel `ops` with one queue for each robot. */
function assigned(...robots: string[]) {
  return [
    {
      channel: 'ops',
      queues: robots.map((name) => ({
        queue: `robot:${name}`,
        robots: [{ name, key: `k${name}` }],
      })),
    },
  ]
}

export function reassignCases(backend: Backend): void {
  describe('reassign', () => {
    const s = storeFixture(backend)

    test('moves alerts of a removed robot to those that remain, or marks them dead', async () => {
      await s.accept([alert('f'), alert('g')])
      const nothing = { moved: 0, dead: [], queues: [] }
      assert.deepEqual(await s.reassign(assigned('a'), 1), nothing)
      assert.deepEqual(await s.reassign(assigned('b'), 1), {
        ...{ moved: 2, dead: [], queues: ['robot:b'] },
      })
      assert.deepEqual(await s.waiting(1, 'robot:b'), ['f firing', 'g firing'])
      assert.deepEqual(await s.waiting(1), [])
      assert.deepEqual(await s.reassign([], 2), {
        ...{ moved: 0, dead: [{ channel: 'ops', count: 2 }], queues: [] },
      })
      const { items } = await s.store.alerts({ limit: 9, state: 'dead' })
      assert.equal(items.length, 2)
      assert.match(items[0]?.reason ?? '', /removed from the configuration/)
      const removedAt = async (ms: number) =>
        (await s.store.snapshot({ now: at(ms), month: '2026-11', robots: [] })).removed
      assert.deepEqual(await removedAt(10), { count: 2, oldest: at(0) })
      assert.deepEqual(await removedAt(86_400_001), { count: 0, oldest: undefined })
    })

    test('leaves nothing to send again of a message whose channel was removed', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      await s.settle(claimed, 10, { next: { kind: 'retry', dueAt: at(MINUTE) } })
      await s.reassign([], 20)
      await assert.rejects(s.store.resend(claimed.id, at(30)), {
        code: 'not_dead',
        message: /contains no alerts any more.*its channel or robot was removed/,
      })
    })

    test('does not add alerts that the group was sent', async () => {
      await s.accept([alert('f', { queues: ['robot:a', 'robot:b'] })])
      await s.send(await s.waitingIds())
      await s.reassign(assigned('a'), 20)
      const { channels } = await s.backlog(30, { queues: ['robot:a', 'robot:b'] })
      assert.deepEqual(channels, [])
      assert.deepEqual(await s.states(), ['f sent'])
    })

    test('skips a message in flight while the lease of its robot is in force', async () => {
      await s.accept([alert('f'), alert('g')])
      const claimed = await s.claim((await s.waitingIds()).slice(0, 1))
      const nothing = { moved: 0, dead: [], queues: [] }
      assert.deepEqual(await s.reassign(assigned('b'), MINUTE - 1), nothing)
      assert.equal(await s.stateOf(claimed.id), 'sending')
      assert.deepEqual(await s.waiting(1), ['g firing'])
      assert.equal((await s.settle(claimed, MINUTE - 1)).length, 1)
    })

    test('moves a recovered message that may have arrived unchanged', async () => {
      await s.accept([alert('f'), alert('g')])
      const claimed = await s.claim((await s.waitingIds()).slice(0, 1))
      // Its process may still send it.
      assert.equal((await s.reassign(assigned('b'), MINUTE + 1)).moved, 0)
      assert.equal(await s.store.recover(at(MINUTE + 1)), 1)
      const moved = await s.reassign(assigned('b'), MINUTE + 1)
      assert.deepEqual(moved, { moved: 1, dead: [], queues: ['robot:b'] })
      const queues = ['robot:b']
      assert.deepEqual(await s.waiting(MINUTE + 1, 'robot:b'), ['g firing'])
      assert.equal((await s.backlogOf('b', MINUTE + 1, { queues })).due, undefined)
      assert.equal((await s.backlogOf('b', 2 * MINUTE + 1, { queues })).due?.id, claimed.id)
      assert.deepEqual(await s.states(), ['g pending', 'f sending'])
      const again = await s.retry(claimed.id, 2 * MINUTE + 1, { robot: 'b' })
      assert.deepEqual([again?.uuid, again?.body], [claimed.uuid, claimed.body])
      const next = { kind: 'split', reason: 'too long', bodyBytes: 9_000 } as const
      await s.settle(again as Claimed, 2 * MINUTE + 2, { next })
      assert.deepEqual(await s.waiting(2 * MINUTE + 2, 'robot:b'), ['f firing', 'g firing'])
    })

    test('keeps the alerts of a moved message in a queue that never had their level', async () => {
      await s.accept([alert('f')])
      const { id } = await s.claim(await s.waitingIds())
      await s.store.recover(at(MINUTE))
      await s.reassign(assigned('b'), MINUTE)
      assert.deepEqual(await s.states(), ['f sending'])
      const later = 30 * 86_400_000
      await s.store.prune(at(later), at(later))
      assert.deepEqual(await s.alertsOf(id), ['f firing'])
    })

    test('aggregates a repeat of a moved alert, also of one in a moved message', async () => {
      await s.accept([alert('f'), alert('g')])
      await s.claim((await s.waitingIds()).slice(0, 1))
      await s.store.recover(at(MINUTE))
      await s.reassign(assigned('b', 'c'), MINUTE)
      if (backend.reopens) await s.reopen()
      const repeat = [alert('f'), alert('g')].map((each) => ({ ...each, queues: ['robot:b'] }))
      assert.deepEqual((await s.accept(repeat, MINUTE + 1)).suppressed, [
        { channel: 'ops', reason: 'aggregated', count: 2 },
      ])
      const recovery = alert('f', { status: 'resolved', queues: ['robot:b'] })
      await s.accept([recovery], MINUTE + 2)
      assert.deepEqual(await s.waiting(MINUTE + 2, 'robot:b'), ['g firing'])
    })

    test('blocks moved alerts until a digest in flight in the new queue is settled', async () => {
      await s.accept([alert('f', { queues: ['robot:b'] })])
      const digest = await s.claimAll(0, { robot: 'b', message: { queue: 'robot:b' } })
      await s.accept([alert('f', { status: 'resolved' })], 10)
      assert.equal((await s.reassign(assigned('b'), 20)).moved, 1)
      assert.deepEqual(await s.waiting(20, 'robot:b'), [])
      await s.settle(digest, 30)
      assert.deepEqual(await s.waiting(30, 'robot:b'), ['f resolved'])
    })

    test('suppresses an alert that a later one has overtaken in the new queue', async () => {
      await s.accept([alert('f'), alert('g')])
      await s.accept([alert('f', { status: 'resolved', queues: ['robot:b'] })], 10)
      await s.accept([alert('g', { status: 'resolved', queues: ['robot:b'] })], 10)
      const [f] = (await s.waitingIds(10, 'robot:b')) as [number]
      await s.send([f], 10, { robot: 'b', message: { queue: 'robot:b' } })
      assert.equal((await s.reassign(assigned('b'), 20)).moved, 1)
      assert.deepEqual(await s.waiting(20, 'robot:b'), ['g firing', 'g resolved'])
      const { items } = await s.store.alerts({ limit: 9, state: 'suppressed' })
      assert.deepEqual(
        items.map(({ fingerprint, reason }) => [fingerprint, reason]),
        [['f', 'outdated']],
      )
    })

    test('marks a message dead that has not arrived: its alerts wait again', async () => {
      await s.accept([alert('f'), alert('g')])
      const claimed = await s.claim(await s.waitingIds())
      await s.settle(claimed, 10, { next: { kind: 'retry', dueAt: at(5_000) }, reached: false })
      const moved = await s.reassign(assigned('b', 'c'), 20)
      assert.deepEqual(moved, { moved: 2, dead: [], queues: ['robot:b', 'robot:c'] })
      assert.equal(await s.stateOf(claimed.id), 'dead')
      for (const queue of ['robot:b', 'robot:c'])
        assert.deepEqual(await s.waiting(20, queue), ['f firing', 'g firing'])
    })

    test('marks a digest dead, and moves its alerts and those behind it', async () => {
      await s.accept(alerts(5))
      const digest = await s.claimAll()
      await s.settle(digest, 10, { next: { kind: 'retry', dueAt: at(5_000) } })
      await s.accept([alert('f0', { status: 'resolved' })], 20)
      assert.equal((await s.reassign(assigned('b'), 30)).moved, 6)
      const moved = await s.waiting(30, 'robot:b')
      assert.deepEqual([moved.length, moved[0], moved[5]], [6, 'f0 firing', 'f0 resolved'])
    })

    test('skips queues that another process has leased', async () => {
      await s.accept([alert('f')])
      const places = [{ queue: 'robot:a', channel: 'ops' }]
      const lease = { robot: 'x', owner: 'you', now: at(0), until: at(MINUTE), places }
      assert.equal(await s.store.lease(lease), true)
      assert.equal((await s.reassign(assigned('b'), MINUTE - 1)).moved, 0)
      assert.deepEqual(await s.waiting(), ['f firing'])
      assert.equal((await s.reassign(assigned('b'), MINUTE)).moved, 1)
    })

    test('does not move alerts of a renamed robot to another group', async () => {
      await s.accept([alert('before')])
      await s.send(await s.waitingIds())
      await s.accept([alert('f')], 10)
      const queues = ['a', 'b'].map((name) => ({
        queue: `robot:${name}-new`,
        robots: [{ name: `${name}-new`, key: `k${name}` }],
      }))
      const moved = await s.reassign([{ channel: 'ops', queues }], 20)
      assert.deepEqual(moved.queues, ['robot:a-new'])
      assert.deepEqual(await s.waiting(20, 'robot:a-new'), ['f firing'])
      assert.deepEqual(await s.waiting(20, 'robot:b-new'), [])
    })

    test('does not add to a pool what one of its robots has sent from its own queue', async () => {
      await s.accept([alert('f', { queues: ['robot:a', 'robot:b'] })])
      await s.send(await s.waitingIds())
      const robots = ['a', 'c'].map((name) => ({ name, key: `k${name}` }))
      const pool = [{ channel: 'ops', queues: [{ queue: 'channel:ops', robots }] }]
      await s.reassign(pool, 20)
      assert.deepEqual(await s.waiting(20, 'channel:ops'), [])
      assert.deepEqual(await s.states(), ['f sent'])
    })

    test('does not move the message of a removed robot to a group whose queue has some of its alerts', async () => {
      await s.accept([
        alert('f', { queues: ['robot:b', 'robot:c'] }),
        alert('g', { queues: ['robot:b'] }),
      ])
      const claimed = await s.claim(await s.waitingIds(0, 'robot:b'), 0, {
        ...{ robot: 'b', message: { queue: 'robot:b' } },
      })
      const elsewhereAt = at(5 * MINUTE)
      await s.settle(claimed, 10, { next: { kind: 'retry', dueAt: at(10), elsewhereAt } })
      await s.reassign(assigned('c'), MINUTE + 1)
      assert.equal(await s.stateOf(claimed.id), 'dead')
      assert.deepEqual(await s.waiting(MINUTE + 1, 'robot:c'), ['f firing', 'g firing'])
    })

    test('moves alerts of a channel from a queue that is leased for other channels only', async () => {
      await s.accept([alert('f')])
      const places = [{ queue: 'robot:a', channel: 'other' }]
      const lease = { robot: 'x', owner: 'you', now: at(0), until: at(MINUTE), places }
      assert.equal(await s.store.lease(lease), true)
      assert.equal((await s.reassign(assigned('b'), 10)).moved, 1)
    })

    test('lets a repeat through when the channel of a dead alert is restored', async () => {
      const both = alert('f', { queues: ['robot:a', 'robot:b'] })
      await s.accept([both, alert('sent')])
      await s.send((await s.waitingIds()).slice(1))
      assert.deepEqual(await s.reassign([], 20), {
        ...{ moved: 0, dead: [{ channel: 'ops', count: 1 }], queues: [] },
      })
      if (backend.reopens) await s.reopen()
      assert.deepEqual((await s.accept([both], 30)).queues, ['robot:a', 'robot:b'])
      assert.equal((await s.accept([alert('sent')], 30)).suppressed[0]?.reason, 'aggregated')
    })

    test('leaves everything to a process with a newer configuration, unless that has ended', async () => {
      await s.accept([alert('f')])
      const nothing = { moved: 0, dead: [], queues: [] }
      assert.deepEqual(await s.reassign(assigned('a'), 10, { sinceMs: 5 }), nothing)
      assert.deepEqual(await s.reassign([], 20, { sinceMs: 4 }), nothing)
      assert.deepEqual(await s.waiting(20), ['f firing'])
      await s.reassign(assigned('a'), MINUTE, { sinceMs: 5 })
      assert.deepEqual(await s.reassign([], 2 * MINUTE - 1, { sinceMs: 4 }), nothing)
      assert.equal((await s.reassign([], 2 * MINUTE, { sinceMs: 4 })).dead[0]?.count, 1)
    })

    test('does not take the configuration of a process that was restarted for a newer one', async () => {
      const nothing = { moved: 0, dead: [], queues: [] }
      const started = { isReloaded: false }
      await s.reassign([], 10, started)
      await s.reassign(assigned('a'), 20, started)
      await s.accept([alert('f')], 20)
      assert.deepEqual(await s.reassign([], 30, started), nothing)
      await s.reassign(assigned('a'), MINUTE, started)
      assert.deepEqual(await s.reassign([], MINUTE + 20, started), nothing)
      assert.deepEqual(await s.waiting(MINUTE + 20), ['f firing'])
      // A reload puts an earlier configuration into effect again.
      assert.equal((await s.reassign([], MINUTE + 50)).dead[0]?.count, 1)
    })

    test('marks a message without alerts dead in a queue without a robot', async () => {
      const [id] = (await s.store.enqueue([s.testMessage()], at(0))) as [string]
      assert.equal((await s.reassign(assigned('b'), 10)).moved, 0)
      assert.equal(await s.stateOf(id), 'dead')
      assert.match((await s.store.message(id))?.message.reason ?? '', /removed from/)
    })

    test('gives a message that may have arrived to its renamed robot, by its key', async () => {
      await s.accept([alert('f')])
      const claimed = await s.claim(await s.waitingIds())
      await s.store.recover(at(MINUTE))
      const queues = ['first', 'second'].map((name) => ({
        queue: `robot:${name}`,
        robots: [{ name, key: name === 'second' ? 'ka' : 'k1' }],
      }))
      await s.reassign([{ channel: 'ops', queues }], MINUTE)
      const { due } = await s.backlog(MINUTE, {
        robot: { name: 'second', key: 'ka', address: 'direct' },
        queues: ['robot:second'],
      })
      assert.deepEqual([due?.id, due?.robot], [claimed.id, 'second'])
    })

    test('does not send a group a message whose alerts are all in other messages', async () => {
      await s.accept([alert('f', { queues: ['robot:a', 'robot:b'] })])
      const claimed = await s.claim(await s.waitingIds())
      await s.store.recover(at(MINUTE))
      await s.reassign(assigned('b'), MINUTE)
      assert.equal(await s.stateOf(claimed.id), 'dead')
      assert.deepEqual(await s.waiting(MINUTE, 'robot:b'), ['f firing'])
      assert.deepEqual(await s.states(), ['f pending'])
    })
  })
}
