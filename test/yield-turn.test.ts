import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../src/clock.ts'
import { createYieldTurn, immediate, mapYielding, type YieldTurn } from '../src/yield-turn.ts'

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

async function countTo(last: number, counted: string[], yieldTurn: YieldTurn): Promise<void> {
  for (let count = 1; count <= last; count += 1) {
    await yieldTurn()
    counted.push(`${last}:${count}`)
  }
}

describe('long-running work', () => {
  test('of several jobs continues one job at a time, in the order in which they yielded', async () => {
    const { clock, sleepers } = slowClock()
    const yieldTurn = createYieldTurn(clock)
    const counted: string[] = []
    const all = Promise.all([2, 3, 1].map((last) => countTo(last, counted, yieldTurn)))
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
    const yieldTurn = createYieldTurn({ ...clock, now: () => new Date(0) })
    const counted: string[] = []
    const done = countTo(1_000, counted, yieldTurn)
    await settled()
    sleepers.shift()?.()
    await done
    assert.equal(counted.length, 1_000)
    assert.equal(sleepers.length, 0)
  })

  test('also yields after the clock was set back', async () => {
    const { sleepers, clock } = slowClock()
    let nowMs = 10_000
    const yieldTurn = createYieldTurn({ ...clock, now: () => new Date(nowMs) })
    const first = yieldTurn()
    await settled()
    sleepers.shift()?.()
    await first
    nowMs = 0
    void yieldTurn()
    await settled()
    assert.equal(sleepers.length, 1)
  })

  test('that fails does not block other work', async () => {
    const yieldTurn = createYieldTurn({ now: () => new Date(0), sleep: async () => {} })
    const failing = async (): Promise<void> => {
      await yieldTurn()
      throw new Error('no')
    }
    const counted: string[] = []
    const other = countTo(2, counted, yieldTurn)
    await assert.rejects(failing(), /no/)
    await other
    assert.deepEqual(counted, ['2:1', '2:2'])
  })
})

test('results are in the order of the items', async () => {
  let times = 0
  const yieldTurn = async (): Promise<void> => {
    times += 1
  }
  assert.deepEqual(await mapYielding([1, 2, 3], (each) => each * 2, yieldTurn), [2, 4, 6])
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
