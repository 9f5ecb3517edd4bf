import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Status } from '../../../src/model/alert.ts'
import type { Level } from '../../../src/model/level.ts'
import { alert, at, type Backend, EVERY_MS, storeFixture } from './harness.ts'

export function acceptCases(backend: Backend): void {
  describe('accept', () => {
    const s = storeFixture(backend)

    test('puts an alert into each of its queues, and stores its payload', async () => {
      const accepted = await s.accept([
        alert('f1', { queues: ['robot:a', 'robot:b'] }),
        alert('f2', { level: 1 }),
      ])
      assert.deepEqual(accepted, {
        duplicate: false,
        queues: ['robot:a', 'robot:b'],
        suppressed: [],
      })
      const { channels } = await s.backlog()
      assert.deepEqual([channels.length, channels[0]?.count], [1, 2])
      assert.deepEqual(await s.waiting(), ['f2 firing', 'f1 firing'])
      assert.deepEqual(await s.waiting(0, 'robot:b'), ['f1 firing'])
      assert.deepEqual(channels[0]?.oldest, at(0))
      const payloads = await s.store.payloads([channels[0]?.alerts[0]?.payload as number, 999])
      assert.deepEqual(
        [...payloads.values()],
        [{ source: 'ocp', receivedAt: at(0), text: 'text k1' }],
      )
    })

    test('writes nothing for a duplicate within its window', async () => {
      const same = { key: 'same' }
      await s.accept([alert('f')], 0, same)
      assert.equal((await s.accept([alert('f')], 119_000, same)).duplicate, true)
      assert.equal((await s.accept([alert('f')], 121_000, same)).duplicate, false)
    })

    test('accepts firing, resolved and firing with equal keys within the window as three changes', async () => {
      const firing = alert('f', { startsAtMs: at(-1_000).getTime() })
      const resolved = alert('f', {
        status: 'resolved',
        startsAtMs: at(-1_000).getTime(),
        endsAtMs: at(0).getTime(),
      })
      const queues: unknown[] = []
      for (const [each, key, ms] of [
        [firing, 'fired', 0],
        [resolved, 'recovered', 5_000],
        [firing, 'fired', 10_000],
        [resolved, 'recovered', 15_000],
      ] as const)
        queues.push((await s.accept([each], ms, { key })).queues)
      assert.deepEqual(queues, Array(4).fill(['robot:a']))
      assert.equal((await s.accept([resolved], 16_000, { key: 'recovered' })).duplicate, true)
    })

    test('accepts a repeat if its alert has changed in between, also when another alert of its group fires', async () => {
      const everyMs = 600_000
      const changes = (status: 'firing' | 'resolved') => ({ status, group: 'rule', everyMs })
      const accept = async (name: string, status: 'firing' | 'resolved', ms: number) => {
        const key = `${name} ${status}`
        const accepted = await s.accept([alert(name, changes(status))], ms, { key })
        return accepted.duplicate ? 'duplicate' : (accepted.suppressed[0]?.reason ?? 'through')
      }
      assert.equal(await accept('f', 'firing', 0), 'through')
      assert.equal(await accept('f', 'firing', 1_000), 'duplicate')
      assert.equal(await accept('f', 'resolved', 2_000), 'through')
      assert.equal(await accept('g', 'firing', 3_000), 'through')
      assert.equal(await accept('f', 'firing', 4_000), 'aggregated')
      assert.equal(await accept('f', 'resolved', 5_000), 'aggregated')
      assert.equal(await accept('f', 'firing', 6_000), 'aggregated')
      assert.equal(await accept('f', 'firing', 7_000), 'duplicate')
    })

    test('accepts a duplicate of an alert that is dead', async () => {
      const same = { key: 'same' }
      await s.accept([alert('f')], 0, same)
      await s.die(await s.claim(await s.waitingIds(), 1), 10)
      const again = await s.accept([alert('f')], 20, same)
      assert.deepEqual([again.duplicate, again.queues], [false, ['robot:a']])
    })

    test('suppresses and counts the same alert, and lets a change of status through', async () => {
      await s.accept([alert('f')])
      assert.deepEqual(await s.accept([alert('f')], 60_000), {
        duplicate: false,
        queues: [],
        suppressed: [{ channel: 'ops', reason: 'aggregated', count: 1 }],
      })
      await s.accept([alert('f')], 120_000)
      const resolved = alert('f', { status: 'resolved' })
      assert.deepEqual((await s.accept([resolved], 180_000)).queues, ['robot:a'])
      assert.deepEqual((await s.accept([alert('f')], 181_000)).queues, ['robot:a'])
      const found = (await s.backlog()).channels[0]?.alerts ?? []
      assert.deepEqual(
        found.map(({ status, repeats }) => [status, repeats]),
        [
          ['firing', 0],
          ['resolved', 2],
          ['firing', 0],
        ],
      )
    })

    test('suppresses a recovery by configuration, and lets the next firing through', async () => {
      await s.accept([alert('f')])
      const recovery = alert('f', { status: 'resolved', suppressed: 'resolved_off' })
      const off = await s.accept([recovery], 1_000)
      assert.deepEqual(off.suppressed, [{ channel: 'ops', reason: 'resolved_off', count: 1 }])
      assert.deepEqual((await s.accept([alert('f')], 2_000)).queues, ['robot:a'])
    })

    test('lets an alert through whose last message is dead', async () => {
      await s.accept([alert('f')])
      await s.die(await s.claim(await s.waitingIds()), 10)
      assert.deepEqual((await s.accept([alert('f')], 1_000)).queues, ['robot:a'])
    })

    test('accepts each of many concurrent requests, which see each other', async () => {
      const all = await Promise.all(
        Array.from({ length: 200 }, (_, index) => s.accept([alert(`f${index % 100}`)], index)),
      )
      assert.equal(all.filter((each) => each.queues.length > 0).length, 100)
      assert.equal((await s.backlog()).channels[0]?.count, 100)
    })

    test('lets a rise in level through, which starts a new period', async () => {
      const passes = async (level: Level, ms: number) =>
        (await s.accept([alert('f', { level })], ms)).queues.length === 1
      assert.equal(await passes(3, 0), true)
      assert.equal(await passes(1, 60_000), true)
      assert.equal(await passes(1, 120_000), false)
      assert.equal(await passes(3, EVERY_MS + 1), false)
      assert.equal(await passes(3, EVERY_MS + 60_000), true)
    })

    test('suppresses a state older than the last one let through', async () => {
      const firing = (startsAt: number, ms: number) =>
        s.accept([alert('f', { startsAtMs: at(startsAt).getTime() })], ms)
      const resolved = (startsAt: number, endsAt: number, ms: number) =>
        s.accept(
          [
            alert('f', {
              status: 'resolved',
              startsAtMs: at(startsAt).getTime(),
              endsAtMs: at(endsAt).getTime(),
            }),
          ],
          ms,
        )
      const outdated = [{ channel: 'ops', reason: 'outdated', count: 1 }]
      assert.deepEqual((await firing(10_000, 11_000)).suppressed, [])
      assert.deepEqual((await resolved(5_000, 9_000, 12_000)).suppressed, outdated)
      assert.deepEqual((await resolved(10_000, 20_000, 21_000)).suppressed, [])
      assert.deepEqual((await firing(5_000, 22_000)).suppressed, outdated)
      assert.deepEqual((await firing(30_000, 31_000)).suppressed, [])
      assert.deepEqual(await s.waiting(31_000), ['f firing', 'f resolved', 'f firing'])
    })

    test('lets one alert of an aggregation group through, and another that fires after its recovery', async () => {
      const through = async (fingerprint: string, status: Status, ms: number) =>
        (await s.accept([alert(fingerprint, { group: 'g', status })], ms)).queues.length === 1
      assert.equal(await through('A', 'firing', 0), true)
      assert.equal(await through('B', 'firing', 1_000), false)
      assert.equal(await through('A', 'resolved', 2_000), true)
      assert.equal(await through('B', 'firing', 3_000), true)
    })

    test('compares with each queue’s own last alert', async () => {
      const both = alert('f', { queues: ['robot:a', 'robot:b'] })
      await s.accept([both])
      await s.die(await s.claim(await s.waitingIds()), 10)
      await s.send(await s.waitingIds(0, 'robot:b'), 10, {
        robot: 'b',
        message: { queue: 'robot:b' },
      })
      assert.deepEqual((await s.accept([both], 20)).queues, ['robot:a'])
      assert.deepEqual(await s.waiting(20), ['f firing'])
      assert.deepEqual(await s.waiting(20, 'robot:b'), [])
      assert.deepEqual((await s.accept([both], 30)).suppressed[0]?.reason, 'aggregated')
    })

    test('lets a repeat through in a restored queue, when another queue of the group delivered another status', async () => {
      const a = { status: 'firing', queues: ['robot:a'] } as const
      await s.accept([alert('f', a)])
      await s.accept([alert('f', { status: 'resolved', queues: ['robot:b'] })], 1_000)
      assert.deepEqual((await s.accept([alert('f', a)], 2_000)).queues, ['robot:a'])
      const again = await s.accept([alert('f', a)], 3_000)
      assert.deepEqual(again.suppressed[0]?.reason, 'aggregated')
    })
  })
}
