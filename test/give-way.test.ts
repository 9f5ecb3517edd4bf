import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../src/clock.ts'
import { createGiveWay, type GiveWay, immediate, mapGivingWay } from '../src/give-way.ts'

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

async function countTo(last: number, counted: string[], giveWay: GiveWay): Promise<void> {
  for (let count = 1; count <= last; count += 1) {
    await giveWay()
    counted.push(`${last}:${count}`)
  }
}

describe('long-running work', () => {
  test('of several jobs continues one job at a time, in the order in which they gave way', async () => {
    const { clock, sleepers } = slowClock()
    const giveWay = createGiveWay(clock)
    const counted: string[] = []
    const all = Promise.all([2, 3, 1].map((last) => countTo(last, counted, giveWay)))
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
    const giveWay = createGiveWay({ ...clock, now: () => new Date(0) })
    const counted: string[] = []
    const done = countTo(1_000, counted, giveWay)
    await settled()
    sleepers.shift()?.()
    await done
    assert.equal(counted.length, 1_000)
    assert.equal(sleepers.length, 0)
  })

  test('also gives way after the clock was set back', async () => {
    const { sleepers, clock } = slowClock()
    let nowMs = 10_000
    const giveWay = createGiveWay({ ...clock, now: () => new Date(nowMs) })
    const first = giveWay()
    await settled()
    sleepers.shift()?.()
    await first
    nowMs = 0
    void giveWay()
    await settled()
    assert.equal(sleepers.length, 1)
  })

  test('that fails does not block other work', async () => {
    const giveWay = createGiveWay({ now: () => new Date(0), sleep: async () => {} })
    const failing = async (): Promise<void> => {
      await giveWay()
      throw new Error('no')
    }
    const counted: string[] = []
    const other = countTo(2, counted, giveWay)
    await assert.rejects(failing(), /no/)
    await other
    assert.deepEqual(counted, ['2:1', '2:2'])
  })
})

test('results are in the order of the items', async () => {
  let times = 0
  const giveWay = async (): Promise<void> => {
    times += 1
  }
  assert.deepEqual(await mapGivingWay([1, 2, 3], (each) => each * 2, giveWay), [2, 4, 6])
  assert.equal(times, 3)
})

test('short work continues in the same turn of the event loop', async () => {
  let turnEnded = false
  setImmediate(() => {
    turnEnded = true
  })
  for (let count = 0; count < 1_000; count += 1) await immediate()
  assert.equal(turnEnded, false)
})
