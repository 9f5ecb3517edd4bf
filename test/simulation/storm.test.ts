import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reportOf } from '../../src/simulation/report.ts'
import { type Outcome, playStorm, withRobots } from '../../src/simulation/storm.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'

const START = new Date('2026-11-24T04:00:00Z')
const SETTINGS = settingsOf()

const play = (alerts: number, overMs: number, settings = SETTINGS): Promise<Outcome> =>
  playStorm({ alerts, overMs, settings, channel: 'ops', start: START })

describe('a simulated storm', () => {
  test('accounts for every alert, by level and by message, and breaks no limit', async () => {
    const outcome = await play(500, 30_000)
    assert.equal(outcome.deliveredAtMs.length, 500)
    assert.equal(outcome.waiting, 0)
    assert.equal(outcome.refused, 0)
    assert.equal(outcome.calls, outcome.messages.length)
    const sum = (numbers: number[]): number => numbers.reduce((one, two) => one + two, 0)
    assert.equal(sum(outcome.messages.map((each) => each.alerts)), 500)
    assert.deepEqual(
      outcome.levels.map(({ level, alerts, delivered }) => [level, alerts, delivered]),
      [
        [1, 10, 10],
        [2, 40, 40],
        [3, 200, 200],
        [4, 150, 150],
        [5, 100, 100],
      ],
    )
    for (const { level, longestWaitMs } of outcome.levels)
      if (level <= 2) assert.ok(longestWaitMs <= 5_000, `${level}: ${longestWaitMs}`)
  })

  test('uses the requested number of robots, in a pool', async () => {
    const channel = channelNamed('ops')
    const one = await play(300, 60_000)
    const three = await play(300, 60_000, withRobots(SETTINGS, channel, 3))
    assert.deepEqual([...new Set(three.messages.map((each) => each.robot))].sort(), [
      'ops-1-1',
      'ops-1-2',
      'ops-1-3',
    ])
    assert.ok(three.messages.length > one.messages.length)
    assert.equal(three.refused, 0)
  })

  test('follows the limits of the configuration, and reports what they hold back', async () => {
    const settings = settingsOf({ robots: [robotNamed('ops-1', { monthly: 2 })] })
    const outcome = await play(50, 20_000, settings)
    assert.ok(outcome.calls <= 2)
    assert.ok(outcome.waiting > 0)
    assert.equal(outcome.waiting + outcome.deliveredAtMs.length, 50)
    const report = reportOf(outcome, { alerts: 50, over: '20s' })
    assert.match(report, new RegExp(`${outcome.waiting} alerts still waiting`))
  })

  test('never calls the configured robots', async () => {
    // The robot's address is unreachable; the simulation delivers anyway.
    const { Secret } = await import('../../src/model/secret.ts')
    const robot = robotNamed('ops-1', {
      target: { kind: 'webhook', url: new Secret('http://192.0.2.1:9/robot/send') },
      secret: new Secret('SECx'),
      expect: { kind: 'status', status: 418 },
    })
    assert.equal((await play(3, 100, settingsOf({ robots: [robot] }))).deliveredAtMs.length, 3)
  })
})

test('the report is a table by level, the messages, and a plot', () => {
  const report = reportOf(
    {
      messages: [
        { atMs: 0, robot: 'r', kind: 'alert', alerts: 1, title: '[Down] A' },
        { atMs: 1_500, robot: 'r', kind: 'digest', alerts: 9, title: '9 alerts' },
      ],
      levels: [{ level: 1, alerts: 10, delivered: 10, medianWaitMs: 400, longestWaitMs: 150_000 }],
      deliveredAtMs: [0, ...Array(9).fill(1_500)],
      waiting: 0,
      calls: 2,
      refused: 0,
    },
    { alerts: 10, over: '1s' },
  )
  assert.equal(
    report.split('\n').slice(0, 8).join('\n'),
    `10 alerts over 1s: 10 of 10 alerts delivered in 2 messages, the last after 1.5 s.
2 calls used, 0 refused by DingTalk.

level  alerts  delivered  median wait  longest wait
Down       10         10        0.4 s       2.5 min

after  robot  kind    alerts  title
0.0 s  r      alert        1  [Down] A`,
  )
  assert.match(report, /1\.5 s █{48} 10\n$/)
})
