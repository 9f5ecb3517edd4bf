import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, at, type Backend, storeFixture } from './harness.ts'

export function messageCases(backend: Backend): void {
  describe('enqueue, warn and resend', () => {
    const s = storeFixture(backend)

    test('make a message without alerts due at once; only a dead one can be sent again', async () => {
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

    test('warn of each share of a month once, and of none after a higher one', async () => {
      const warn = (percent: number, scope = 'organisation', month = '2026-11') =>
        s.store.warn({
          now: at(0),
          month,
          scope,
          percent,
          message: s.testMessage({ kind: 'alert' }),
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
      assert.equal((await s.store.messages({ limit: 9 })).items.length, 4)
    })
  })
}
