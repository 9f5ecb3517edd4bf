import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseMatchers } from '../../src/config/matchers.ts'
import { AppError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Settings } from '../../src/model/settings.ts'
import { accept } from '../../src/pipeline/accept.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { sources } from '../../src/sources/index.ts'
import type { AcceptRequest, IncomingAlert } from '../../src/stores/incoming.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'
import { yieldingTo } from '../support/slices.ts'

const robots = ['ops-1', 'ops-2'].map((name) => robotNamed(name))

/** The request to the store for a payload with one alert for each of these label sets. */
async function arrivalOf(
  settings: Settings | (() => Settings),
  alerts: { labels: Record<string, string>; status?: string; annotations?: object }[],
  channel = 'ops',
  events = eventsWith(() => {}),
): Promise<{ arrival: AcceptRequest | undefined; woken: readonly string[] }> {
  let arrival: AcceptRequest | undefined
  let woken: readonly string[] = []
  await accept(
    { source: 'alertmanager', channel, body: JSON.stringify({ alerts }) },
    {
      store: {
        accept: async (given) => {
          arrival = given
          const queues = [...new Set(given.alerts.flatMap((each) => each.queues))]
          return { queues, duplicate: false, suppressed: [] }
        },
      },
      sources,
      clock: new VirtualClock(new Date('2026-11-24T04:00:00Z')),
      settings: typeof settings === 'function' ? settings : () => settings,
      wake: (queues) => {
        woken = queues
      },
      events,
    },
  )
  return { arrival, woken }
}

function eventsWith(warn: (event: string, fields?: object) => void) {
  const log = { debug() {}, info() {}, warn, error() {} }
  return createEvents(log, createMetrics({ version: '1', node: 'v' }))
}

async function rowsOf(...args: Parameters<typeof arrivalOf>): Promise<readonly IncomingAlert[]> {
  return (await arrivalOf(...args)).arrival?.alerts ?? []
}

const withOps = (changes: Parameters<typeof channelNamed>[1]): Settings =>
  settingsOf({ robots, channels: [channelNamed('ops', changes)] })

