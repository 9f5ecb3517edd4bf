import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Harness } from '../../src/simulation/harness.ts'
import { robotNamed, settingsOf } from '../support/settings.ts'

test('T06 the month’s quota restarts once, at the turn of the year in the configured zone', async () => {
  // A quarter of an hour before midnight in Shanghai.
  const world = new Harness(
    settingsOf({ robots: [robotNamed('ops-1', { monthly: 3 })] }),
    new Date('2026-12-31T15:45:00Z'),
  )
  await world.start()
  const post = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index += 1) {
      await world.post('ocp', {
        alarm_type: 'r',
        alarm_name: 'R',
        alarm_level: '1',
        alarm_target: `host=${index}`,
      })
      await world.clock.pass(60_000)
    }
  }
  await post(0, 10)
  assert.equal(world.sent.length, 3)
  await world.clock.pass(6 * 60_000)
  // After midnight the waiting alerts are delivered, within the new month's three calls.
  assert.ok(world.sent.length > 3)
  await post(10, 20)
  assert.equal(world.sent.length, 6)
  const used = async (month: string): Promise<number | undefined> => {
    const now = world.clock.now()
    const robots = [{ name: 'ops-1', key: 'sandbox-ops-1', address: 'x', callsSince: now }]
    return (await world.store.snapshot({ now, month, robots })).robots.get('ops-1')?.monthUsed
  }
  assert.deepEqual([await used('2026-12'), await used('2027-01')], [3, 3])
  await world.stop()
})
