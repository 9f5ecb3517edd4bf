import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { realClock } from '../../src/clock.ts'
import type { Channel } from '../../src/model/settings.ts'
import { createDingtalk } from '../../src/notifiers/dingtalk/index.ts'
import { warnOfQuota } from '../../src/pipeline/quota-warning.ts'
import { silenceNotices } from '../../src/pipeline/silence-notice.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import type { Backlog, QuotaWarning } from '../../src/stores/store.ts'
import { Path } from '../support/path.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'

const MINUTE = 60_000

test('the last tenth of a month serves its quota warning, but no announcement of a silence', async (t) => {
  const robots = [robotNamed('ops-1', { key: 'token' })]
  const channels = [channelNamed('ops', { aggregate: undefined })]
  const path = await new Path(settingsOf({ robots, channels }, { monthlyQuota: 40 })).start()
  t.after(() => path.stop())
  const notifier = createDingtalk({ clock: path.clock, sandbox: () => assert.fail() })
  const titled = (title: RegExp) => path.group.shown().filter((each) => title.test(each.title))
  const send = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i += 1) {
      await path.ocp(`host=${i}`, { alarm_level: 'Down' })
      await path.clock.pass(MINUTE)
    }
  }
  const announce = async (): Promise<void> => {
    const [now, settings] = [path.clock.now(), path.settings]
    const channel = settings.channels.get('ops') as Channel
    const silence = { by: 'Ann', until: new Date(now.getTime() + MINUTE), untilRecovery: false }
    const deps = { settings, notifier, uuid: randomUUID, now }
    await path.store.enqueue(silenceNotices(silence, { channel, what: 'disk' }, deps), now)
    await path.clock.pass(MINUTE)
  }
  await announce()
  assert.equal(titled(/Ann/).length, 1)
  await send(0, 33)
  // With the announcement and two warnings, which leaves the last tenth.
  assert.equal(path.sent.length, 36)
  await announce()
  assert.equal(titled(/Ann/).length, 1)
  await send(33, 35)
  assert.equal(titled(/95%/).length, 1)
  await send(35, 36)
  assert.equal(path.sent.length, 40)
})

test('the last call of a month is logged, without a message that no call is left for', async () => {
  const robot = robotNamed('ops-1', { key: 'token' })
  const channel = channelNamed('ops')
  const settings = settingsOf({ robots: [robot], channels: [channel] }, { monthlyQuota: 20 })
  const stored: (readonly [number, boolean])[] = []
  const logged: unknown[] = []
  const woken: string[] = []
  const deps = {
    store: {
      warn: async ({ percent, message }: QuotaWarning) => {
        stored.push([percent, message !== undefined])
        return true
      },
    },
    notifier: createDingtalk({ clock: realClock, sandbox: () => assert.fail() }),
    events: { quotaReached: (fields: object) => void logged.push(fields) },
    uuid: randomUUID,
    wake: (queues: readonly string[]) => void woken.push(...queues),
  }
  const renderer = createRenderer(settings, [channel])
  const [now, monthEnd] = [new Date('2026-11-24T04:00:00Z'), new Date('2026-12-01T00:00:00Z')]
  for (const [organisationUsed, warned] of [
    [18, 80],
    [19, 95],
    [20, 100],
  ] as const) {
    const backlog = {
      robot: { used: 0 },
      organisationUsed,
      quotaWarnings: [{ scope: 'organisation', percent: warned }],
    } as unknown as Backlog
    const call = { robot, channel, queue: 'q', backlog, now, month: '2026-11', monthEnd }
    await warnOfQuota(call, { settings, renderer, deps })
  }
  assert.deepEqual(stored, [
    [95, true],
    [100, false],
  ])
  assert.deepEqual(woken, ['q'])
  assert.deepEqual(logged.at(-1), { scope: 'organisation', percent: 100, used: 20, limit: 20 })
})
