import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEvents } from '../src/events.ts'
import { createMetrics } from '../src/metrics.ts'
import { storeLoop } from '../src/pipeline/loop.ts'
import { VirtualClock } from '../src/simulation/virtual-clock.ts'

const START = new Date('2026-11-24T04:00:00Z')
const SECOND = 1_000

function recorded() {
  const lines: string[] = []
  const write = (name: string, fields: object = {}): void =>
    void lines.push([name, ...Object.values(fields).filter((each) => each !== undefined)].join(' '))
  const log = { debug() {}, info: write, warn: write, error: write }
  return { lines, events: createEvents(log, createMetrics({ version: '1', node: 'v' })) }
}

const at = (seconds: number): Date => new Date(START.getTime() + seconds * SECOND)

describe('failures of the store', () => {
  test('that are equal are logged at once, then once a minute with their number', () => {
    const { lines, events } = recorded()
    for (let second = 0; second < 130; second += 1)
      for (const doing of ['renew', 'prune']) events.storeFailed(doing, 'it is down', at(second))
    assert.deepEqual(lines, [
      'store.failed renew it is down',
      'store.failed prune it is down',
      ...['renew', 'prune'].map((doing) => `store.failed ${doing} it is down 59`),
      ...['renew', 'prune'].map((doing) => `store.failed ${doing} it is down 59`),
    ])
  })

  test('that differ are logged each, but those of robots once if they have the same reason', () => {
    const { lines, events } = recorded()
    for (const why of ['down', 'full', 'down']) events.storeFailed('renew', why, at(0))
    for (const robot of ['ops-1', 'ops-2']) events.passFailed(robot, 'down', at(0))
    assert.deepEqual(lines, [
      'store.failed renew down',
      'store.failed renew full',
      'pass.failed ops-1 down',
    ])
  })

  test('end with one line when everything that failed works again', () => {
    const { lines, events } = recorded()
    events.storeWorks('renew', at(0))
    for (const doing of ['renew', 'prune', 'renew']) events.storeFailed(doing, 'down', at(1))
    events.storeWorks('prune', at(2))
    events.storeWorks('other', at(2))
    assert.deepEqual(lines.slice(2), [])
    events.storeWorks('renew', at(3))
    events.storeWorks('prune', at(3))
    assert.deepEqual(lines.slice(2), ['store.recovered 1'])
    events.storeFailed('renew', 'down', at(4))
    assert.equal(lines.at(-1), 'store.failed renew down')
  })

  test('that are not tried again do not hide the end', () => {
    const { lines, events } = recorded()
    events.storeFailed('status', 'down', at(0))
    events.storeFailed('renew', 'down', at(50))
    events.storeWorks('renew', at(51))
    assert.equal(lines.at(-1), 'store.failed renew down')
    events.storeWorks('renew', at(60))
    assert.equal(lines.at(-1), 'store.recovered')
  })

  test('of a loop are logged like that', async () => {
    const { lines, events } = recorded()
    const clock = new VirtualClock(START)
    const pass = async (): Promise<Date> => {
      if (clock.now() < at(90)) throw new Error('down')
      return new Date(clock.now().getTime() + SECOND)
    }
    const loop = storeLoop('renew', pass, { clock, events }).start()
    await clock.pass(120 * SECOND)
    assert.deepEqual(lines, [
      'store.failed renew down',
      'store.failed renew down 59',
      'store.recovered 29',
    ])
    const stopped = loop.stop()
    await clock.pass(0)
    await stopped
  })
})
