import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LEASE_MS, LEASE_RETRY_MS, nextCheckAt, renewLeases } from '../../src/pipeline/leases.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import type { WakeListener } from '../../src/stores/multi-process.ts'
import type { Renewal } from '../../src/stores/store.ts'
import { Path } from '../support/path.ts'
import { acceptRequest, incomingAlert } from '../support/requests.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'

const START = new Date('2026-11-24T04:00:00Z')
const later = (ms: number): Date => new Date(START.getTime() + ms)

describe('leases', () => {
  test('are renewed well before they end, for the robots of this process', async () => {
    const clock = new VirtualClock(START)
    const renewals: Renewal[] = []
    const store = { renew: async (renewal: Renewal) => void renewals.push(renewal) }
    const robots = () => ['a', 'b']
    const next = await renewLeases({ store, clock, owner: 'me', robots })
    assert.deepEqual(renewals, [
      { owner: 'me', robots: ['a', 'b'], now: START, until: later(LEASE_MS) },
    ])
    // Two renewals may fail before the lease ends.
    assert.ok(next.getTime() - START.getTime() <= LEASE_MS / 3)
  })

  test('of a process that has died end soon enough for a takeover within 15 s', () => {
    assert.ok(LEASE_MS + LEASE_RETRY_MS < 15_000)
  })

  test('the next check is at the planned time, or soon, because another process may have stored something', () => {
    assert.deepEqual(nextCheckAt(later(100), START), later(100))
    assert.deepEqual(nextCheckAt(undefined, START), later(5_000))
    assert.deepEqual(nextCheckAt(later(60_000), START), later(5_000))
  })

  test('a message that takes longer to compose than its lease lasts is still delivered', async () => {
    const path = new Path(
      settingsOf({ robots: [robotNamed('ops-1')], channels: [channelNamed('ops')] }),
    )
    await path.start()
    const { payloads } = path.store
    path.store.payloads = async (numbers) => {
      path.clock.step(LEASE_MS + 1_000)
      return payloads(numbers)
    }
    await path.ocp('host=1')
    await path.clock.pass(1_000)
    assert.equal(path.sent.length, 1)
    await path.stop()
  })

  test('a process that stalls between claim and call makes no call, and delivers the message later', async () => {
    const path = new Path(
      settingsOf({ robots: [robotNamed('ops-1')], channels: [channelNamed('ops')] }),
    )
    await path.start()
    const { claim } = path.store
    let sentBefore: number | undefined
    path.store.claim = async (request) => {
      const claimed = await claim(request)
      path.store.claim = claim
      path.clock.step(3_000)
      sentBefore = path.sent.length
      return claimed
    }
    await path.ocp('host=1')
    await path.clock.pass(10_000)
    assert.equal(sentBefore, 0)
    assert.equal(path.sent.length, 1)
    const { items } = await path.store.messages({ limit: 10 })
    assert.equal(items.length, 1)
    const found = await path.store.message(items[0]?.id as string)
    assert.deepEqual(
      found?.message.attempts.map((each) => each.result),
      ['held_up', 'ok'],
    )
    assert.equal(found?.message.state, 'sent')
    await path.stop()
  })

  test('of a robot that a reload renamed end with it: its waiting alerts are moved at once', async () => {
    const renamed = (name: string) =>
      settingsOf({
        robots: [robotNamed(name, { key: 'k' })],
        channels: [channelNamed('ops', { robots: [name] })],
      })
    const path = await new Path(renamed('a')).start()
    path.intercept = () => ({
      outcome: { kind: 'retryable', reason: 'network', reached: false, bounded: false },
      ...{ result: 'network', explanation: 'no way.', durationMs: 1 },
      ...{ httpStatus: undefined, errcode: undefined, errmsg: undefined },
    })
    await path.ocp('host=1')
    await path.clock.pass(100)
    await path.reload(renamed('b'))
    const { queues } = await path.store.snapshot({
      now: path.clock.now(),
      month: '2026-11',
      robots: [],
    })
    assert.deepEqual(
      queues.map(({ queue }) => queue),
      ['robot:b'],
    )
    await path.stop()
  })

  test('of another process end with it: alerts in queues that only it knew are moved at once', async () => {
    const path = new Path(
      settingsOf({ robots: [robotNamed('ops-1')], channels: [channelNamed('ops')] }),
    )
    let wake: WakeListener = () => undefined
    Object.assign(path.store, {
      onWake(listener: WakeListener) {
        wake = listener
      },
    })
    await path.start()
    const now = path.clock.now()
    const [place, until] = [{ queue: 'robot:old', channel: 'ops' }, later(60_000)]
    await path.store.lease({ robot: 'old', owner: 'other', now, until, places: [place] })
    const alert = incomingAlert('f', { queues: [place.queue] })
    await path.store.accept(acceptRequest([alert], { now, key: 'k' }))
    const isLeft = async () => {
      const query = { now: path.clock.now(), month: '2026-11', robots: [] }
      return (await path.store.snapshot(query)).queues.some(({ queue }) => queue === place.queue)
    }
    await path.clock.pass(40_000)
    assert.equal(await isLeft(), true)
    await path.store.release('other')
    wake('all')
    await path.clock.pass(100)
    assert.equal(await isLeft(), false)
    await path.stop()
  })
})
