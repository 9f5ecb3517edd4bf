import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../src/clock.ts'
import { atOnce, ofEach, type Steps, Turns } from '../src/turns.ts'

/** A clock of which each look takes as long as a turn may, and whose sleepers wait until they are woken. */
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

function* countTo(last: number, said: string[], name: string): Steps<string> {
  for (let count = 1; count <= last; count += 1) {
    said.push(`${name}${count}`)
    yield
  }
  return name
}

describe('long work', () => {
  test('goes on for one turn at a time, whatever there is of it, and in the order in which it came', async () => {
    const { clock, sleepers } = slowClock()
    const turns = new Turns(clock)
    const said: string[] = []
    const both = Promise.all([
      turns.run(countTo(2, said, 'a')),
      turns.run(countTo(1, said, 'b')),
      turns.next().then(() => said.push('c')),
    ])
    await settled()
    const seen: string[] = []
    while (sleepers.length > 0) {
      assert.equal(sleepers.length, 1, 'only one of them is next')
      sleepers.shift()?.()
      await settled()
      seen.push(said.join(' '))
    }
    assert.deepEqual(seen.slice(0, 4), ['a1', 'a1 b1', 'a1 b1 c', 'a1 b1 c a2'])
    assert.deepEqual((await both).slice(0, 2), ['a', 'b'])
  })

  test('goes through many steps in a turn while they take no time', async () => {
    const turns = new Turns({ now: () => new Date(0), sleep: async () => {} })
    const said: string[] = []
    assert.equal(await turns.run(countTo(1_000, said, 'a')), 'a')
    assert.equal(said.length, 1_000)
  })

  test('that fails rejects, and nothing after it waits for ever', async () => {
    const turns = new Turns({ now: () => new Date(0), sleep: async () => {} })
    function* failing(): Steps<void> {
      yield
      throw new Error('no')
    }
    await assert.rejects(turns.run(failing()), /no/)
    assert.equal(await turns.run(countTo(1, [], 'b')), 'b')
  })

  test('comes to the same at once', () => {
    assert.deepEqual(atOnce(ofEach([1, 2, 3], (each) => each * 2)), [2, 4, 6])
  })
})
