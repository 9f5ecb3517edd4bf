import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { parseMatchers } from '../../src/config/matchers.ts'
import type { Attempt, Outcome } from '../../src/model/message.ts'
import type { Channel, Robot, Settings } from '../../src/model/settings.ts'
import { Path } from '../support/path.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'

const MINUTE = 60_000

function attemptOf(outcome: Outcome): Attempt {
  return {
    outcome,
    result: outcome.kind,
    httpStatus: 200,
    errcode: undefined,
    errmsg: undefined,
    explanation: `${outcome.kind}.`,
    durationMs: 1,
  }
}

const THROTTLED = attemptOf({ kind: 'throttled', scope: 'robot' })
const UNREACHABLE = attemptOf({
  kind: 'retryable',
  reason: 'network',
  reached: false,
  bounded: false,
})
const REJECTED = attemptOf({ kind: 'rejected', reason: 'token' })

describe('the path of an alert', () => {
  let path: Path
  afterEach(() => path.stop())

  async function started(
    changes: { channel?: Partial<Channel>; robots?: Robot[]; settings?: Partial<Settings> } = {},
  ): Promise<Path> {
    const { channel, robots = [robotNamed('ops-1')], settings } = changes
    const ops = channelNamed('ops', { robots: robots.map((robot) => robot.name), ...channel })
    path = await new Path(settingsOf({ robots, channels: [ops] }, settings)).start()
    return path
  }

  const states = async (): Promise<Record<string, number>> => {
    const { items } = await path.store.alerts({ limit: 1000 })
    const counts: Record<string, number> = {}
    for (const { state } of items) counts[state] = (counts[state] ?? 0) + 1
    return counts
  }
  const refused = () => path.sent.filter((each) => each.attempt.errcode === 660026).length

  test('an alert is delivered at once', async () => {
    await started()
    await path.ocp('host=1')
    await path.clock.pass(0)
    assert.equal(path.group.shown()[0]?.title, '⚠️ Alert Rule · host=1')
  })

  test('10,000 alerts within one second need at most three messages within ten seconds, and the counts add up', async () => {
    await started({ settings: { externalUrl: 'https://console' } })
    for (let i = 0; i < 100; i += 1) {
      const alerts = Array.from({ length: 100 }, (_, index) => ({
        status: 'firing',
        labels: {
          alertname: `rule_${index % 7}`,
          severity: index === 50 ? 'critical' : 'warning',
          cluster: `c${i % 5}`,
          instance: `${i}-${index}`,
        },
      }))
      await path.post('alertmanager', { groupKey: String(i), alerts })
      await path.clock.pass(10)
    }
    await path.clock.pass(9_000)
    assert.ok(path.sent.length <= 3, `${path.sent.length} messages`)
    assert.equal(refused(), 0)
    const { items } = await path.store.messages({ limit: 10 })
    assert.equal(
      items.reduce((sum, each) => sum + each.alertCount, 0),
      10_000,
    )
    const digest = items[0]
    assert.equal(digest?.kind, 'digest')
    assert.match(
      digest?.text ?? '',
      /^\*\*🔴 Critical · \d+\*\*\n(?:\n- .*)*\n- \*\*\d+\*\* rule_1 · c0: 5-50, /m,
    )
    assert.match(digest?.text ?? '', /\[Full list\]\(https:\/\/console\/messages\/uuid-/)
    assert.equal((await path.store.alerts({ limit: 1, state: 'pending' })).items.length, 0)
  })

  test('200 alerts within a minute are each shown in full, on a line or in a count within the next minute', async () => {
    await started()
    for (let i = 0; i < 200; i += 1) {
      await path.ocp(`host=${i}`)
      await path.clock.pass(300)
    }
    await path.clock.pass(MINUTE)
    const said = path.group
      .shown()
      .map((each) => each.text)
      .join('\n')
    const named = Array.from({ length: 200 }, (_, i) => i).filter((i) =>
      new RegExp(`host=${i}\\b`).test(said),
    )
    const counted = [...said.matchAll(/^- \*\*(\d+)\*\*/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    )
    assert.ok(named.length + counted >= 200, `${named.length} named, ${counted} counted`)
    assert.ok(named.length >= 80, `${named.length} named`)
    assert.equal(refused(), 0)
    assert.deepEqual(await states(), { sent: 200 })
  })

  test('in the middle of a storm a critical alert is delivered within five seconds', async () => {
    await started()
    for (let i = 0; i < 3_000; i += 1) {
      await path.ocp(`host=${i}`)
      if (i % 500 === 250) {
        const before = path.clock.now().getTime()
        await path.ocp(`host=critical-${i}`, { alarm_level: 'Critical' })
        const isTold = () => path.group.shown().some((each) => each.text.includes(`critical-${i}`))
        while (!isTold()) {
          await path.clock.pass(100)
          assert.ok(path.clock.now().getTime() - before <= 5_000, `critical-${i} waits`)
        }
      }
      await path.clock.pass(40)
    }
    assert.equal(refused(), 0)
  })

  test('an alert that fires and is resolved while it waits is delivered once, with both', async () => {
    await started()
    path.intercept = () => UNREACHABLE
    await path.ocp('host=0')
    await path.clock.pass(100)
    await path.ocp('host=1', { alarm_active_at: '2026-11-24T12:00:00+08:00' })
    await path.ocp('host=1', {
      alarm_status: 'Inactive',
      alarm_active_at: '2026-11-24T12:00:00+08:00',
      alarm_resolved_at: '2026-11-24T12:00:05+08:00',
    })
    path.intercept = () => undefined
    await path.clock.pass(MINUTE)
    const about = path.group.shown().filter((each) => each.text.includes('host=1'))
    assert.equal(about.length, 1)
    assert.match(
      about[0]?.text ?? '',
      /Generation time: 2026-11-24T12:00:00\+08:00\n.*Recovered at: 2026-11-24T12:00:05/s,
    )
    assert.deepEqual(await states(), { sent: 3 })
  })

  test('an alert that changes repeatedly while it waits is delivered once, as flapping', async () => {
    await started()
    path.intercept = () => UNREACHABLE
    await path.ocp('host=0')
    await path.clock.pass(100)
    for (const alarm_status of ['Active', 'Inactive', 'Active', 'Inactive', 'Active'])
      await path.ocp('host=7', { alarm_status })
    path.intercept = () => undefined
    await path.clock.pass(MINUTE)
    const about = path.group.shown().filter((each) => each.text.includes('host=7'))
    assert.equal(about.length, 1)
    assert.match(about[0]?.text ?? '', /State changed 4 times while waiting to be sent, now firing/)
  })

  test('a partial recovery of a group lists what still fires', async () => {
    await started()
    const alert = (instance: string, status = 'firing') => ({
      status,
      labels: { alertname: 'HighLoad', severity: 'critical', instance },
      startsAt: '2026-11-24T03:50:00Z',
      ...(status === 'resolved' ? { endsAt: '2026-11-24T03:59:00Z' } : {}),
    })
    await path.post('alertmanager', {
      groupKey: 'g',
      alerts: ['a1', 'b1', 'c1'].map((name) => alert(name)),
    })
    await path.clock.pass(5_000)
    const alerts = [alert('a1', 'resolved'), alert('b1'), alert('c1')]
    await path.post('alertmanager', { groupKey: 'g', alerts })
    await path.clock.pass(5_000)
    const [last] = path.group.shown()
    assert.equal(last?.title, '✅ Resolved HighLoad · a1 · 2 still firing')
    assert.match(
      last?.text ?? '',
      /\*\*Still firing\*\*\n\n- 🔴 Critical · b1 · .*, for .*\n- 🔴 Critical · c1/,
    )
    assert.deepEqual(await states(), { sent: 4, suppressed: 2 })
  })

  test('a partial recovery does not list what the routes sent to another channel', async () => {
    const robots = [robotNamed('ops-1')]
    const channels = ['ops', 'db'].map((name) => channelNamed(name, { robots: ['ops-1'] }))
    const routes = [
      { matchers: parseMatchers('instance=~"b.*"'), channels: ['db'] },
      { matchers: [], channels: ['ops'] },
    ]
    path = await new Path(settingsOf({ robots, channels }, { routes })).start()
    const alert = (instance: string, status = 'firing') => ({
      ...{ status, startsAt: '2026-11-24T03:50:00Z' },
      labels: { alertname: 'HighLoad', severity: 'critical', instance },
      ...(status === 'resolved' ? { endsAt: '2026-11-24T03:59:00Z' } : {}),
    })
    const alerts = (first: string) => [alert('a1', first), alert('a2'), alert('b1')]
    await path.post('alertmanager', { alerts: alerts('firing') }, 'auto')
    await path.clock.pass(5_000)
    await path.post('alertmanager', { alerts: alerts('resolved') }, 'auto')
    await path.clock.pass(5_000)
    const [last] = path.group.shown()
    assert.match(last?.title ?? '', /a1 · 1 still firing/)
    assert.doesNotMatch(last?.text ?? '', /b1/)
  })

  test('a recovery never overtakes its alert, even while the alert is being retried', async () => {
    await started()
    path.intercept = () => UNREACHABLE
    await path.ocp('host=1')
    await path.clock.pass(100)
    await path.ocp('host=1', { alarm_status: 'Inactive' })
    await path.clock.pass(10_000)
    path.intercept = () => undefined
    await path.clock.pass(MINUTE)
    assert.deepEqual(
      path.group
        .shown()
        .reverse()
        .map((each) => each.title),
      ['⚠️ Alert Rule · host=1', '✅ Resolved Rule · host=1'],
    )
  })

  test('a throttled robot pauses for the penalty, across a restart, then delivers the waiting alerts and the reason', async () => {
    await started()
    path.intercept = () => THROTTLED
    await path.ocp('host=1')
    await path.clock.pass(1_000)
    path.intercept = () => undefined
    for (let i = 2; i < 12; i += 1) await path.ocp(`host=${i}`, { alarm_level: 'Down' })
    await path.clock.pass(4 * MINUTE)
    await path.stop()
    await path.start()
    await path.clock.pass(6 * MINUTE - 2_000)
    assert.equal(path.sent.length, 1)
    await path.clock.pass(10_000)
    assert.deepEqual(await states(), { sent: 11 })
    const texts = path.group.shown().map(({ text }) => text)
    assert.ok(
      texts.some((text) =>
        /Delayed .* \(since 12:00:01\): DingTalk rate-limited this robot/.test(text),
      ),
    )
    assert.ok(path.sent.length <= 4)
  })

  test('a message that waited unseen is composed anew: with the reason, and the recovery in the meantime', async () => {
    for (const [reply, reason] of [
      [THROTTLED, /Delayed .* \(since 12:00:\d\d\): DingTalk rate-limited this robot/],
      [UNREACHABLE, /Delayed .* \(since 12:00:\d\d\): DingTalk was unreachable/],
    ] as const) {
      await started()
      path.intercept = () => reply
      await path.ocp('host=1')
      await path.ocp('host=2')
      await path.clock.pass(2 * MINUTE)
      await path.ocp('host=1', { alarm_status: 'Inactive' })
      await path.clock.pass(3 * MINUTE)
      path.intercept = () => undefined
      await path.clock.pass(8 * MINUTE)
      const [other, recovery, ...more] = path.group.shown()
      assert.deepEqual(more, [])
      assert.match(recovery?.title ?? '', /^✅ Resolved Rule · host=1/)
      assert.match(recovery?.text ?? '', reason)
      assert.match(other?.title ?? '', /^⚠️ Alert Rule · host=2/)
      const { items } = await path.store.messages({ limit: 9 })
      assert.deepEqual(
        items.map(({ state, alertCount }) => [state, alertCount]),
        [
          ['sent', 1],
          ['sent', 2],
        ],
      )
      const first = await path.store.message(items[1]?.id ?? '')
      assert.equal(first?.message.attempts[0]?.result, reply.result)
      await path.stop()
    }
    await started()
  })

  test('a message that may have arrived keeps its text and its key', async () => {
    await started()
    const bodies = new Set<string>()
    const replying = (reply: Attempt | undefined) => {
      path.intercept = (_, body) => {
        bodies.add(body)
        return reply
      }
    }
    replying(attemptOf({ kind: 'retryable', reason: 'timeout', reached: true, bounded: false }))
    await path.ocp('host=1')
    await path.clock.pass(1_000)
    replying(THROTTLED)
    await path.clock.pass(MINUTE)
    replying(undefined)
    await path.clock.pass(15 * MINUTE)
    assert.equal(bodies.size, 1)
    assert.deepEqual(await states(), { sent: 1 })
  })

  test('an address that DingTalk blocks pauses every robot behind it', async () => {
    const robots = ['a', 'b'].map((name) => robotNamed(name, { address: 'direct' }))
    await started({ robots })
    path.intercept = (robot) =>
      robot.name === 'a' ? attemptOf({ kind: 'throttled', scope: 'address' }) : undefined
    await path.ocp('host=1')
    await path.clock.pass(2_000)
    path.intercept = () => undefined
    const before = path.sent.length
    await path.ocp('host=2')
    await path.clock.pass(4.9 * MINUTE)
    assert.equal(path.sent.length, before)
    await path.clock.pass(2 * MINUTE)
    assert.deepEqual(await states(), { sent: 2 })
  })

  test('in a pool another robot takes over at once, including the refused message', async () => {
    const robots = ['a', 'b'].map((name) => robotNamed(name))
    await started({ robots, channel: { mode: 'pool' } })
    path.intercept = (robot) => (robot.name === 'a' ? THROTTLED : undefined)
    for (let i = 0; i < 5; i += 1) await path.ocp(`host=${i}`)
    await path.clock.pass(5_000)
    assert.deepEqual(await states(), { sent: 5 })
    assert.ok(path.sent.filter((each) => each.robot === 'a').length <= 1)
    assert.ok(path.group.shown().every((each) => each.robot === 'b'))
  })

  test('in a pool a robot that rejects is set aside; if all reject, the message is dead', async () => {
    const robots = ['a', 'b'].map((name) => robotNamed(name))
    await started({ robots, channel: { mode: 'pool' } })
    path.intercept = (robot) => (robot.name === 'a' ? REJECTED : undefined)
    await path.ocp('host=1')
    await path.clock.pass(3_000)
    assert.deepEqual(await states(), { sent: 1 })
    path.intercept = () => REJECTED
    await path.ocp('host=2')
    await path.clock.pass(30_000)
    assert.deepEqual(await states(), { sent: 1, dead: 1 })
  })

  test('a wrong token costs one call; the message is dead with its reason, and a repeat is delivered again', async () => {
    await started()
    path.intercept = () => REJECTED
    await path.ocp('host=1')
    await path.clock.pass(10 * MINUTE)
    assert.equal(path.sent.length, 1)
    const [dead] = (await path.store.messages({ limit: 1 })).items
    assert.deepEqual([dead?.state, dead?.reason], ['dead', 'rejected.'])
    path.intercept = () => undefined
    await path.ocp('host=1', { alarm_updated_at: 'later' })
    await path.clock.pass(5_000)
    assert.equal(path.group.shown().length, 1)
  })

  test('an outage of a day loses nothing, costs no call of the month, and ends in a few messages', async () => {
    await started()
    path.intercept = () => UNREACHABLE
    for (let hour = 0; hour < 24; hour += 1) {
      await path.ocp(`host=${hour}`)
      await path.clock.pass(60 * MINUTE)
    }
    path.intercept = () => undefined
    const attempts = path.sent.length
    await path.clock.pass(3 * MINUTE)
    assert.deepEqual(await states(), { sent: 24 })
    assert.ok(path.sent.length - attempts <= 24)
    const { robots } = await path.store.snapshot({
      now: path.clock.now(),
      month: '2026-11',
      robots: [{ name: 'ops-1', key: 'sandbox-ops-1', address: 'x', callsSince: path.clock.now() }],
    })
    assert.equal(robots.get('ops-1')?.monthUsed, path.sent.length - attempts)
  })

  test('a message that is too long for DingTalk is split until it fits', async () => {
    await started()
    path.intercept = (_, body) =>
      Buffer.byteLength(body) > 3_000 ? attemptOf({ kind: 'too_long' }) : undefined
    const alerts = Array.from({ length: 40 }, (_, index) => ({
      labels: { alertname: 'x', instance: `db-${index}` },
      annotations: { description: 'd'.repeat(100) },
    }))
    await path.post('alertmanager', { alerts })
    await path.clock.pass(2 * MINUTE)
    const said = path.group
      .shown()
      .map((each) => each.text)
      .join('\n')
    for (let index = 0; index < 40; index += 1) assert.match(said, new RegExp(`db-${index}\\b`))
    assert.deepEqual(await states(), { sent: 40 })
  })

  test('each kind of `expect` works for pool robots too', async () => {
    const pattern = { source: 'ok', matches: (text: string) => text.includes('ok') }
    const kinds = [
      { kind: 'regex', pattern },
      { kind: 'status', status: 200 },
      { kind: 'json', subset: { errcode: 0 } },
    ] as const
    await started({
      channel: { mode: 'pool' },
      robots: kinds.map((expect, index) => robotNamed(`ops-${index}`, { expect })),
    })
    for (let i = 0; i < 30; i += 1) {
      await path.ocp(`host=${i}`)
      await path.clock.pass(500)
    }
    await path.clock.pass(MINUTE)
    assert.deepEqual(await states(), { sent: 30 })
    assert.equal(new Set(path.sent.map((each) => each.robot)).size, 3)
  })

  test('a push limit holds back alerts and delivers them when the hour is over', async () => {
    await started({ channel: { pushLimits: { hour: 3, day: undefined, pass: [1] } } })
    for (let i = 0; i < 10; i += 1) {
      await path.ocp(`host=${i}`)
      await path.clock.pass(2 * MINUTE)
    }
    assert.equal(path.sent.length, 3)
    await path.ocp('host=down', { alarm_level: 'Down' })
    await path.clock.pass(2_000)
    assert.equal(path.sent.length, 4)
    await path.clock.pass(45 * MINUTE)
    assert.deepEqual(await states(), { sent: 11 })
    assert.ok(path.sent.length <= 12)
    assert.match(
      path.group
        .shown()
        .map((each) => each.text)
        .join('\n'),
      /Held .* by the push limit \(since .*\); the limit has reset/,
    )
  })

  test('the month is never exceeded, and its last tenth is for severe alerts', async () => {
    await started({
      robots: [robotNamed('ops-1', { monthly: 20 })],
      channel: { aggregate: undefined },
    })
    for (let i = 0; i < 300; i += 1) {
      await path.ocp(`host=${i}`)
      await path.clock.pass(5 * MINUTE)
    }
    assert.ok(path.sent.length <= 18, `${path.sent.length}`)
    for (let i = 0; i < 5; i += 1) {
      await path.ocp(`host=down-${i}`, { alarm_level: 'Down' })
      await path.clock.pass(MINUTE)
    }
    assert.ok(path.sent.length <= 20)
    assert.match(
      path.group
        .shown()
        .map((each) => each.text)
        .join('\n'),
      /down-0/,
    )
  })

  test('a used share of the month is reported once, by one message, across a restart too', async () => {
    await started({
      robots: [robotNamed('ops-1', { key: 'token' })],
      settings: { monthlyQuota: 40 },
      channel: { aggregate: undefined, digest: { maxMessages: 1 } },
    })
    const warnings = () => path.group.shown().filter((each) => /% of the monthly/.test(each.title))
    for (let i = 0; i < 19; i += 1) {
      await path.ocp(`host=${i}`, { alarm_level: 'Down' })
      await path.clock.pass(MINUTE)
    }
    assert.equal(warnings().length, 0)
    await path.ocp('host=19', { alarm_level: 'Down' })
    await path.clock.pass(MINUTE)
    assert.match(warnings()[0]?.title ?? '', /50%/)
    await path.stop()
    await path.start()
    for (let i = 20; i < 60; i += 1) {
      await path.ocp(`host=${i}`, { alarm_level: 'Down' })
      await path.clock.pass(MINUTE)
    }
    assert.deepEqual(
      warnings().map((each) => /\d+%/.exec(each.title)?.[0]),
      ['95%', '80%', '50%'],
    )
    assert.equal(path.sent.length, 40)
  })

  test('calls to the sandbox do not count for the month, and cause no warning', async () => {
    const lab = [robotNamed('ops-1', { limits: { messages: 20, perMs: 1_000, penaltyMs: MINUTE } })]
    const real = [robotNamed('ops-1', { key: 'token' })]
    const warnings = () => path.group.shown().filter((each) => /% of the monthly/.test(each.title))
    const send = async (name: string, count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        await path.ocp(`host=${name}-${i}`)
        await path.clock.pass(20 * MINUTE)
      }
    }
    const restarted = async (robots: Robot[]): Promise<void> => {
      await path.stop()
      const channels = [channelNamed('ops', { aggregate: undefined })]
      path.settings = settingsOf({ robots, channels }, { monthlyQuota: 10 })
      await path.start()
    }
    await started({
      robots: lab,
      settings: { monthlyQuota: 10 },
      channel: { aggregate: undefined },
    })
    await send('lab', 12)
    assert.equal(path.sent.length, 12)
    await restarted(real)
    await send('real', 4)
    assert.equal(path.sent.length, 16)
    // The next call of a webhook reaches half of the ten.
    await restarted(lab)
    await send('again', 1)
    assert.deepEqual([path.sent.length, warnings().length], [17, 0])
    await restarted(real)
    await send('at last', 1)
    assert.equal(warnings().length, 1)
  })

  test('a body that its sender rendered keeps its text and its mentions', async () => {
    await started({
      channel: { mention: { mobiles: ['13900000000'], users: [], all: false, rules: [] } },
    })
    await path.post('ocp', {
      msgtype: 'markdown',
      markdown: { title: 'T', text: '# Mine **x**' },
      at: { atMobiles: ['13800000000'] },
    })
    await path.clock.pass(0)
    const [shown] = path.group.shown()
    assert.ok(shown?.text.startsWith('# Mine **x**'))
    assert.deepEqual(shown?.mention.mobiles, ['13900000000', '13800000000'])
  })

  test('a body that its sender rendered without a title has ours, with level, name and object', async () => {
    await started()
    await path.post('ocp', {
      msgtype: 'markdown',
      markdown: { text: '# Mine' },
      ...{ alarm_name: 'Disk full', alarm_level: 'Down', alarm_target: 'host=db-1' },
    })
    await path.clock.pass(0)
    const [shown] = path.group.shown()
    assert.ok(shown)
    assert.ok(shown.text.startsWith('# Mine'), shown.text)
    assert.match(shown.title, /^⛔ Down Disk full · .*db-1$/)
  })

  test('after kill -9 between the post and its record, the same message is posted again and shown once', async () => {
    await started()
    const { settle } = path.store
    path.store.settle = () => new Promise(() => {})
    await path.ocp('host=1')
    await path.clock.pass(0)
    assert.equal(path.group.shown().length, 1)
    const second = new Path(path.settings)
    Object.assign(second, {
      store: { ...path.store, settle },
      clock: path.clock,
      group: path.group,
      sent: path.sent,
    })
    path.stop = async () => {}
    await path.sqlite.database.write((tx) => tx.run('DELETE FROM leases'))
    await second.start()
    await path.clock.pass(10_000)
    assert.equal(path.sent.length, 2)
    assert.equal(path.group.shown().length, 1)
    assert.deepEqual(await states(), { sent: 1 })
    await second.stop()
  })
})
