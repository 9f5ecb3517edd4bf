import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import { ChangeFeed, notifyOnEvent } from '../../src/reporting/change-feed.ts'
import { HistoryCache } from '../../src/reporting/history.ts'
import { createOverview, type Overview } from '../../src/reporting/overview.ts'
import { playDemo, sandboxChannels } from '../../src/reporting/sandbox-demo.ts'
import { readStatus, setGauges } from '../../src/reporting/status.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import type { Store } from '../../src/stores/store.ts'
import { Path } from '../support/path.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'

function overviewReader(path: Path): () => Promise<Overview> {
  const { store, clock } = path
  const past = new HistoryCache({ store })
  return createOverview({ store, clock, settings: () => path.settings, past })
}

function playing(path: Path) {
  return (kind: Parameters<typeof playDemo>[0]['kind'], channel = 'ops') =>
    playDemo(
      { kind, channel },
      {
        accept: (inbound) => path.post(inbound.source, String(inbound.body), inbound.channel),
        store: path.store,
        settings: () => path.settings,
        clock: path.clock,
        throttle: (robot, until) => path.group.throttle(robot, until),
        random: Math.random,
      },
    )
}

describe('the overview', () => {
  test('is read again after an action of a person, however soon', async () => {
    const path = await new Path(settingsOf()).start()
    const readOverview = createOverview({
      ...{ store: path.store, clock: path.clock, settings: () => path.settings },
      past: new HistoryCache({ store: path.store }),
      actedAt: () => path.actions.lastAt(),
    })
    const first = await readOverview()
    assert.equal(await readOverview(), first)
    await path.actions.pause('ops-1', { until: undefined, by: 'li' })
    const [robot] = (await readOverview()).robots
    assert.deepEqual([robot?.pauseReason, robot?.pausedBy], ['by_hand', 'li'])
    await path.stop()
  })

  test('reports waiting and delivered alerts, and undelivered ones with the reason', async () => {
    const path = await new Path(settingsOf()).start()
    const readOverview = overviewReader(path)
    await path.ocp('a')
    await path.clock.pass(2_000)
    await path.ocp('a', { alarm_active_at: '2026-11-24T12:00:01+08:00' })
    await path.clock.pass(2_000)
    const seen = await readOverview()
    const [channel] = seen.channels
    assert.deepEqual(
      [channel?.waiting, channel?.delivered, channel?.messagesToday, channel?.suppressed],
      [0, 1, 1, [{ reason: 'aggregated', count: 1 }]],
    )
    const [robot] = seen.robots
    assert.deepEqual(
      [robot?.callsLeft, robot?.lastResult, robot?.wait, robot?.monthUsed],
      [19, 'ok', undefined, 1],
    )
    const totals = { received: 2, delivered: 1, waiting: 0, failed: 0, suppressed: 1 }
    assert.deepEqual(seen.totals, totals)
    assert.deepEqual(
      [seen.chart.length, seen.chart.at(-1)],
      [60, { ...seen.chart.at(-1), ...totals, paused: [] }],
    )
    assert.deepEqual(
      robot?.cells.slice(-2).map(({ kind }) => kind),
      ['idle', 'accepted'],
    )
    await path.stop()
  })

  test('reports why a robot is paused, and until when', async () => {
    const limited = channelNamed('ops', {
      pushLimits: { hour: 1, day: undefined, pass: [] },
    })
    const path = await new Path(settingsOf({ channels: [limited] })).start()
    const readOverview = overviewReader(path)
    await path.ocp('a')
    await path.clock.pass(3_000)
    await path.ocp('b')
    await path.clock.pass(3_000)
    const seen = await readOverview()
    const hourEnd = new Date('2026-11-24T05:00:00Z')
    assert.deepEqual(seen.robots[0]?.wait?.reason, 'push_limit')
    assert.deepEqual(seen.robots[0]?.wait?.until, hourEnd)
    assert.deepEqual(seen.channels[0]?.heldUntil, hourEnd)
    assert.equal(seen.waiting, 1)
    await path.stop()
  })

  test('shows a throttled robot as paused, with the alerts that wait for it', async () => {
    const path = await new Path(settingsOf()).start()
    const readOverview = overviewReader(path)
    assert.equal(await playing(path)('throttle'), true)
    await path.clock.pass(5_000)
    const [robot] = (await readOverview()).robots
    assert.equal(robot?.pauseReason, 'throttled')
    assert.equal(robot?.wait?.reason, 'paused')
    assert.equal(robot?.waiting, 1)
    assert.ok((robot?.pausedUntil?.getTime() ?? 0) > path.clock.now().getTime() + 590_000)
    await path.stop()
  })

  test('is read once for concurrent requests, and again after a failure', async () => {
    const path = await new Path(settingsOf()).start()
    let looks = 0
    let fail = true
    const store = {
      ...path.store,
      snapshot: (query: Parameters<Store['snapshot']>[0]) => {
        looks += 1
        if (fail) return Promise.reject(new Error('disk'))
        return path.store.snapshot(query)
      },
    }
    const readOverview = createOverview({
      store,
      clock: path.clock,
      settings: () => path.settings,
      past: new HistoryCache({ store }),
    })
    await assert.rejects(readOverview())
    fail = false
    await Promise.all([readOverview(), readOverview(), readOverview()])
    assert.equal(looks, 2)
    await path.clock.pass(1_000)
    await readOverview()
    assert.equal(looks, 3)
    await path.stop()
  })
})

