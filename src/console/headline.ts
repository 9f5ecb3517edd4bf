import { isOpenEnded } from '../model/pause.ts'
import type { Headline, Trouble } from '../reporting/headline.ts'
import { pathWith } from './format.ts'
import type { ConsoleWord, Words } from './i18n.ts'

/** One thing to say, with since or until when, and the page or part of it where something can be done. */
export interface HeadlineLine {
  text: string
  detail: string | undefined
  since: Date | undefined
  /** Undefined also where it lasts until a person ends it. */
  until: Date | undefined
  action: { href: string; label: string } | undefined
}

/** The worst first; the rest is at most two lines, and how many more there are. */
export interface HeadlineView {
  mood: Headline['mood']
  title: HeadlineLine
  lines: HeadlineLine[]
  more: number
}

const MAX_LINES = 2

export function headlineView(headline: Headline, words: Words): HeadlineView {
  const { mood, troubles, waiting } = headline
  const lines = troubles.map((trouble) => lineOf(trouble, words))
  if (waiting.count > 0) lines.push(waitingLine(waiting, words))
  const [title = plainLine(headline, words), ...others] = lines
  return {
    mood,
    title,
    lines: others.slice(0, MAX_LINES),
    more: Math.max(0, others.length - MAX_LINES),
  }
}

const NOTHING_MORE = { detail: undefined, since: undefined, until: undefined, action: undefined }

function plainLine({ kind }: Headline, { t }: Words): HeadlineLine {
  switch (kind) {
    case 'sandbox_only':
      return {
        ...NOTHING_MORE,
        text: t('headSandboxOnly'),
        action: { href: '/setup', label: t('setup') },
      }
    case 'empty':
      return {
        ...NOTHING_MORE,
        text: t('calmEmpty'),
        action: { href: '/setup', label: t('setup') },
      }
    default:
      return { ...NOTHING_MORE, text: t('calm') }
  }
}

function waitingLine({ count, oldest, most }: Headline['waiting'], words: Words): HeadlineLine {
  const text = words.n('waitsN', count)
  const detail =
    most &&
    words.t(most.count === count ? 'waitsAll' : 'waitsMost', {
      n: words.number(most.count),
      robot: most.robot,
    })
  return { ...NOTHING_MORE, text, detail, since: oldest }
}

function lineOf(trouble: Trouble, words: Words): HeadlineLine {
  const { t } = words
  const link = (href: string, word: ConsoleWord) => ({ href, label: t(word) })
  switch (trouble.kind) {
    case 'store_unavailable':
      return { ...NOTHING_MORE, text: t('headStore'), detail: trouble.why }
    case 'config_refused': {
      const { fault: detail, since } = trouble
      return { ...NOTHING_MORE, text: t('headConfig'), detail, since }
    }
    case 'failed': {
      const { count, severe, since } = trouble
      const detail = severe > 0 ? words.n('failedSevereN', severe) : undefined
      const action = link(FAILED_PATH, 'seeFailed')
      return { ...NOTHING_MORE, text: words.n('failedN', count), detail, since, action }
    }
    case 'quota_low':
    case 'quota_used_up': {
      const { robot, used, limit } = trouble
      const scope = robot ?? t('organisation')
      const figures = { scope, n: words.number(used), all: words.number(limit) }
      return {
        ...NOTHING_MORE,
        text: t(trouble.kind === 'quota_low' ? 'headQuotaLow' : 'headQuotaUsedUp', figures),
      }
    }
    case 'push_limit': {
      const { channel, waiting, until } = trouble
      const text = t('headPushLimit', { channel, n: words.number(waiting) })
      return { ...NOTHING_MORE, text, until, action: link('#channels', 'seeChannel') }
    }
    default:
      return robotLine(trouble, words)
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

function robotLine(trouble: RobotTrouble, words: Words): HeadlineLine {
  const { robot } = trouble
  const until = 'until' in trouble ? trouble.until : undefined
  const by = 'by' in trouble ? trouble.by : ''
  return {
    text: words.t(ROBOT_WORDS[trouble.kind], { robot, by }),
    detail: 'result' in trouble ? words.reason('verdict', trouble.result) : undefined,
    since: 'since' in trouble ? trouble.since : undefined,
    until: until === undefined || isOpenEnded(until) ? undefined : until,
    action: { href: `#robot-${encodeURIComponent(robot)}`, label: words.t('seeRobot') },
  }
}

export const FAILED_PATH = pathWith('/messages', { state: 'dead' })
