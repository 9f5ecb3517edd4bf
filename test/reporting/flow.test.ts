import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ChannelOverview } from '../../src/reporting/channel-overview.ts'
import { type FlowInput, flowOf } from '../../src/reporting/flow.ts'
import type { RobotOverview } from '../../src/reporting/robot-overview.ts'

const LATER = new Date('2026-11-24T05:00:00Z')

function robot(name: string, changes: Partial<RobotOverview> = {}): RobotOverview {
  return {
    ...{ name, sandbox: false, callsLeft: 20, calls: 20, perMs: 60_000, cells: [] },
    ...{ pausedUntil: undefined, pausedSince: undefined, pauseReason: undefined },
    ...{ pausedBy: undefined, lastResult: 'ok', lastAt: undefined, waiting: 0 },
    ...{ oldest: undefined, sharedBy: undefined, covered: false, wait: undefined },
    ...{ attempts: { accepted: 1, refused: 0 }, monthUsed: 0, monthly: undefined },
    ...{ leasedBy: undefined, ...changes },
  }
}

function channel(name: string, changes: Partial<ChannelOverview> = {}): ChannelOverview {
  return {
    ...{ name, mode: 'all', robots: ['a'], waiting: 0, oldest: undefined, failed: 0 },
    ...{ messagesThisHour: 0, messagesToday: 0, pushLimits: undefined, heldUntil: undefined },
    ...{ received: [{ source: 'ocp', count: 3 }], delivered: 2, suppressed: [], ...changes },
  }
}

function flow(changes: Partial<FlowInput>) {
  const input = { channels: [], robots: [robot('a'), robot('b')], quiet: [], muted: new Map() }
  return flowOf({ ...input, ...changes })
}

const refused = robot('a', { lastResult: 'token' })

describe('the path of an alert', () => {
  test('exists once per group: per robot, or per pool', () => {
    const paths = flow({
      channels: [
        channel('each', { robots: ['a', 'b'] }),
        channel('pool', { robots: ['a', 'b'], mode: 'pool' }),
      ],
    })
    assert.deepEqual(
      paths.map(({ channel: name, robots, stop }) => [
        name,
        robots.map((r) => r.name).join(),
        stop,
      ]),
      [
        ['each', 'a', undefined],
        ['each', 'b', undefined],
        ['pool', 'a,b', undefined],
      ],
    )
  })

  test('names the step that blocks it, and blocked paths are first', () => {
    const [first, second] = flow({
      channels: [channel('fine', { robots: ['b'] }), channel('broken')],
      robots: [refused, robot('b')],
    })
    assert.deepEqual([first?.channel, first?.stop], ['broken', { kind: 'refused', at: 'robot' }])
    assert.deepEqual([second?.channel, second?.stop], ['fine', undefined])
  })

  test('through a pool is blocked only if none of its robots works', () => {
    const channels = [channel('pool', { robots: ['a', 'b'], mode: 'pool' })]
    assert.equal(flow({ channels, robots: [refused, robot('b')] })[0]?.stop, undefined)
    const both = [refused, robot('b', { lastResult: 'token' })]
    assert.equal(flow({ channels, robots: both })[0]?.stop?.at, 'robot')
  })

  test('is blocked at the channel while a push limit holds it, or while it is muted completely', () => {
    const held = flow({ channels: [channel('ops', { heldUntil: LATER })] })
    assert.deepEqual(held[0]?.stop, { kind: 'push_limit', until: LATER, at: 'channel' })
    const muted = flow({ channels: [channel('ops')], muted: new Map([['ops', LATER]]) })
    assert.deepEqual(muted[0]?.stop, { kind: 'muted', until: LATER, at: 'channel' })
  })

  test('marks a source whose heartbeat is missing', () => {
    const since = LATER
    const quiet = [
      { kind: 'heartbeat_missing', source: 'ocp', name: 'Watchdog', everyMs: 1, since },
    ] as const
    assert.equal(flow({ channels: [channel('ops')], quiet })[0]?.sources[0]?.missing, true)
    assert.equal(flow({ channels: [channel('ops')] })[0]?.sources[0]?.missing, false)
  })
})