test('the gauges of a removed robot and channel end with the next reading', async () => {
  const robots = ['ops-1', 'former'].map((name) => robotNamed(name))
  const channels = [channelNamed('ops'), channelNamed('gone', { robots: ['former'] })]
  const path = await new Path(settingsOf({ robots, channels })).start()
  const metrics = createMetrics({ version: '1', node: 'v' })
  const series = async (): Promise<string> => {
    const status = await readStatus(path.store, path.settings, path.clock.now())
    setGauges(status, { ofChannel: () => [] }, metrics)
    return metrics.registry.metrics()
  }
  assert.match(await series(), /alerts_pending\{channel="gone"\}.*calls_left\{robot="former"\}/s)
  await path.reload(settingsOf())
  const after = await series()
  assert.match(after, /alerts_pending\{channel="ops"\} 0/)
  assert.doesNotMatch(after, /"gone"|"former"/)
  await path.stop()
})

describe('the sandbox demo', () => {
  test('delivers a storm of 500 alerts in three messages', async () => {
    const path = await new Path(settingsOf()).start()
    assert.equal(await playing(path)('storm'), true)
    await path.clock.pass(120_000)
    const { items } = await path.store.messages({ limit: 50 })
    assert.equal(
      items.reduce((sum, each) => sum + each.alertCount, 0),
      500,
    )
    assert.ok(items.length <= 3, `${items.length} messages`)
    await path.stop()
  })

  test('resolves the newest firing alert, if there is one', async () => {
    const path = await new Path(settingsOf()).start()
    const play = playing(path)
    assert.equal(await play('recovery'), false)
    await play('alert')
    await path.clock.pass(2_000)
    await play('alert')
    await path.clock.pass(2_000)
    assert.deepEqual([await play('recovery'), await play('recovery')], [true, true])
    await path.clock.pass(5_000)
    assert.equal(await play('recovery'), false)
    const kinds = (await path.store.alerts({ limit: 10 })).items.map((each) => each.status)
    assert.deepEqual(kinds, ['resolved', 'resolved', 'firing', 'firing'])
    await path.stop()
  })

  test('is available for sandbox channels only', async () => {
    const { Secret } = await import('../../src/model/secret.ts')
    const real = robotNamed('real', {
      target: { kind: 'webhook', url: new Secret('https://oapi.dingtalk.com/') },
    })
    const settings = settingsOf({
      robots: [robotNamed('ops-1'), real],
      channels: [channelNamed('ops'), channelNamed('mixed', { robots: ['ops-1', 'real'] })],
    })
    assert.deepEqual(sandboxChannels(settings), ['ops'])
    const path = new Path(settings)
    await assert.rejects(playing(path)('alert', 'mixed'), { code: 'unknown_channel' })
    await assert.rejects(playing(path)('alert', 'none'), { code: 'unknown_channel' })
  })
})

describe('changes', () => {
  test('are notified at most once a second, and after 15 seconds even without a change', async () => {
    const clock = new VirtualClock(new Date(0))
    const changes = new ChangeFeed(clock)
    const changedAt: number[] = []
    let closed = 0
    const stop = changes.subscribe({
      changed: () => void changedAt.push(clock.now().getTime()),
      closed: () => {
        closed += 1
      },
    })
    await clock.pass(100)
    for (let i = 0; i < 25; i += 1) {
      changes.notify()
      await clock.pass(100)
    }
    assert.deepEqual(changedAt, [100, 1_100, 2_100])
    await clock.pass(30_000)
    assert.ok(changedAt.length >= 4 && changedAt.length <= 6, String(changedAt))
    stop()
    changes.notify()
    const count = changedAt.length
    await clock.pass(30_000)
    assert.deepEqual([changedAt.length, closed, changes.listeners], [count, 0, 0])
  })

  test('end for all listeners when the receiver stops; later listeners are closed at once', async () => {
    const clock = new VirtualClock(new Date(0))
    const changes = new ChangeFeed(clock)
    let closed = 0
    const listener = {
      changed: () => {},
      closed: () => {
        closed += 1
      },
    }
    changes.subscribe(listener)
    await clock.pass(10)
    changes.close()
    changes.subscribe(listener)
    await clock.pass(60_000)
    assert.deepEqual([closed, changes.listeners], [2, 0])
  })

  test('follow an event that changes a page, such as the end of a mute, and no other', () => {
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const original = createEvents(log, createMetrics({ version: '1', node: 'v' }))
    let notified = 0
    const events = notifyOnEvent(original, () => {
      notified += 1
    })
    events.silenceEnded({ kind: 'mute', channel: 'ops', by: 'lisi' })
    events.robotResumed({ robot: 'a', by: 'lisi', ended: [] })
    assert.equal(notified, 2)
    events.signedIn('10.0.0.1')
    assert.equal(notified, 2)
  })
})
