import type { StoredMessage } from '../../src/stores/queries.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Dingtalk, Fault, FaultKind } from './dingtalk.ts'
import {
  deadForNoReason,
  type Fate,
  fateOf,
  RANK,
  repeatsOf,
  wronglyDead,
  wronglySuppressed,
} from './fates.ts'
import type { History } from './history.ts'
import type { Ledger } from './ledger.ts'
import { carriersOf, displaysOf, messagesOf, type Row, rowsOf } from './rows.ts'
import type { News, Senders } from './senders.ts'
import {
  outOfOrder,
  type Shown,
  shownAgain,
  shownLate,
  shownTooOften,
  shownToSomeOnly,
} from './shown.ts'

/** Accounts for every alert like Jepsen's total-queue checker: everything accepted must be delivered. */
export interface Count {
  /** Changes that senders posted, and those answered with 200. */
  attempted: number
  acknowledged: number
  /** Acknowledged changes: shown to every group, suppressed by a rule, or dead with a reason. */
  delivered: number
  suppressed: number
  dead: number
  /** Still waiting at the end because of the month's quota. */
  waiting: number
  /** Acknowledged without one of these fates. */
  lost: number
  /** Shown, but the store has no such message. */
  unexpected: number
  /** Messages shown again by a DingTalk that does not drop repeats by `msgUuid`. */
  duplicated: number
  outOfOrder: number
  overTheLimit: number
  calls: number
  messages: number
  crashes: number
  /** Calls over a limit after the clock was set forward while no process ran. */
  excused: number
  faults: Fault[]
}

interface Played {
  history: History
  start: Date
  store: Pick<Store, 'alerts' | 'messages' | 'payloads'>
  dingtalk: Dingtalk
  senders: Senders
  ledger: Ledger
  crashes: number
}

export async function countOf(played: Played): Promise<Count> {
  const { history, start, store, dingtalk, senders, ledger, crashes } = played
  const rows = await rowsOf(store)
  const messages = await messagesOf(store)
  const faults: Fault[] = [...dingtalk.faults, ...ledger.faults]
  const add = (kind: FaultKind, all: readonly string[]): void => {
    for (const words of all) faults.push({ at: 0, kind, words })
  }

  const isSteady = history.events.every(({ kind }) => kind !== 'reload' && kind !== 'roll')
  const isStepped = history.events.some(({ kind }) => kind === 'step')
  const displays = displaysOf(dingtalk.calls)
  const shownUuids = new Set(displays.map(({ uuid }) => uuid))
  const carriers = carriersOf({ claimed: ledger.claimed, rows, messages })
  const byId = new Map(messages.map((message) => [message.id, message]))
  const { setup } = history
  const shown: Shown = {
    displays,
    carriers,
    rows,
    setup,
    ledger,
    isSteady,
    isStepped,
    overlaps: overlapsOf(history, start),
  }
  const context = { history, start, ledger, byId, isSteady }

  const uuids = new Set(messages.map(({ uuid }) => uuid))
  const strange = [...shownUuids].filter((uuid) => !uuids.has(uuid))
  add(
    'unexpected',
    strange.map((uuid) => `message ${uuid} was shown, and the store has none`),
  )
  const counts = countFates({ rows, messages, shownUuids, byId, played, add })
  add('lost', wronglySuppressed(rows, context))
  add('lost', wronglyDead(messages, dingtalk, context))
  add('lost', deadForNoReason(rows, context))
  add('lost', shownToSomeOnly(shown))
  add('duplicated', shownAgain(shown))
  add('duplicated', shownTooOften(shown))
  const disorder = outOfOrder(shown)
  add('out of order', disorder)
  add('late', shownLate(shown, start))
  if (usedOf(played) > (setup.monthly ?? Number.POSITIVE_INFINITY))
    add('over the limit', ['more calls than the month has'])

  return {
    attempted: senders.attempted.size,
    acknowledged: senders.acknowledged.size,
    ...counts,
    unexpected: strange.length,
    duplicated: displays.length - shownUuids.size,
    outOfOrder: disorder.length,
    overTheLimit: faults.filter(({ kind }) => ['over the limit', 'in a penalty'].includes(kind))
      .length,
    calls: dingtalk.calls.length,
    messages: shownUuids.size,
    crashes,
    excused: dingtalk.excused,
    faults,
  }
}

/** Alerts that old and new processes accepted side by side are shown within this time. */
const OVERLAP_SHOWN_MS = 60_000

function overlapsOf({ setup, events }: History, start: Date): { from: number; to: number }[] {
  if ((setup.replicas ?? 1) === 1) return []
  return events.flatMap((event) => {
    if (event.kind !== 'reload' && event.kind !== 'roll') return []
    const from = start.getTime() + event.at
    const lastsMs = event.kind === 'roll' ? 2 * event.overlapMs : 10_000
    return [{ from, to: from + lastsMs + OVERLAP_SHOWN_MS }]
  })
}

/** From this share of the month on, alerts may wait for the month's end. */
const STRETCHED_FROM = 0.5

/** Calls of real robots that reached DingTalk. */
function usedOf({ dingtalk }: Played): number {
  return dingtalk.calls.filter(
    ({ robot, arrivedAt }) => arrivedAt !== undefined && !robot.startsWith('s'),
  ).length
}

/** Counts the fates of all acknowledged changes. */
function countFates({
  rows,
  messages,
  shownUuids,
  byId,
  played,
  add,
}: {
  rows: readonly Row[]
  messages: readonly StoredMessage[]
  shownUuids: ReadonlySet<string>
  byId: Map<string, StoredMessage>
  played: Played
  add: (kind: FaultKind, all: readonly string[]) => void
}): Record<'delivered' | 'suppressed' | 'dead' | 'waiting' | 'lost', number> {
  const { ledger, senders, history } = played
  const { monthly } = history.setup
  const mayWait = monthly !== undefined && usedOf(played) >= monthly * STRETCHED_FROM
  const fates = new Map<News, Fate>()
  for (const row of rows) {
    const fate = fateOf(row, { byId, shownUuids })
    if (fate === 'stuck' && !mayWait)
      add('stuck', [`${row.news} is ${row.state} after all is well again`])
    if (fate === 'lost') add('lost', [`${row.news} counts as sent, but no group was shown it`])
    const worst = fates.get(row.news)
    if (worst === undefined || RANK[fate] < RANK[worst]) fates.set(row.news, fate)
  }
  for (const { id, kind, state } of messages)
    if ((state === 'pending' || state === 'sending') && !mayWait)
      add('stuck', [`message ${id} of kind ${kind} is ${state} after all is well again`])
  const stoodFor = repeatsOf(ledger.committed)
  const counts = { delivered: 0, suppressed: 0, dead: 0, waiting: 0, lost: 0 }
  for (const news of senders.acknowledged.keys()) {
    const fate = fates.get(news) ?? fates.get(stoodFor.get(news) ?? '')
    if (fate === undefined) add('lost', [`${news} was answered 200, and there is nothing of it`])
    counts[fate === undefined ? 'lost' : fate === 'stuck' ? 'waiting' : fate] += 1
  }
  return counts
}
