import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, at, type Backend, storeFixture } from './harness.ts'

const LATER = 30 * 86_400_000

export function pruneCases(backend: Backend): void {
  describe('prune', () => {
    const s = storeFixture(backend)

    test('deletes what is over, keeps what waits and what limits need', async () => {
      await s.accept([alert('f'), alert('g')])
      await s.send((await s.waitingIds()).slice(0, 1))
      await s.accept([alert('f')], 20)
      for (let round = 0; round < 3; round += 1) await s.store.prune(at(LATER - 1), at(LATER))
      assert.deepEqual(await s.states(), ['g pending'])
      assert.equal((await s.store.messages({ limit: 9 })).items.length, 0)
      assert.equal((await s.backlog(LATER)).robot.monthUsed, 1)
      const [first] = (await s.backlog(LATER)).channels[0]?.alerts ?? []
      assert.equal((await s.store.payloads([first?.payload as number])).size, 1)
    })
  })
}
