import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, at, type Backend, MINUTE, storeFixture } from './harness.ts'

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

    test('moves what waits for a robot that is gone to those that remain, or marks it dead', async () => {
      await s.accept([alert('f'), alert('g')])
      const nothing = { moved: 0, dead: [], queues: [] }
      assert.deepEqual(await s.store.reassign(assigned('a'), at(1)), nothing)
      assert.deepEqual(await s.store.reassign(assigned('b'), at(1)), {
        ...{ moved: 2, dead: [], queues: ['robot:b'] },
      })
      assert.deepEqual(await s.waiting(1, 'robot:b'), ['f firing', 'g firing'])
      assert.deepEqual(await s.waiting(1), [])
      assert.deepEqual(await s.store.reassign([], at(2)), {
        ...{ moved: 0, dead: [{ channel: 'ops', count: 2 }], queues: [] },
      })
      const { items } = await s.store.alerts({ limit: 9, state: 'dead' })
      assert.equal(items.length, 2)
      assert.match(items[0]?.reason ?? '', /removed from the configuration/)
    })

    test('does not add again what a group was sent', async () => {
      await s.accept([alert('f', { queues: ['robot:a', 'robot:b'] })])
      await s.send(await s.waitingIds())
      await s.store.reassign(assigned('a'), at(20))
      const { channels } = await s.backlog(30, { queues: ['robot:a', 'robot:b'] })
      assert.deepEqual(channels, [])
      assert.deepEqual(await s.states(), ['f sent'])
    })

    test('leaves a message in flight alone while the lease of its robot is in force', async () => {
      await s.accept([alert('f'), alert('g')])
      const claimed = await s.claim((await s.waitingIds()).slice(0, 1))
      const nothing = { moved: 0, dead: [], queues: [] }
      assert.deepEqual(await s.store.reassign(assigned('b'), at(MINUTE - 1)), nothing)
      assert.equal(await s.stateOf(claimed.id), 'sending')
      assert.deepEqual(await s.waiting(1), ['g firing'])
      assert.equal((await s.settle(claimed, MINUTE - 1)).length, 1)
    })
  })
}
