import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, alerts, at, type Backend, storeFixture } from './harness.ts'

export function backlogCases(backend: Backend): void {
  describe('backlog', () => {
    const s = storeFixture(backend)

    test('blocks alerts about an alert in an open message', async () => {
      await s.accept([alert('f'), alert('g')])
      const [first] = await s.waitingIds()
      const claimed = await s.claim([first as number])
      await s.accept([alert('f', { status: 'resolved' })], 10)
      assert.equal((await s.backlog(10)).channels[0]?.count, 1)
      assert.deepEqual(await s.waiting(10), ['g firing'])
      await s.settle(claimed, 20)
      assert.deepEqual(await s.waiting(20), ['g firing', 'f resolved'])
    })

    test('counts messages of the hour and the day, calls, and the month', async () => {
      await s.accept([alert('f'), alert('g'), alert('h')])
      for (const id of (await s.waitingIds()).slice(0, 2))
        await s.settle(await s.claim([id], 1_000), 2_000)
      const { channels, robot, organisationUsed } = await s.backlog(3_000)
      assert.deepEqual(
        [channels[0]?.messagesThisHour, channels[0]?.messagesToday, channels[0]?.lastMessageAt],
        [2, 2, at(1_000)],
      )
      assert.deepEqual(
        [robot.calls, robot.monthUsed, organisationUsed],
        [Array(2).fill({ at: at(1_000), until: at(2_000) }), 2, 2],
      )
      assert.equal((await s.backlog(70_000)).robot.calls.length, 0)
    })

    test('lists the latest messages of the queue and channel, and which were storms', async () => {
      await s.accept([alert('f'), alert('g'), alert('h')])
      const [first, second] = (await s.waitingIds()) as [number, number]
      await s.send([first], 1_000)
      await s.send([second], 2_000, { message: { storm: true } })
      await s.store.enqueue([s.testMessage()], at(2_500))
      assert.deepEqual((await s.backlog(3_000)).channels[0]?.recent, [
        { at: at(1_000), storm: false },
        { at: at(2_000), storm: true },
      ])
      assert.deepEqual((await s.backlog(61_000)).channels[0]?.recent, [
        { at: at(2_000), storm: true },
      ])
    })

    test('counts exactly when the preview is complete, and more than the preview otherwise', async () => {
      await s.accept(alerts(10, { level: 4 }))
      await s.accept([alert('severe', { level: 1 })], 5)
      const counted = async (preview: number) => {
        const [channel] = (await s.backlog(5, { preview })).channels
        return {
          count: channel?.count,
          alerts: channel?.alerts.length,
          first: channel?.alerts[0]?.fingerprint,
          oldest: channel?.oldest,
        }
      }
      const all = { count: 11, alerts: 11, first: 'severe', oldest: at(0) }
      assert.deepEqual([await counted(500), await counted(11)], [all, all])
      for (const preview of [10, 4, 1]) {
        const { count, ...rest } = await counted(preview)
        assert.deepEqual(rest, { alerts: preview, first: 'severe', oldest: at(0) })
        assert.ok((count ?? 0) > preview && (count ?? 0) <= 11, `${count} of preview ${preview}`)
      }
    })

    test('orders retries by level and age, then manual messages, then tests', async () => {
      const levels = { three: 3, one: 1, later: 3, dead: 1 } as const
      const fingerprints = Object.keys(levels) as (keyof typeof levels)[]
      const names = new Map<string, string>()
      for (const [index, fingerprint] of fingerprints.entries()) {
        const level = levels[fingerprint]
        await s.accept([alert(fingerprint, { level })])
        const claimed = await s.claim(await s.waitingIds(), 0, { message: { level } })
        if (fingerprint === 'dead') await s.die(claimed, 5)
        else await s.settle(claimed, 5, { next: { kind: 'retry', dueAt: at(10 * index + 10) } })
        names.set(claimed.id, fingerprint)
      }
      const [test] = (await s.store.enqueue([s.testMessage()], at(1))) as [string]
      await s.store.warn({
        ...{ now: at(2), month: '2026-11', scope: 'ka', percent: 50 },
        message: s.testMessage({ kind: 'alert' }),
      })
      const dead = [...names].find(([, name]) => name === 'dead')?.[0] as string
      await s.store.resend(dead, at(6))
      const order: [string, boolean][] = []
      for (;;) {
        const { due } = await s.backlog(100)
        if (due === undefined) break
        order.push([names.get(due.id) ?? (due.id === test ? 'test' : 'warning'), due.byHand])
        const claimed = await s.retry(due.id, 100)
        assert.ok(claimed)
        await s.settle(claimed, 100)
      }
      assert.deepEqual(order, [
        ['one', false],
        ['three', false],
        ['later', false],
        ['dead', true],
        ['warning', true],
        ['test', true],
      ])
    })
  })
}
