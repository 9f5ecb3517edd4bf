import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NewSilence } from '../../../src/model/silence.ts'
import { alert, at, type Backend, EVERY_MS, HOUR, MINUTE, storeFixture } from './harness.ts'

function silence(changes: Partial<NewSilence> = {}): NewSilence {
  return {
    kind: 'silence',
    channel: 'ops',
    alert: '1',
    fingerprint: 'f',
    matchers: ['alertname="磁盘"'],
    level: 3,
    by: '张三',
    madeAt: at(0),
    until: at(HOUR),
    untilRecovery: false,
    remote: { alertmanager: 'https://am.example.com', id: 'b3' },
    ...changes,
  }
}

const MUTE: Partial<NewSilence> = {
  kind: 'mute',
  alert: undefined,
  fingerprint: undefined,
  level: undefined,
  untilRecovery: true,
  remote: undefined,
}

export function silenceCases(backend: Backend): void {
  describe('silences', () => {
    const s = storeFixture(backend)

    test('are returned as they were made, newest first', async () => {
      const first = await s.store.addSilence(silence())
      const second = await s.store.addSilence(silence({ ...MUTE, madeAt: at(1) }))
      const found = await s.store.silences({ limit: 10 })
      assert.deepEqual(found, [
        { ...silence({ ...MUTE, madeAt: at(1) }), id: second, ended: undefined },
        { ...silence(), id: first, ended: undefined },
      ])
      assert.equal((await s.store.silences({ limit: 1 })).length, 1)
      assert.deepEqual(
        (await s.store.silences({ limit: 10, kind: 'mute' })).map(({ id }) => id),
        [second],
      )
      assert.deepEqual(await s.store.silences({ limit: 10, channel: 'other' }), [])
    })

    test('are in force until they expire or are ended, which succeeds once', async () => {
      const id = await s.store.addSilence(silence())
      const other = await s.store.addSilence(silence({ until: at(MINUTE) }))
      const inForce = async (ms: number) =>
        (await s.store.silences({ inForceAt: at(ms), limit: 10 })).map((each) => each.id)
      assert.deepEqual(await inForce(0), [other, id])
      assert.deepEqual(await inForce(MINUTE), [id])
      assert.equal(await s.store.endSilence(other, { at: at(MINUTE), by: 'x' }), false)
      assert.equal(await s.store.endSilence(id, { at: at(2 * MINUTE), by: '李四' }), true)
      assert.equal(await s.store.endSilence(id, { at: at(3 * MINUTE), by: 'x' }), false)
      assert.deepEqual(await inForce(3 * MINUTE), [])
      const ended = (await s.store.silences({ since: at(MINUTE), limit: 10 }))[0]?.ended
      assert.deepEqual(ended, { at: at(2 * MINUTE), by: '李四' })
      assert.deepEqual(await s.store.silences({ since: at(2 * MINUTE), limit: 10 }), [])
    })

    test('are pruned some time after they are over', async () => {
      await s.store.addSilence(silence())
      await s.store.prune(at(HOUR), at(2 * HOUR))
      assert.equal((await s.store.silences({ limit: 10 })).length, 1)
      await s.store.prune(at(HOUR + 1), at(2 * HOUR))
      assert.deepEqual(await s.store.silences({ limit: 10 }), [])
    })

    test("a signing key is the first caller's, for all callers", async () => {
      const keys = await Promise.all(
        ['a', 'b', 'c'].map((fresh) => s.store.signingKey('silence', fresh)),
      )
      assert.equal(new Set(keys).size, 1)
      assert.equal(await s.store.signingKey('silence', 'd'), keys[0])
      assert.equal(await s.store.signingKey('other', 'e'), 'e')
      if (!backend.reopens) return
      await s.reopen()
      assert.equal(await s.store.signingKey('silence', 'f'), keys[0])
    })
  })

  describe('a muted alert', () => {
    const s = storeFixture(backend)
    const muted = { muted: true } as const
    const reasons = async (changes: Parameters<typeof alert>[1], ms: number) =>
      (await s.accept([alert('f', changes)], ms)).suppressed.map(({ reason }) => reason)

    test('is suppressed with its reason, and is delivered if its level rises', async () => {
      assert.deepEqual(await reasons({}, 0), [])
      assert.deepEqual(await reasons(muted, EVERY_MS), ['muted'])
      assert.deepEqual(await reasons({ ...muted, level: 2 }, EVERY_MS + 1), [])
      assert.deepEqual(await reasons({ ...muted, level: 2 }, 3 * EVERY_MS), ['muted'])
      assert.deepEqual(await s.states(), ['f suppressed', 'f pending', 'f suppressed', 'f pending'])
    })

    test('is delivered again when the mute has ended', async () => {
      assert.deepEqual(await reasons(muted, 0), ['muted'])
      assert.deepEqual(await reasons({}, EVERY_MS / 2), [])
    })

    test('is delivered if its level rises although the group was sent nothing, also after a restart', async () => {
      assert.deepEqual(await reasons({ ...muted, level: 4 }, 0), ['muted'])
      assert.deepEqual(await reasons({ ...muted, level: 4 }, MINUTE * 3), ['muted'])
      await s.reopen()
      assert.deepEqual(await reasons({ ...muted, level: 4 }, MINUTE * 6), ['muted'])
      assert.deepEqual(await reasons({ ...muted, level: 2 }, MINUTE * 9), [])
    })

    test('after an old recovery is delivered if its level rises; its own recovery is not', async () => {
      assert.deepEqual(await reasons({ level: 1 }, 0), [])
      assert.deepEqual(await reasons({ level: 1, status: 'resolved' }, MINUTE), [])
      assert.deepEqual(await reasons({ ...muted, level: 3 }, 200 * MINUTE), ['muted'])
      await s.reopen()
      assert.deepEqual(await reasons({ ...muted, level: 3 }, 201 * MINUTE), ['muted'])
      assert.deepEqual(await reasons({ ...muted, level: 2 }, 203 * MINUTE), [])
      assert.deepEqual(await reasons({ level: 2, status: 'resolved' }, 204 * MINUTE), [])
      assert.deepEqual(await reasons({ ...muted, level: 3 }, 400 * MINUTE), ['muted'])
      await s.reopen()
      assert.deepEqual(await reasons({ level: 3, status: 'resolved' }, 402 * MINUTE), ['muted'])
      assert.deepEqual(await reasons({ level: 3 }, 404 * MINUTE), [])
    })

    test('does not make the next firing a duplicate', async () => {
      const one = (changes: object, ms: number) =>
        s.accept([alert('f', changes)], ms, { key: JSON.stringify({ ...changes, muted: 0 }) })
      await one(muted, 0)
      await one({ ...muted, status: 'resolved' }, 10_000)
      assert.equal((await one({}, 20_000)).duplicate, false)
      assert.equal((await s.waitingIds()).length, 1)
    })

    test('has its recovery delivered only to groups that were sent the firing', async () => {
      const over = { ...muted, status: 'resolved' } as const
      assert.deepEqual(await reasons({}, 0), [])
      assert.deepEqual(await reasons(over, MINUTE), [])
      assert.deepEqual(await reasons(muted, 2 * MINUTE), ['muted'])
      assert.deepEqual(await reasons(over, 3 * MINUTE), ['muted'])
      const unheard = { fingerprint: 'g', group: 'g' }
      assert.deepEqual(await reasons({ ...muted, ...unheard }, 4 * MINUTE), ['muted'])
      await s.reopen()
      assert.deepEqual(await reasons({ ...unheard, status: 'resolved' }, 5 * MINUTE), ['muted'])
    })
  })
}
