import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SteadyClock } from '../../src/clock.ts'
import { correctClockSteps } from '../../src/pipeline/clock-sync.ts'

const START = Date.UTC(2026, 10, 24, 4)

/** A machine whose clock can be set, and the calls to its store. */
function machine() {
  const now = { elapsed: 5_000, skew: 0, full: false }
  const ticks = { elapsed: () => now.elapsed, wall: () => START + now.elapsed + now.skew }
  const clock = new SteadyClock(ticks, () => Promise.resolve())
  const calls: string[] = []
  const store = {
    shift: async (byMs: number): Promise<void> => {
      calls.push(`${byMs} at ${clock.now().getTime() - START - now.elapsed}`)
      if (now.full) throw new Error('full')
    },
  }
  const events = { clockSet: (byMs: number): void => void calls.push(`set ${byMs}`) }
  return { now, clock, calls, keep: () => correctClockSteps({ clock, store, events }) }
}

describe("after a change of the machine's clock", () => {
  test("the receiver's clock follows only together with the times in the store", async () => {
    const { now, clock, calls, keep } = machine()
    now.skew = 3_600_000
    now.elapsed += 250
    assert.equal(clock.now().getTime(), START + now.elapsed)
    await keep()
    assert.equal(clock.now().getTime(), START + now.elapsed + 3_600_000)
    // Forward: the store is shifted first. Back: the clock follows first. So no call looks older in between.
    now.skew = 0
    await keep()
    assert.equal(clock.now().getTime(), START + now.elapsed)
    assert.deepEqual(calls, ['3600000 at 0', 'set 3600000', '-3600000 at 0', 'set -3600000'])
  })

  test("the receiver's clock does not follow while the store fails, in either direction", async () => {
    const { now, clock, keep } = machine()
    now.full = true
    for (const skew of [90_000, -90_000]) {
      now.skew = skew
      await assert.rejects(keep(), /full/)
      assert.equal(clock.now().getTime(), START + now.elapsed)
    }
  })

  test('drift is followed without a shift', async () => {
    const { now, clock, calls, keep } = machine()
    for (let second = 0; second < 100; second += 1) {
      now.elapsed += 1_000
      now.skew += 5
      await keep()
    }
    assert.equal(clock.now().getTime(), START + now.elapsed + 500)
    assert.deepEqual(calls, [])
  })
})