describe('the rows that a request creates', () => {
  test('are one slim row per alert, and the payload once', async () => {
    const labels = { alertname: 'A', severity: 'critical', ob_cluster: 'c1' }
    const { arrival, woken } = await arrivalOf(settingsOf(), [
      { labels },
      { labels: { alertname: 'B' } },
    ])
    assert.equal(JSON.parse(String(arrival?.body)).alerts.length, 2)
    const [one, two] = arrival?.alerts ?? []
    assert.deepEqual(
      { ...one, fingerprint: '', group: '' },
      {
        position: 0,
        channel: 'ops',
        queues: one?.queues,
        fingerprint: '',
        status: 'firing',
        level: 2,
        name: 'A',
        cluster: 'c1',
        group: '',
        everyMs: 600_000,
        startsAtMs: undefined,
        endsAtMs: undefined,
      },
    )
    assert.equal(one?.group, one?.fingerprint)
    assert.deepEqual([two?.position, two?.name, two?.level], [1, 'B', 3])
    assert.deepEqual(woken, one?.queues)
  })

  test('are for one queue per robot, or one for a pool', async () => {
    const queues = async (mode: 'all' | 'pool') =>
      (
        await rowsOf(withOps({ mode, robots: ['ops-1', 'ops-2'] }), [
          { labels: { alertname: 'A' } },
        ])
      )[0]?.queues
    assert.equal((await queues('all'))?.length, 2)
    assert.equal((await queues('pool'))?.length, 1)
  })

  test('group alerts by aggregate.by; false lets all through', async () => {
    const groups = async (changes: Parameters<typeof channelNamed>[1]) =>
      (
        await rowsOf(
          withOps(changes),
          ['a', 'b'].map((host) => ({ labels: { alertname: 'A', host, tenant: 't' } })),
        )
      ).map(({ group, everyMs }) => [group, everyMs])
    const [one, two] = await groups({ aggregate: { everyMs: 5, by: ['alarm_type', 'tenant'] } })
    assert.deepEqual(one, two)
    const [three, four] = await groups({ aggregate: { everyMs: 5, by: ['alarm_type', 'host'] } })
    assert.notDeepEqual(three, four)
    const off = await groups({ aggregate: undefined })
    assert.deepEqual(
      off.map(([, every]) => every),
      [0, 0],
    )
  })

  test('include a suppressed recovery if the channel sends none', async () => {
    const alerts = [{ labels: { alertname: 'A' }, status: 'resolved' }]
    assert.equal(
      (await rowsOf(withOps({ sendResolved: false }), alerts))[0]?.suppressed,
      'resolved_off',
    )
    assert.equal((await rowsOf(withOps({}), alerts))[0]?.suppressed, undefined)
  })

  test('an unknown level word is level 3, and is logged once', async () => {
    const said: object[] = []
    const events = eventsWith((event, fields) => said.push({ event, ...fields }))
    const settings = withOps({ levels: new Map([['mine', 1]]) })
    const labels = ['weird', 'mine', 'weird', 'P1', 'x'.repeat(5_000)].map((severity, n) => ({
      labels: { alertname: `A${n}`, severity },
    }))
    const { arrival } = await arrivalOf(settings, labels, 'ops', events)
    await arrivalOf(settings, labels.slice(0, 1), 'ops', events)
    assert.deepEqual(
      arrival?.alerts.map(({ level }) => level),
      [3, 1, 3, 2, 3],
    )
    const hint = 'handled as level 3 (Warning); give it a level under "levels" in the configuration'
    const words = ['weird', 'x'.repeat(100)]
    assert.deepEqual(
      said,
      words.map((word) => ({ event: 'level.unknown', word, channel: 'ops', hint })),
    )
    assert.deepEqual(events.unknownLevels(), words)
  })

  test('an alert without a level is level 3, and nothing is logged', async () => {
    const events = eventsWith(() => assert.fail('nothing is logged'))
    const labels: { labels: Record<string, string> }[] = [
      { labels: { alertname: 'A' } },
      { labels: { alertname: 'B', severity: ' ' } },
    ]
    const { arrival } = await arrivalOf(settingsOf(), labels, 'ops', events)
    assert.deepEqual(
      arrival?.alerts.map(({ level }) => level),
      [3, 3],
    )
  })

  test("a channel's own level words take precedence", async () => {
    const settings = withOps({ levels: new Map([['page', 1]]) })
    const rows = await rowsOf(
      settings,
      ['page', 'critical', 'nonsense'].map((severity) => ({
        labels: { alertname: severity, severity },
      })),
    )
    assert.deepEqual(
      rows.map(({ level }) => level),
      [1, 2, 3],
    )
  })
})

describe('a small request', () => {
  test('reaches the store within one turn of the event loop', async () => {
    const alerts = Array.from({ length: 5 }, (_, index) => ({
      labels: { alertname: `A${index}` },
    }))
    let turnEnded = false
    setImmediate(() => {
      turnEnded = true
    })
    const never = (): Promise<void> => new Promise(() => {})
    const { arrival } = await yieldingTo(never, () => arrivalOf(withOps({}), alerts))
    assert.equal(arrival?.alerts.length, 5)
    assert.equal(turnEnded, false)
  })
})

describe('a large request', () => {
  test('is read while others are answered, and follows the settings at its end', async () => {
    const alerts = Array.from({ length: 400 }, (_, index) => ({
      labels: { alertname: `A${index}`, text: 'x'.repeat(500) },
    }))
    const before = settingsOf({
      robots: [robotNamed('old')],
      channels: [channelNamed('ops', { robots: ['old'] })],
    })
    const after = settingsOf({
      robots: [robotNamed('new')],
      channels: [channelNamed('ops', { robots: ['new'] })],
    })
    let settings = before
    let pieces = 0
    const next = async (): Promise<void> => {
      pieces += 1
      if (pieces === 40) settings = after
    }
    const { arrival } = await yieldingTo(next, () => arrivalOf(() => settings, alerts))
    assert.ok(pieces > 40)
    assert.deepEqual([...new Set(arrival?.alerts.flatMap(({ queues }) => queues))], ['robot:new'])
  })
})

