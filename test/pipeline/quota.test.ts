import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Channel } from '../../src/model/settings.ts'
import { createDingtalk } from '../../src/notifiers/dingtalk/index.ts'
import { silenceNotices } from '../../src/pipeline/silence-notice.ts'
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
