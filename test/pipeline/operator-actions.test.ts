import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import type { Attempt } from '../../src/model/message.ts'
import { isOpenEnded } from '../../src/model/pause.ts'
import type { Channel } from '../../src/model/settings.ts'
import { pausesOf, readStatus } from '../../src/reporting/status.ts'
import { outcomesAfter } from '../../src/reporting/test-outcome.ts'
import type { NewMessage } from '../../src/stores/store.ts'
import { Path } from '../support/path.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'

const MINUTE = 60_000

const REFUSED: Attempt = {
  outcome: { kind: 'rejected', reason: 'token' },
  result: 'token',
  httpStatus: 200,
  errcode: 300005,
  errmsg: undefined,
  explanation: 'refused',
  durationMs: 1,
}

const THROTTLED: Attempt = {
  ...REFUSED,
  outcome: { kind: 'throttled', scope: 'robot' },
  result: 'throttled',
  errcode: 660026,
}

describe('actions of a person', () => {
  let path: Path
  afterEach(() => path.stop())

  async function started(channel: Partial<Channel> = {}, robots = ['ops-1']): Promise<void> {
    const ops = channelNamed('ops', { robots, ...channel })
    const all = robots.map((name) => robotNamed(name))
    path = await new Path(settingsOf({ robots: all, channels: [ops] })).start()
  }
  /** Awaits a promise of the path while its clock moves; otherwise the clock does not move. */
  async function done<T>(work: Promise<T>): Promise<T> {
    await path.clock.pass(0)
    return work
  }
  const titles = (): string[] => path.group.shown().map(({ title }) => title)
  const states = async (): Promise<string[]> =>
    (await path.store.messages({ limit: 99 })).items.map(({ state }) => state)

  async function refused(targets: readonly string[]): Promise<void> {
    path.intercept = () => REFUSED
    for (const target of targets) {
      await path.ocp(target)
      await path.clock.pass(5_000)
    }
    path.intercept = () => undefined
  }

  test('a pause holds back alerts across a restart until a person resumes, and the message explains the delay', async () => {
    await started()
    const { actions } = path
    assert.ok(isOpenEnded(await done(actions.pause('ops-1', { until: undefined, by: 'li' }))))
    await path.ocp('host=1', { alarm_level: '1' })
    await path.clock.pass(30 * MINUTE)
    await path.stop()
    await path.start()
    await path.clock.pass(30 * MINUTE)
    assert.deepEqual(titles(), [])
    const status = await readStatus(path.store, path.settings, path.clock.now())
    const pause = pausesOf(status).get('ops-1')
    assert.deepEqual([pause?.reason, pause?.by], ['by_hand', 'li'])
    await done(path.actions.resume('ops-1', 'wang'))
    await path.clock.pass(1_000)
    assert.equal(titles().length, 1)
    assert.match(path.group.shown()[0]?.text ?? '', /paused by hand/)
  })

  test('a test is not sent again after its robot was removed', async () => {
    await started()
    path.intercept = () => REFUSED
    await path.store.enqueue([message('ops-1')], path.clock.now())
    await path.ocp('host=1')
    await path.clock.pass(MINUTE)
    path.intercept = () => undefined
    const { items } = await path.store.messages({ limit: 9, state: 'dead' })
    assert.deepEqual(items.map(({ kind }) => kind).toSorted(), ['alert', 'test'])
    const ops = channelNamed('ops', { robots: ['ops-2'] })
    await path.reload(settingsOf({ robots: [robotNamed('ops-2')], channels: [ops] }))
    const ofTest = items.find(({ kind }) => kind === 'test')?.id ?? ''
    await done(
      assert.rejects(path.actions.resend(ofTest, 'li'), {
        code: 'removed',
        message: /robot ops-1 no longer serves its channel$/,
      }),
    )
    const all = await done(path.actions.resendAll({ robot: 'ops-1' }, { by: 'li', dryRun: false }))
    assert.deepEqual(all, { resent: 1, outdated: 1, hasMore: false })
    await path.clock.pass(MINUTE)
    assert.deepEqual(
      path.sent.filter(({ attempt }) => attempt.result === 'ok').map(({ robot }) => robot),
      ['ops-2'],
    )
  })

  test('a pause with an end ends by itself', async () => {
    await started()
    const until = new Date(path.clock.now().getTime() + 10 * MINUTE)
    await done(path.actions.pause('ops-1', { until, by: 'li' }))
    await path.ocp('host=1')
    await path.clock.pass(10 * MINUTE - 1)
    assert.deepEqual(titles(), [])
    await path.clock.pass(1_000)
    assert.equal(titles().length, 1)
  })

  test('in a pool, a rejected message is dead if all other robots are paused by hand', async () => {
    await started({ mode: 'pool' }, ['ops-1', 'ops-2'])
    await done(path.actions.pause('ops-2', { until: undefined, by: 'li' }))
    await refused(['host=1'])
    assert.deepEqual(await states(), ['dead'])
  })

  test('in a pool, the other robots take over from a paused one', async () => {
    await started({ mode: 'pool' }, ['ops-1', 'ops-2'])
    await done(path.actions.pause('ops-1', { until: undefined, by: 'li' }))
    for (let i = 0; i < 5; i += 1) {
      await path.ocp(`host=${i}`)
      await path.clock.pass(3_000)
    }
    assert.deepEqual([...new Set(path.sent.map(({ robot }) => robot))], ['ops-2'])
  })

  test('resuming ends a penalty early', async () => {
    await started()
    path.intercept = () => THROTTLED
    await path.ocp('host=1')
    await path.clock.pass(2 * MINUTE)
    assert.equal(path.sent.length, 1)
    path.intercept = () => undefined
    assert.deepEqual(titles(), [])
    const ended = await done(path.actions.resume('ops-1', 'li'))
    assert.deepEqual(
      ended.map(({ reason }) => reason),
      ['throttled'],
    )
    await path.clock.pass(2_000)
    assert.equal(titles().length, 1)
  })

  test('the test of a paused robot reports the pause at once', async () => {
    await started()
    await done(path.actions.pause('ops-1', { until: undefined, by: 'li' }))
    const ids = await path.store.enqueue([message('ops-1')], path.clock.now())
    const [outcome] = await done(
      outcomesAfter(ids, {
        ...{ store: path.store, clock: path.clock, waitMs: MINUTE },
        signal: new AbortController().signal,
        pauses: async () => pausesOf(await readStatus(path.store, path.settings, path.clock.now())),
      }),
    )
    assert.deepEqual(
      [outcome?.state, outcome?.words],
      ['pending', 'It waits: the robot is paused by li, until it is resumed.'],
    )
  })

  test('the test of a robot whose reply fails reports the verdict, and how long it waits', async () => {
    await started()
    const explanation = "The reply is ok, but does not match the robot's `expect`."
    path.intercept = () => ({
      ...THROTTLED,
      ...{
        outcome: { kind: 'retryable', reason: 'unknown', reached: true, bounded: true },
        explanation,
      },
    })
    await path.ocp('host=1')
    await path.clock.pass(2_000)
    const ids = (await path.store.messages({ limit: 10 })).items.map(({ id }) => id)
    const [outcome] = await done(
      outcomesAfter(ids, {
        ...{ store: path.store, clock: path.clock, waitMs: 0 },
        signal: new AbortController().signal,
        pauses: async () => pausesOf(await readStatus(path.store, path.settings, path.clock.now())),
      }),
    )
    assert.equal(outcome?.state, 'pending')
    assert.ok(outcome.words.startsWith(`${explanation} The message waits, until 20`), outcome.words)
  })

  test('one press sends many failed messages again, each with one call', async () => {
    await started()
    await refused(['host=1', 'host=2', 'host=3'])
    const press = { by: 'li', dryRun: true }
    assert.deepEqual(await done(path.actions.resendAll({ channel: 'ops' }, press)), {
      ...{ resent: 3, outdated: 0, hasMore: false },
    })
    assert.deepEqual(await states(), ['dead', 'dead', 'dead'])
    const sent = path.sent.length
    await done(path.actions.resendAll({ channel: 'ops' }, { ...press, dryRun: false }))
    await path.clock.pass(10 * MINUTE)
    assert.deepEqual(await states(), ['sent', 'sent', 'sent'])
    assert.equal(path.sent.length - sent, 3)
  })

  test('a message whose alerts have newer ones stays dead; the others are sent', async () => {
    await started()
    await refused(['host=1', 'host=2'])
    await path.ocp('host=1', { alarm_status: 'Inactive' })
    await path.clock.pass(5_000)
    const result = await done(
      path.actions.resendAll({ channel: 'ops' }, { by: 'li', dryRun: false }),
    )
    assert.deepEqual(result, { resent: 1, outdated: 1, hasMore: false })
  })

  test('a message sent again by a person goes after a new alert', async () => {
    await started()
    await refused(['host=1'])
    await done(path.actions.pause('ops-1', { until: undefined, by: 'li' }))
    await done(path.actions.resendAll({ channel: 'ops' }, { by: 'li', dryRun: false }))
    await path.ocp('new', { alarm_level: '5' })
    await done(path.actions.resume('ops-1', 'li'))
    await path.clock.pass(MINUTE)
    assert.match(titles()[1] ?? '', / new$/)
    assert.match(titles()[0] ?? '', /host=1$|· 1$/)
  })

  test('a dismissed message stays dead, and the next press does not include it', async () => {
    await started()
    await refused(['host=1'])
    const press = { by: 'li', dryRun: false }
    assert.equal(await done(path.actions.dismissAll({}, { ...press, dryRun: true })), 1)
    assert.equal(await done(path.actions.dismissAll({}, press)), 1)
    assert.equal(await done(path.actions.dismissAll({}, press)), 0)
    assert.equal((await done(path.actions.resendAll({}, press))).resent, 0)
    assert.deepEqual(await states(), ['dead'])
  })

  test('an unknown robot is refused with the existing names', async () => {
    await started()
    await assert.rejects(path.actions.resume('nobody', 'li'), {
      code: 'not_found',
      message: /unknown robot "nobody"; available: ops-1/,
    })
  })
})

function message(robot: string): NewMessage {
  return {
    ...{
      uuid: 'u',
      robot,
      robotKey: robotNamed(robot).key,
      queue: `robot:${robot}`,
      channel: 'ops',
    },
    ...{ kind: 'test', title: 'T', text: 't', body: '{}', alertCount: 0, level: undefined },
    storm: false,
  }
}
