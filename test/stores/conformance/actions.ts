import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alert, alerts, at, type Backend, MINUTE, storeFixture } from './harness.ts'

/** The actions of a person on messages and robots. */
export function actionCases(backend: Backend): void {
  describe('a pause by hand', () => {
    const s = storeFixture(backend)
    const pauseOf = async (ms: number) => (await s.backlog(ms)).robot.pause

    test('contains the person who made it, and is replaced by the next one, even a shorter one', async () => {
      await s.store.pauseRobot({ key: 'ka', now: at(0), until: at(9 * MINUTE), by: 'li' })
      assert.deepEqual(await pauseOf(1), {
        ...{ since: at(0), until: at(9 * MINUTE), reason: 'by_hand', by: 'li' },
      })
      await s.store.pauseRobot({ key: 'ka', now: at(10), until: at(MINUTE), by: 'wang' })
      assert.deepEqual(await pauseOf(11), {
        ...{ since: at(10), until: at(MINUTE), reason: 'by_hand', by: 'wang' },
      })
      assert.equal((await s.backlogOf('b')).robot.pause, undefined)
    })

    test('is kept beside a penalty: the longer is in force, and neither replaces the other', async () => {
      await s.accept([alert('f')])
      const pause = { scope: 'robot:ka', until: at(5 * MINUTE), reason: 'throttled' }
      const next = { kind: 'retry', dueAt: at(9_000) } as const
      await s.settle(await s.claim(await s.waitingIds()), 10, { next, pause })
      await s.store.pauseRobot({ key: 'ka', now: at(20), until: at(MINUTE), by: 'li' })
      assert.equal((await pauseOf(30))?.reason, 'throttled')
      await s.store.pauseRobot({ key: 'ka', now: at(40), until: at(9 * MINUTE), by: 'li' })
      assert.equal((await pauseOf(50))?.reason, 'by_hand')
    })

    test('ends with all other pauses of the robot when it is resumed, and its row stays', async () => {
      await s.accept([alert('f'), alert('g')])
      const [f, g] = (await s.waitingIds()) as [number, number]
      const next = { kind: 'retry', dueAt: at(9 * MINUTE) } as const
      const pause = (scope: string, ms: number) => ({ scope, until: at(ms), reason: 'throttled' })
      const [first, second] = [await s.claim([f]), await s.claim([g])]
      await s.settle(first, 10, { next, pause: pause('address:direct', 9 * MINUTE) })
      await s.settle(second, 20, { next, pause: pause('robot:ka', 8 * MINUTE) })
      await s.store.pauseRobot({ key: 'ka', now: at(30), until: at(7 * MINUTE), by: 'li' })
      const robot = { key: 'ka', address: 'direct' }
      const ended = await s.store.resumeRobot(robot, at(MINUTE))
      assert.deepEqual(
        ended.map(({ reason }) => reason),
        ['throttled', 'throttled', 'by_hand'],
      )
      assert.deepEqual((await pauseOf(MINUTE))?.until, at(MINUTE))
      assert.ok((await s.backlog(MINUTE)).due)
      assert.deepEqual(await s.store.resumeRobot(robot, at(MINUTE + 1)), [])
    })

    test('made while a message is composed prevents its claim', async () => {
      await s.accept([alert('f')])
      const ids = await s.waitingIds()
      await s.store.pauseRobot({ key: 'ka', now: at(0), until: at(MINUTE), by: 'li' })
      assert.equal(await s.tryClaim(ids, 10), undefined)
      assert.ok(await s.tryClaim(ids, MINUTE))
    })

    test('of an address, when it ends, makes messages of other robots with the address due', async () => {
      await s.accept([alert('f')])
      const until = at(9 * MINUTE)
      const pause = { scope: 'address:direct', until, reason: 'throttled' }
      await s.settle(await s.claim(await s.waitingIds()), 10, {
        next: { kind: 'retry', dueAt: until },
        pause,
      })
      await s.store.resumeRobot({ key: 'kb', address: 'direct' }, at(MINUTE))
      assert.ok((await s.backlog(MINUTE)).due)
    })

    test('moves with the key of a robot', async () => {
      await s.store.pauseRobot({ key: 'old', now: at(0), until: at(MINUTE), by: 'li' })
      await s.store.adopt([{ from: 'old', to: 'ka' }])
      assert.equal((await pauseOf(1))?.by, 'li')
    })
  })

  describe('failed messages', () => {
    const s = storeFixture(backend)

    async function dead(fingerprint: string, channel = 'ops', title = 'T'): Promise<string> {
      await s.accept([alert(fingerprint, { channel, level: fingerprint === 'down' ? 1 : 3 })])
      const ids = await s.waitingIds(0, 'robot:a', channel)
      const level = fingerprint === 'down' ? 1 : 3
      const claimed = await s.claim(ids, 0, { message: { channel, title, level } })
      await s.die(claimed, 10)
      return claimed.id
    }

    const failedCount = async () =>
      (await s.store.snapshot({ now: at(0), month: '2026-11', robots: [] })).failed

    test('are found oldest first by channel, robot, text and id, a page at a time', async () => {
      const [first, second, third] = [
        await dead('f'),
        await dead('g', 'db', '50% _full'),
        await dead('h'),
      ]
      assert.deepEqual(await s.store.failed({ limit: 9 }), {
        ...{ ids: [first, second, third], next: undefined },
      })
      const page = await s.store.failed({ limit: 2 })
      assert.deepEqual(page, { ids: [first, second], next: second })
      assert.deepEqual((await s.store.failed({ limit: 2, after: second })).ids, [third])
      const by = async (query: object) => (await s.store.failed({ ...query, limit: 9 })).ids
      assert.deepEqual(await by({ channel: 'db' }), [second])
      assert.deepEqual(await by({ robot: 'b' }), [])
      assert.deepEqual(await by({ text: '0% _f' }), [second])
      assert.deepEqual(await by({ text: '0%f' }), [])
      assert.deepEqual(await by({ ids: [third, '999', "1' OR 1"] }), [third])
    })

    test('are counted, severe ones separately, until they are resent or dismissed', async () => {
      const [down, other] = [await dead('down'), await dead('f')]
      assert.deepEqual(await failedCount(), { count: 2, severe: 1, oldest: at(0) })
      assert.equal(await s.store.dismiss([other, other, '999', 'x'], { at: at(20), by: 'li' }), 1)
      assert.equal(await s.store.dismiss([other], { at: at(30), by: 'wang' }), 0)
      assert.deepEqual(await failedCount(), { count: 1, severe: 1, oldest: at(0) })
      await s.store.resend(down, at(40))
      assert.deepEqual(await failedCount(), { count: 0, severe: 0, oldest: undefined })
    })

    test('without alerts, such as quota warnings, are not severe, whatever their level', async () => {
      const warning = s.testMessage({ kind: 'alert', level: 2 })
      const [id] = (await s.store.enqueue([warning], at(0))) as [string]
      const claimed = await s.retry(id, 10)
      assert.ok(claimed)
      await s.die(claimed, 20)
      assert.deepEqual(await failedCount(), { count: 1, severe: 0, oldest: at(0) })
    })

    test('stay dead when they are dismissed, with time and person, and can still be resent', async () => {
      const id = await dead('f')
      await s.store.dismiss([id], { at: at(20), by: 'li' })
      const { message } = (await s.store.message(id)) ?? {}
      assert.deepEqual([message?.state, message?.dismissed], ['dead', { at: at(20), by: 'li' }])
      assert.equal((await s.store.messages({ limit: 9, state: 'dead' })).items.length, 1)
      assert.equal((await s.store.messages({ limit: 9, failed: true })).items.length, 0)
      await s.store.resend(id, at(30))
      const again = await s.store.message(id)
      assert.deepEqual([again?.message.state, again?.message.dismissed], ['pending', undefined])
    })

    test('do not include messages that wait, were sent, or were split', async () => {
      const [pending] = (await s.store.enqueue([s.testMessage()], at(0))) as [string]
      await s.accept(alerts(2))
      const [one, two] = (await s.waitingIds()) as [number, number]
      const sent = await s.claim([one])
      await s.settle(sent, 10)
      const split = await s.claim([two])
      const next = { kind: 'split', reason: 'too long', bodyBytes: 9_000 } as const
      await s.settle(split, 20, { next })
      assert.deepEqual((await s.store.failed({ limit: 9 })).ids, [])
      assert.equal((await failedCount()).count, 0)
      assert.equal(await s.store.dismiss([pending, sent.id], { at: at(30), by: 'li' }), 0)
    })

    test('include digests', async () => {
      await s.accept(alerts(10))
      const digest = await s.claimAll()
      await s.die(digest, 10)
      assert.deepEqual((await s.store.failed({ limit: 9 })).ids, [digest.id])
    })
  })
}
