import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, alerts, at, type Backend, FAILED, MINUTE, storeFixture } from './harness.ts'

export function unshownCases(backend: Backend): void {
  describe('a message of which nothing was shown', () => {
    const s = storeFixture(backend)
    const retry = {
      attempt: FAILED,
      next: { kind: 'retry', dueAt: at(10) },
      reached: false,
    } as const

    test('is returned with its alerts and those that wait beside it', async () => {
      await s.accept([alert('f'), alert('g', { level: 1 })])
      const claimed = await s.claim(await s.waitingIds())
      assert.equal(await s.store.unshown(claimed.id, 9), undefined)
      await s.settle(claimed, 10, retry)
      await s.accept([alert('f', { status: 'resolved' }), alert('h'), alert('i', { level: 4 })], 20)
      const few = await s.store.unshown(claimed.id, 1)
      assert.deepEqual(few?.waiting.map(nameOf), ['f resolved 3'])
      const found = await s.store.unshown(claimed.id, 9)
      const named = found && [found.carried, found.waiting].map((list) => list.map(nameOf))
      assert.deepEqual(named, [
        ['f firing 3', 'g firing 1'],
        ['f resolved 3', 'h firing 3', 'i firing 4'],
      ])
      assert.deepEqual(found?.carried[0]?.receivedAt, at(0))
      assert.deepEqual((await s.backlog(20)).due?.refused, { at: at(10), result: 'network' })
      assert.deepEqual(await s.waiting(20), ['h firing', 'i firing'])
    })

    test('is not one that may have arrived, that is dead or sent, or that holds a range', async () => {
      await s.accept(alerts(3))
      const [first, second, third] = (await s.waitingIds()) as [number, number, number]
      const arrived = await s.claim([first])
      await s.settle(arrived, 10, {
        next: { kind: 'retry', dueAt: at(10), elsewhereAt: at(MINUTE) },
      })
      assert.equal((await s.backlog(20)).due?.refused, undefined)
      const dead = await s.claim([second], 20)
      await s.die(dead, 30)
      const sent = await s.send([third], 40)
      await s.accept([alert('h'), alert('i')], 50)
      const digest = await s.claimAll(60)
      await s.settle(digest, 70, retry)
      for (const id of [arrived.id, dead.id, sent, digest.id, '99']) {
        assert.equal(await s.store.unshown(id, 9), undefined, id)
        assert.equal(await s.tryClaim([first], 80, { replaces: id }), undefined, id)
      }
      assert.equal(await s.stateOf(arrived.id), 'pending')
    })

    test('takes new contents and its successors, and keeps its id and attempts', async () => {
      await s.accept([alert('f'), alert('g')])
      const claimed = await s.claim(await s.waitingIds())
      await s.settle(claimed, 10, retry)
      await s.accept([alert('f', { status: 'resolved' }), alert('h')], 20)
      const found = await s.store.unshown(claimed.id, 9)
      const ids = [...(found?.carried ?? []), ...(found?.waiting ?? []).slice(0, 1)].map(
        ({ id }) => id,
      )
      const message = { uuid: 'new', title: 'N', text: 'new', body: '{"new":1}', kind: 'group' }
      const again = await s.claim(ids, 30, { replaces: claimed.id, message: message as object })
      assert.deepEqual(
        [again.id, again.uuid, again.body, again.attempts, again.results],
        [claimed.id, 'new', '{"new":1}', 1, new Map([['network', 1]])],
      )
      assert.equal(await s.tryClaim(ids, 30, { replaces: claimed.id }), undefined)
      assert.equal((await s.settle(again, 40)).length, 2)
      const stored = await s.store.message(claimed.id)
      assert.deepEqual(
        [stored?.message.title, stored?.message.kind, stored?.message.alertCount],
        ['N', 'group', 3],
      )
      assert.deepEqual(
        stored?.message.attempts.map(({ result }) => result),
        ['network', 'ok'],
      )
      assert.equal((await s.store.messages({ limit: 9 })).items.length, 1)
      assert.deepEqual(await s.states(), ['h pending', 'f sent', 'g sent', 'f sent'])
      assert.deepEqual(await s.waiting(50), ['h firing'])
    })

    test('leaves alerts that no longer fit to wait', async () => {
      await s.accept(alerts(3))
      const all = await s.waitingIds()
      const claimed = await s.claim(all)
      await s.settle(claimed, 10, retry)
      const again = await s.claim(all.slice(0, 1), 20, { replaces: claimed.id })
      assert.deepEqual(await s.waiting(20), ['f1 firing', 'f2 firing'])
      await s.settle(again, 30)
      assert.deepEqual(await s.states(), ['f2 pending', 'f1 pending', 'f0 sent'])
    })
  })
}

function nameOf(alert: { fingerprint: string; status: string; level: number }): string {
  return `${alert.fingerprint} ${alert.status} ${alert.level}`
}
