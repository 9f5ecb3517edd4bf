import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../../src/errors.ts'
import { type AwaitOptions, awaitStore } from '../../src/pipeline/awaited-store.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import type { MultiProcess } from '../../src/stores/multi-process.ts'
import type { Store } from '../../src/stores/store.ts'

/** A store that records its calls. */
function storeWith(seen: string[]): Store & MultiProcess {
  const store: Partial<Store & MultiProcess> = {
    recover: async () => 7,
    onWake: () => void seen.push('onWake'),
    close: async () => void seen.push('close'),
    release: async () => void seen.push('release'),
  }
  return store as Store & MultiProcess
}

class Passing extends Error {}
class Repairable extends Error {}

/** Opens a store with these results, one per attempt; the last one repeats. */
function attempt(ends: readonly (() => Promise<Store & MultiProcess>)[]) {
  const clock = new VirtualClock(new Date('2026-11-24T04:00:00Z'))
  const stopping = new AbortController()
  const reported: { at: number; why: string }[] = []
  const began = clock.now().getTime()
  const tries = { count: 0 }
  const options: AwaitOptions = {
    open: () => {
      const end = ends[Math.min(tries.count, ends.length - 1)] as (typeof ends)[number]
      tries.count += 1
      return end()
    },
    retryHelps: (error) =>
      error instanceof Passing
        ? 'by_itself'
        : error instanceof Repairable
          ? 'after_repair'
          : undefined,
    clock,
    signal: stopping.signal,
    onWaiting: (why) => void reported.push({ at: (clock.now().getTime() - began) / 1000, why }),
  }
  return { clock, stopping, reported, tries, awaited: awaitStore(options) }
}

const refusing = (error: Error) => () => Promise.reject(error)
const silent = () => new Promise<never>(() => undefined)

describe('a database at the start', () => {
  test('that is available causes no wait', async () => {
    const store = storeWith([])
    const { awaited, reported } = attempt([async () => store])
    const { isOpen, store: found } = await awaited
    assert.equal(isOpen, true)
    assert.equal(found, store)
    assert.deepEqual(reported, [])
  })

  test('that is unavailable leads to refusals with an explanation, until it is available', async () => {
    const seen: string[] = []
    const down = Array.from({ length: 5 }, () => refusing(new Passing('nobody there')))
    const { awaited, clock } = attempt([...down, async () => storeWith(seen)])
    await clock.pass(2_500)
    const { isOpen, store, opened } = await awaited
    assert.equal(isOpen, false)
    store.onWake(() => undefined)
    await assert.rejects(store.recover(clock.now()), (error) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.status, 503)
      assert.match(error.message, /the database cannot be opened yet/)
      return true
    })
    await store.release('nobody')
    const { recover } = store
    await clock.pass(10_000)
    assert.equal(await opened, true)
    assert.equal(await recover(clock.now()), 7)
    await store.close()
    assert.deepEqual(seen, ['onWake', 'close'])
  })

  test('is reported within 5 s, then once a minute, whether it refuses or is silent', async () => {
    for (const end of [refusing(new Passing('refused')), silent]) {
      const { awaited, clock, reported, stopping } = attempt([end])
      await clock.pass(4_900)
      assert.equal(reported.length, 1)
      assert.match(reported[0]?.why ?? '', /refused|does not answer/)
      await awaited
      if (end !== silent) {
        await clock.pass(180_000)
        assert.equal(reported.length, 4)
      }
      stopping.abort()
    }
  })

  test('that needs a repair is reported at once, and retried', async () => {
    const ends = [refusing(new Passing('refused')), refusing(new Repairable('wrong password'))]
    const { awaited, clock, reported, stopping, tries } = attempt(ends)
    await clock.pass(3_000)
    await awaited
    assert.deepEqual(
      reported.map(({ why }) => why),
      ['refused', 'wrong password'],
    )
    const before = tries.count
    await clock.pass(10_000)
    assert.ok(tries.count > before)
    stopping.abort()
  })

  test('ends the start if retrying is useless, also later', async () => {
    const fatal = new AppError('store_unavailable', 'written by a newer version')
    await assert.rejects(attempt([refusing(fatal)]).awaited, /newer version/)
    const down = Array.from({ length: 5 }, () => refusing(new Passing('refused')))
    const { awaited, clock } = attempt([...down, refusing(fatal)])
    await clock.pass(2_500)
    const { opened } = await awaited
    const ended = assert.rejects(opened, /newer version/)
    await clock.pass(10_000)
    await ended
  })

  test('that becomes available after the stop is closed again', async () => {
    const seen: string[] = []
    let come: (store: Store & MultiProcess) => void = () => undefined
    const late = new Promise<Store & MultiProcess>((resolve) => {
      come = resolve
    })
    const { awaited, clock, stopping } = attempt([() => late])
    await clock.pass(2_500)
    const { opened } = await awaited
    stopping.abort()
    come(storeWith(seen))
    assert.equal(await opened, false)
    assert.deepEqual(seen, ['close'])
  })
})
