import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  alert,
  alerts,
  at,
  type Backend,
  FAILED,
  type StoreFixture,
  storeFixture,
} from './harness.ts'

const LATER = 30 * 86_400_000

/** Prunes until nothing is left, with each round within its limit; returns the total. */
async function pruneAll(s: StoreFixture): Promise<{ messages: number; alerts: number }> {
  const total = { messages: 0, alerts: 0 }
  for (let round = 0; round < 10; round += 1) {
    const { messages, alerts: count } = await s.store.prune(at(LATER), at(LATER))
    assert.ok(count <= 5_000, `${count} in one round`)
    total.messages += messages
    total.alerts += count
  }
  return total
}

export function pruneCases(backend: Backend): void {
  describe('prune', () => {
    const s = storeFixture(backend)

    test('deletes ended alerts, keeps waiting ones and what limits need', async () => {
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

    test('counts the retention of a message from its end, however long it waited', async () => {
      const end = LATER / 2
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      const [dead, sent] = [await s.claim([f], 1), await s.claim([g], 1)]
      for (const claimed of [dead, sent])
        await s.settle(claimed, 2, { attempt: FAILED, next: { kind: 'retry', dueAt: at(3) } })
      const retry = async ({ id }: { id: string }) => ({
        ...{ id, call: (await s.retry(id, end))?.call as number },
      })
      await s.die(await retry(dead), end)
      await s.settle(await retry(sent), end)
      const prune = async (before: number) => {
        for (let round = 0; round < 2; round += 1) await s.store.prune(at(before), at(LATER))
        return s.states()
      }
      assert.deepEqual(await prune(end), ['g sent', 'f dead'])
      assert.equal((await s.store.message(dead.id))?.message.attempts.length, 2)
      assert.deepEqual(await prune(end + 1), [])
    })

    test('keeps a body as long as any request that shares it', async () => {
      // Requests that arrive together are stored together.
      await Promise.all(alerts(5).map((each) => s.accept([each])))
      const ids = await s.waitingIds()
      await s.send(ids.slice(0, 4))
      for (let round = 0; round < 2; round += 1) await s.store.prune(at(LATER), at(LATER))
      const [last] = (await s.backlog()).channels[0]?.alerts ?? []
      const number = last?.fingerprint.slice(1)
      const text = async () =>
        [...(await s.store.payloads([last?.payload as number])).values()].map((each) => each.text)
      assert.deepEqual(await text(), [`text k${Number(number) + 1}`])
      await s.send(ids.slice(4), 10)
      for (let round = 0; round < 2; round += 1) await s.store.prune(at(LATER), at(LATER))
      assert.deepEqual([await s.states(), await text()], [[], []])
    })

    test('deletes a digest of more alerts than a batch in several rounds, and nothing else', async () => {
      const sizes = [4_000, 4_000, 3_000]
      for (const [index, size] of sizes.entries())
        await s.accept(
          Array.from({ length: size }, (_, each) => alert(`d${index}-${each}`)),
          index,
        )
      const digest = await s.claimAll(10)
      await s.settle(digest, 20)
      await s.accept([alert('waits')], 30)
      const rounds = await pruneAll(s)
      assert.deepEqual(rounds, { messages: 1, alerts: 11_000 })
      assert.deepEqual(await s.states(), ['waits pending'])
      assert.deepEqual(await s.waiting(), ['waits firing'])
      assert.equal((await s.claimAll(40)).attempts, 0)
    })

    test('deletes a split digest in several rounds as well', async () => {
      await s.accept(Array.from({ length: 6_000 }, (_, each) => alert(`d${each}`)))
      const digest = await s.claimAll(10)
      await s.die(digest, 20)
      await s.accept([alert('d0', { status: 'resolved' })], 30)
      await s.store.resend(digest.id, at(40))
      await s.settle(await s.claimAll(50), 60)
      assert.deepEqual(await pruneAll(s), { messages: 2, alerts: 6_001 })
      assert.deepEqual(await s.states(), [])
    })

    test('never causes an id to be reused', async () => {
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      const message = Number(await s.send([f, g]))
      await pruneAll(s)
      assert.deepEqual(await s.states(), [])
      if (backend.reopens) await s.reopen()
      await s.accept([alert('h')], 10)
      const [waiting] = (await s.backlog(10)).channels[0]?.alerts ?? []
      assert.ok((waiting?.id as number) > g && (waiting?.payload as number) > 1)
      assert.ok(Number(await s.send([waiting?.id as number], 10)) > message)
    })
  })
}