describe('routes', () => {
  const route = (matchers: string[], channels: string[]) => ({
    matchers: matchers.flatMap(parseMatchers),
    channels,
  })
  const settings = settingsOf(
    { robots, channels: ['ops', 'db', 'rest'].map((name) => channelNamed(name)) },
    {
      routes: [
        route(['alarm_level=Critical', 'cluster=~"prod-.*"'], ['ops', 'db']),
        route(['tenant!=""'], ['db']),
        route([], ['rest']),
      ],
    },
  )

  test('send each alert of a request to the channels of the first one that matches', async () => {
    const labels: Record<string, string>[] = [
      { alertname: 'A', severity: 'critical', cluster: 'prod-1' },
      { alertname: 'B', severity: 'critical', cluster: 'not-prod-1' },
      { alertname: 'C', severity: '严重', cluster: 'prod-2', tenant: 't' },
      { alertname: 'D', tenant: 't' },
    ]
    const rows = await rowsOf(
      settings,
      labels.map((each) => ({ labels: each })),
      'auto',
    )
    assert.deepEqual(
      rows.map(({ name, channel }) => `${name} ${channel}`),
      ['A ops', 'A db', 'B rest', 'C ops', 'C db', 'D db'],
    )
  })

  test('read levels by the global words, and rows by the words of their channel', async () => {
    const bySeverity = settingsOf(
      {
        robots,
        channels: [channelNamed('ops', { levels: new Map([['mine', 1]]) }), channelNamed('rest')],
      },
      {
        levels: new Map([['mine', 2]]),
        routes: [route(['alarm_level=~"Critical|Warning"'], ['ops']), route([], ['rest'])],
      },
    )
    const rows = await rowsOf(
      bySeverity,
      ['mine', 'warning', 'info'].map((severity) => ({
        labels: { alertname: severity, severity },
      })),
      'auto',
    )
    assert.deepEqual(
      rows.map(({ name, channel, level }) => `${name} ${channel} ${level}`),
      ['mine ops 1', 'warning ops 3', 'info rest 5'],
    )
  })

  test('are required for "auto"; an unknown channel is refused with the existing names', async () => {
    await assert.rejects(arrivalOf(settingsOf(), [], 'auto'), (error: AppError) => {
      assert.equal(error.code, 'unknown_channel')
      assert.match(error.message, /there are no routes.*available: ops$/)
      return true
    })
    await assert.rejects(
      arrivalOf(settings, [], 'nope'),
      /unknown channel "nope"; available: ops, db, rest, auto$/,
    )
    await assert.rejects(arrivalOf(settings, [], '__proto__'), AppError)
  })
})

test('the queues are woken even if the end of a mute cannot be stored', async () => {
  const woken: string[] = []
  const settings = settingsOf()
  const body = JSON.stringify({ alerts: [{ status: 'resolved', labels: { alertname: 'A' } }] })
  const attempt = accept(
    { source: 'alertmanager', channel: 'ops', body },
    {
      store: {
        accept: async () => ({ queues: ['robot:ops-1'], duplicate: false, suppressed: [] }),
      },
      sources,
      clock: new VirtualClock(new Date('2026-11-24T04:00:00Z')),
      settings: () => settings,
      wake: (queues) => void woken.push(...queues),
      events: eventsWith(() => {}),
      mutes: {
        mutingAt: async () => ({
          ...{ ended: [{ id: '1', by: 'alert:recovered' }], covers: () => false },
        }),
        end: () => Promise.reject(new AppError('store_unavailable', 'the store is unavailable')),
      },
    },
  )
  // The sender retries: the mute must have ended before it gets a success.
  await assert.rejects(attempt, /store is unavailable/)
  assert.deepEqual(woken, ['robot:ops-1'])
})
