import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../src/clock.ts'
import { atOnce, mapYielding, TimeSlices, yieldTurn } from '../src/time-slices.ts'
import { yieldsOf } from './support/slices.ts'

/** A clock on which each reading takes longer than a slice; sleepers wait until the test wakes them. */
function slowClock() {
  const sleepers: (() => void)[] = []
  let nowMs = 0
  const clock: Clock = {
    now() {
      nowMs += 20
      return new Date(nowMs)
    },
    sleep: () => new Promise((resolve) => void sleepers.push(resolve)),
  }
  return { clock, sleepers }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

async function countTo(last: number, counted: string[]): Promise<void> {
  for (let count = 1; count <= last; count += 1) {
    await yieldTurn()
    counted.push(`${last}:${count}`)
  }
}

describe('long-running work', () => {
  test('of several jobs continues one job at a time, in the order in which they yielded', async () => {
    const { clock, sleepers } = slowClock()
    const slices = new TimeSlices(clock)
    const counted: string[] = []
    const all = Promise.all([2, 3, 1].map((last) => slices.run(() => countTo(last, counted))))
    await settled()
    const seen: string[] = []
    while (sleepers.length > 0) {
      assert.equal(sleepers.length, 1, 'only one of them is next')
      sleepers.shift()?.()
      await settled()
      seen.push(counted.at(-1) ?? '')
      assert.equal(counted.length, seen.length, 'one piece in each turn')
    }
    await all
    assert.deepEqual(seen, ['2:1', '3:1', '1:1', '2:2', '3:2', '3:3'])
  })

  test('continues for many pieces in a turn if they take no time', async () => {
    const { sleepers, clock } = slowClock()
    const slices = new TimeSlices({ ...clock, now: () => new Date(0) })
    const counted: string[] = []
    const done = slices.run(() => countTo(1_000, counted))
    await settled()
    sleepers.shift()?.()
    await done
    assert.equal(counted.length, 1_000)
    assert.equal(sleepers.length, 0)
  })

  test('also yields after the clock was set back', async () => {
    const { sleepers, clock } = slowClock()
    let nowMs = 10_000
    const slices = new TimeSlices({ ...clock, now: () => new Date(nowMs) })
    const first = slices.next()
    await settled()
    sleepers.shift()?.()
    await first
    nowMs = 0
    void slices.next()
    await settled()
    assert.equal(sleepers.length, 1)
  })

  test('that fails does not block other work', async () => {
    const slices = new TimeSlices({ now: () => new Date(0), sleep: async () => {} })
    const failing = async (): Promise<void> => {
      await yieldTurn()
      throw new Error('no')
    }
    const counted: string[] = []
    const other = slices.run(() => countTo(2, counted))
    await assert.rejects(slices.run(failing), /no/)
    await other
    assert.deepEqual(counted, ['2:1', '2:2'])
  })
})

test('results are in the order of the items', async () => {
  const { result, yields } = await yieldsOf(() => mapYielding([1, 2, 3], (each) => each * 2))
  assert.deepEqual(result, [2, 4, 6])
  assert.equal(yields, 3)
})

test('short work continues in the same turn of the event loop, within long work too', async () => {
  let turnEnded = false
  setImmediate(() => {
    turnEnded = true
  })
  const shortWork = async (): Promise<void> => {
    for (let count = 0; count < 1_000; count += 1) await yieldTurn()
  }
  await atOnce(shortWork)
  const { yields } = await yieldsOf(() => atOnce(shortWork))
  assert.equal(yields, 0)
  assert.equal(turnEnded, false)
})
