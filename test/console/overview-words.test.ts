import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { headlineView } from '../../src/console/headline.ts'
import { wordsOf } from '../../src/console/i18n.ts'
import { robotsWorstFirst, robotView } from '../../src/console/robot-line.ts'
import type { Headline } from '../../src/reporting/headline.ts'
import type { RobotOverview } from '../../src/reporting/robot-overview.ts'

const NOW = new Date('2026-11-24T04:00:00Z')
const LATER = new Date(NOW.getTime() + 60_000)
const format = { words: wordsOf('en-US'), now: NOW, timezone: 'UTC' }

function robot(changes: Partial<RobotOverview> = {}): RobotOverview {
  return {
    ...{ name: 'a', sandbox: false, callsLeft: 13, calls: 20, perMs: 60_000, cells: [] },
    ...{ pausedUntil: undefined, pausedSince: undefined, pauseReason: undefined },
    ...{ pausedBy: undefined, lastResult: 'ok', lastAt: undefined, waiting: 0 },
    ...{ oldest: undefined, sharedBy: undefined, covered: false, wait: undefined },
    ...{ attempts: { accepted: 1, refused: 0 }, monthUsed: 0, monthly: undefined },
    ...{ leasedBy: undefined, ...changes },
  }
}

describe('the line of a robot', () => {
  test('shows that calls are spread while some are left, and that all are used when none are left', () => {
    const wait = { reason: 'no_call_left', until: LATER } as const
    const spread = robotView(robot({ wait }), format)
    assert.deepEqual([spread.left, spread.waitReason], [13, 'no_call_left'])
    assert.match(format.words.reason('wait', 'no_call_left'), /calls are spread/)
    const used = robotView(robot({ wait, callsLeft: 0 }), format)
    assert.deepEqual([used.left, used.waitReason], [0, 'no_call_free'])
    assert.match(format.words.reason('wait', 'no_call_free'), /all calls .* are used/)
  })

  test('shows no call left while the robot is paused, whatever its limit allows', () => {
    const { left, label, meter } = robotView(
      robot({ pausedUntil: LATER, pauseReason: 'throttled' }),
      format,
    )
    assert.equal(left, 0)
    assert.match(label, /No calls while it is paused/)
    assert.doesNotMatch(meter, /class="on"/)
  })

  test('is first for the worst robot, and last for healthy ones', () => {
    const all = [
      robot({ name: 'fine' }),
      robot({ name: 'paused', pausedUntil: LATER, pauseReason: 'by_hand' }),
      robot({ name: 'refused', lastResult: 'token' }),
    ]
    const { robots, isTroubled } = robotsWorstFirst(all.map((each) => robotView(each, format)))
    assert.deepEqual(
      robots.map(({ name }) => name),
      ['refused', 'paused', 'fine'],
    )
    assert.equal(isTroubled, true)
    assert.equal(robotsWorstFirst([robotView(robot(), format)]).isTroubled, false)
  })

  test('names the process of each robot only if several processes work', () => {
    const of = (...owners: string[]) =>
      robotsWorstFirst(owners.map((leasedBy) => robotView(robot({ leasedBy }), format))).isShared
    assert.deepEqual([of('x'), of('x', 'x'), of('x', 'y')], [false, false, true])
  })
})

describe('the lines of the headline', () => {
  const nothing = { count: 0, severe: 0, oldest: undefined, most: undefined }
  const throttled = (name: string, waiting: number) =>
    ({ kind: 'throttled', robot: name, waiting, since: NOW, until: LATER }) as const
  const head = (changes: Partial<Headline>) =>
    headlineView(
      { mood: 'paused', kind: 'throttled', troubles: [], waiting: nothing, quiet: [], ...changes },
      format.words,
    )

  test('are three at most, with a count of the others', () => {
    const view = head({ troubles: ['a', 'b', 'c', 'd', 'e'].map((name) => throttled(name, 0)) })
    assert.deepEqual([view.lines.length, view.more], [2, 2])
    for (const { action } of [view.title, ...view.lines]) assert.ok(action)
  })

  test('show the waiting alerts once if a single trouble holds up all of them', () => {
    const waiting = { count: 5, severe: 2, oldest: NOW, most: undefined }
    const one = head({ troubles: [throttled('a', 5)], waiting })
    assert.deepEqual(one.title.details, ['5 alerts wait for it', '2 of them Down or Critical'])
    assert.deepEqual(one.lines, [])
    const some = head({ troubles: [throttled('a', 3)], waiting })
    assert.deepEqual(some.title.details, ['3 alerts wait for it'])
    assert.equal(some.lines[0]?.text, '5 alerts waiting')
    assert.deepEqual(some.lines[0]?.details, ['2 of them Down or Critical'])
    assert.deepEqual(some.lines[0]?.action?.href, '/alerts?state=pending')
  })

  test('report a quiet source beside a calm title', () => {
    const quiet = [{ kind: 'quiet', source: 'ocp', since: NOW }] as const
    const view = head({ mood: 'calm', kind: 'calm', quiet })
    assert.equal(view.title.text, 'All clear – everything delivered.')
    assert.deepEqual(
      view.lines.map(({ text, since }) => [text, since]),
      [['Nothing received from OCP', NOW]],
    )
  })

  test('offer a button that resumes a robot that a person paused', () => {
    const byHand = { ...throttled('a b', 0), kind: 'by_hand', by: 'li' } as const
    assert.deepEqual(head({ troubles: [byHand] }).title.action, {
      ...{ href: '/robots/a%20b/resume', label: 'Resume', press: true },
    })
  })

  test('show the first fault of a refused configuration verbatim', () => {
    const faults = ['robots: <b>', 'second']
    const { title } = head({ troubles: [{ kind: 'config_refused', faults, since: NOW }] })
    assert.deepEqual([title.details, title.action?.href], [['robots: <b>'], '#faults'])
  })
})
