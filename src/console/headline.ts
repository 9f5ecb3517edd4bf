import { isOpenEnded } from '../model/pause.ts'
import type { Headline, Trouble } from '../reporting/headline.ts'
import type { ConsoleWord, Words } from './i18n.ts'

/** One line of the headline, with its start or end, and the link or button to act on it. */
interface HeadlineLine {
  text: string
  /** Numbers, names and reasons, the most important first. */
  details: readonly string[]
  since?: Date | undefined
  /** Undefined also if it lasts until a person ends it. */
  until?: Date | undefined
  /** A link, or with `press` a button. */
  action?: { href: string; label: string; press?: true }
}

/** The worst problem as title, then at most two lines; `more` counts those left out. */
interface HeadlineView {
  mood: Headline['mood']
  title: HeadlineLine
  lines: HeadlineLine[]
  more: number
}

const MAX_LINES = 2

export function headlineView(headline: Headline, words: Words): HeadlineView {
  const { mood, troubles, waiting, quiet } = headline
  const lines = troubles.map((trouble) => lineOf(trouble, waiting, words))
  // A problem that holds up all waiting alerts already shows their number.
  if (waiting.count > 0 && !troubles.some((each) => isAllOf(each, waiting)))
    lines.push(waitingLine(waiting, words))
  if (lines.length === 0) lines.push(plainLine(headline, words))
  for (const each of quiet) lines.push(quietLine(each, words))
  const [title, ...others] = lines as [HeadlineLine, ...HeadlineLine[]]
  return {
    mood,
    title,
    lines: others.slice(0, MAX_LINES),
    more: Math.max(0, others.length - MAX_LINES),
  }
}

function plainLine({ kind }: Headline, { t }: Words): HeadlineLine {
  const action = { href: '/setup', label: t('setup') }
  switch (kind) {
    case 'sandbox_only':
      return { text: t('headSandboxOnly'), details: [], action }
    case 'empty':
      return { text: t('calmEmpty'), details: [], action }
    default:
      return { text: t('calm'), details: [] }
  }
}

function quietLine({ source, since }: Headline['quiet'][number], words: Words): HeadlineLine {
  const text = words.t('headQuiet', { source: words.t(`source_${source}`) })
  return { text, details: [], since, action: { href: '/setup', label: words.t('setup') } }
}

function waitingLine(waiting: Headline['waiting'], words: Words): HeadlineLine {
  const { count, severe, oldest, most } = waiting
  const details = severe > 0 ? [words.n('severeAmongN', severe)] : []
  if (most !== undefined) {
    const values = { n: words.number(most.count), robot: most.robot }
    details.push(words.t(most.count === count ? 'waitsAll' : 'waitsMost', values))
  }
  const action = { href: '/alerts?state=pending', label: words.t('seeWaiting') }
  return { text: words.n('waitsN', count), details, since: oldest, action }
}

function isAllOf(trouble: Trouble, { count }: Headline['waiting']): boolean {
  return 'waiting' in trouble && count > 0 && trouble.waiting === count
}

function severeOf(trouble: Trouble, waiting: Headline['waiting'], { n }: Words): string[] {
  return isAllOf(trouble, waiting) && waiting.severe > 0 ? [n('severeAmongN', waiting.severe)] : []
}

function lineOf(trouble: Trouble, waits: Headline['waiting'], words: Words): HeadlineLine {
  const { t } = words
  const link = (href: string, word: ConsoleWord) => ({ href, label: t(word) })
  switch (trouble.kind) {
    case 'store_unavailable':
      return {
        text: t('headStore'),
        details: [trouble.why, t('storeKeeps')],
        action: link('/', 'tryAgain'),
      }
    case 'config_refused': {
      const { faults, since } = trouble
      const details = faults.slice(0, 1)
      const action = link('#faults', 'seeFaults')
      return { text: t('headConfig'), details, since, action }
    }
    case 'heartbeat_missing': {
      const { source, name, everyMs, since } = trouble
      const text = t('headHeartbeat', { source: t(`source_${source}`) })
      const details = [t('heartbeatEvery', { name, time: words.duration(everyMs) })]
      return { text, details, since, action: link('/setup', 'checkSource') }
    }
    case 'failed': {
      const { count, severe, since } = trouble
      const details = severe > 0 ? [words.n('failedSevereN', severe)] : []
      const action = link('/messages?state=dead', 'seeFailed')
      return { text: words.n('failedN', count), details, since, action }
    }
    case 'removed': {
      const { count, since } = trouble
      const action = link('/alerts?state=dead', 'seeRemoved')
      return { text: words.n('removedN', count), details: [t('removedWhy')], since, action }
    }
    case 'quota_low':
    case 'quota_used_up': {
      const { robot, used, limit } = trouble
      const scope = robot ?? t('organisation')
      const figures = { scope, n: words.number(used), all: words.number(limit) }
      const isLow = trouble.kind === 'quota_low'
      return {
        text: t(isLow ? 'headQuotaLow' : 'headQuotaUsedUp', figures),
        details: [t(isLow ? 'quotaKept' : 'quotaUntil')],
        action: link('#robots', 'seeRobots'),
      }
    }
    case 'push_limit': {
      const { channel, waiting, until } = trouble
      const text = t('headPushLimit', { channel, n: words.number(waiting) })
      const action = link(`#channel-${encodeURIComponent(channel)}`, 'seeChannel')
      const details = severeOf(trouble, waits, words)
      return { text, details, until, action }
    }
    default:
      return robotLine(trouble, waits, words)
  }
}

type RobotTrouble = Extract<
  Trouble,
  { kind: 'refused' | 'unreachable' | 'throttled' | 'by_hand' | 'set_aside' }
>

const ROBOT_WORDS = {
  refused: 'headRefused',
  unreachable: 'headUnreachable',
  throttled: 'headThrottled',
  by_hand: 'headByHand',
  set_aside: 'headSetAside',
} as const satisfies Record<RobotTrouble['kind'], ConsoleWord>

function robotLine(trouble: RobotTrouble, waits: Headline['waiting'], words: Words): HeadlineLine {
  const { robot } = trouble
  const until = 'until' in trouble ? trouble.until : undefined
  const by = 'by' in trouble ? trouble.by : ''
  const waiting = 'waiting' in trouble ? trouble.waiting : 0
  const details = 'result' in trouble ? [words.reason('verdict', trouble.result)] : []
  if (waiting > 0) details.push(words.n('waitsForItN', waiting), ...severeOf(trouble, waits, words))
  const path = encodeURIComponent(robot)
  return {
    text: words.t(ROBOT_WORDS[trouble.kind], { robot, by }),
    details,
    since: 'since' in trouble ? trouble.since : undefined,
    until: until === undefined || isOpenEnded(until) ? undefined : until,
    action:
      trouble.kind === 'by_hand'
        ? { href: `/robots/${path}/resume`, label: words.t('resume'), press: true }
        : { href: `#robot-${path}`, label: words.t('seeRobot') },
  }
}
