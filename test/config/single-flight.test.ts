import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { singleFlight } from '../../src/config/single-flight.ts'

/** Runs that end on demand. */
function runs() {
  const begun: { end: () => void; fail: (error: Error) => void }[] = []
  const run = () =>
    new Promise<void>((resolve, reject) => void begun.push({ end: resolve, fail: reject }))
  return { begun, run: singleFlight(run) }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('calls made during a run', () => {
  test('share one run, which starts after the current one', async () => {
    const { begun, run } = runs()
    const first = run()
    await settled()
    const later = [run(), run(), run()]
    await settled()
    assert.equal(begun.length, 1)
    begun[0]?.end()
    await first
    await settled()
    assert.equal(begun.length, 2)
    const last = run()
    begun[1]?.end()
    await Promise.all(later)
    await settled()
    assert.equal(begun.length, 3, 'who asks while it runs gets one that began afterwards')
    begun[2]?.end()
    await last
  })

  test('each get the outcome of their own run', async () => {
    const { begun, run } = runs()
    const first = assert.rejects(run(), /faulty/)
    await settled()
    const second = run()
    begun[0]?.fail(new Error('faulty'))
    await first
    await settled()
    begun[1]?.end()
    await second
    const third = run()
    await settled()
    begun[2]?.end()
    await third
  })
})
