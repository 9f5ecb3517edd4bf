import type { StoredMessage } from '../../src/stores/queries.ts'
import type { Dingtalk } from './dingtalk.ts'
import type { History, Setup } from './history.ts'
import type { Committed, Ledger } from './ledger.ts'
import { type Row, saidIn } from './rows.ts'
import { type News, newsParts } from './senders.ts'

export type Fate = 'delivered' | 'dead' | 'suppressed' | 'lost' | 'stuck'
export const RANK: Record<Fate, number> = {
  lost: 0,
  stuck: 1,
  delivered: 2,
  dead: 3,
  suppressed: 4,
}

export function fateOf(
  row: Row,
  { byId, shownUuids }: { byId: Map<string, StoredMessage>; shownUuids: ReadonlySet<string> },
): Fate {
  switch (row.state) {
    case 'suppressed':
      return 'suppressed'
    case 'dead':
      return 'dead'
    case 'sent': {
      const messages = row.messageIds.map((id) => byId.get(id))
      const all = messages.every(
        (message) =>
          message !== undefined && (message.state === 'dead' || shownUuids.has(message.uuid)),
      )
      return messages.length > 0 && all ? 'delivered' : 'lost'
    }
    default:
      return 'stuck'
  }
}

/** Maps changes of duplicate requests to the changes of the stored rows. */
export function repeatsOf(committed: readonly Committed[]): Map<News, News> {
  const last = new Map<string, News>()
  const same = new Map<News, News>()
  for (const { request, accepted } of committed) {
    const said = saidIn(String(request.body))
    for (const { channel, group, position, status } of request.alerts) {
      const news = said[position]?.news as News
      const key = `${channel} ${group}`
      const before = last.get(key)
      if (!accepted.duplicate) last.set(key, news)
      else if (before !== undefined && before !== news && newsParts(before).status === status)
        same.set(news, before)
    }
  }
  return same
}

interface Suppressing {
  history: History
  start: Date
  ledger: Ledger
  byId: Map<string, StoredMessage>
  isSteady: boolean
}

/** Each suppressed alert repeats the last one let through within the period, or is older. */
export function wronglySuppressed(rows: readonly Row[], context: Suppressing): string[] {
  const { setup } = context.history
  const wrong: string[] = []
  const through = new Map<string, Row[]>()
  // It was let through first, and overtaken later when it was moved.
  const carried = new Set([...context.ledger.claimed.values()].flat())
  for (const row of rows) {
    const key = `${row.channel} ${keyOf(row, setup)}`
    const earlier = through.get(key) ?? []
    const wasCarried = carried.has(row.id)
    if (row.state !== 'suppressed' || wasCarried) through.set(key, [...earlier, row])
    if (row.state === 'suppressed') {
      const why = wrongReason(row, { earlier, rows, wasCarried }, context)
      if (why !== undefined) wrong.push(`${row.news} is suppressed as ${row.reason}, though ${why}`)
    }
  }
  return wrong
}

/** Why an alert should not have been suppressed; `earlier` was let through before it. */
function wrongReason(
  row: Row,
  {
    earlier,
    rows,
    wasCarried,
  }: { earlier: readonly Row[]; rows: readonly Row[]; wasCarried: boolean },
  context: Suppressing,
): string | undefined {
  const before = earlier.at(-1)
  const { isSteady } = context
  const wasMoved = !isSteady && (wasCarried || row.reason === 'outdated')
  if (wasMoved && isOvertaken(row, rows)) return undefined
  if (row.reason === 'outdated') return notOutdated(row, before)
  const why = notRepeated(row, before, context)
  if (why !== undefined || before === undefined) return why
  if (isSteady) return deadBefore(row, before, context)
  // A queue that was restored compares with what its own group was sent.
  const { everyMs } = context.history.setup
  const wasSent = earlier.some(
    ({ status, state, receivedAt }) =>
      status === row.status &&
      state === 'sent' &&
      Number(row.receivedAt) - Number(receivedAt) < everyMs,
  )
  return wasSent ? undefined : goneBefore(row, before, context)
}

/** Alerts moved by a reload, or resent in a removed queue, may arrive after a later state. */
function isOvertaken(row: Row, rows: readonly Row[]): boolean {
  return rows.some(
    ({ id, channel, alert, state }) =>
      channel === row.channel &&
      alert === row.alert &&
      state !== 'suppressed' &&
      Number(id) > Number(row.id),
  )
}

/** The aggregation key: the alert, or its rule. */
function keyOf({ alert }: Row, { by }: Setup): string {
  return by === undefined ? alert : `rule ${Number(alert) % 5}`
}

function notOutdated(row: Row, before: Row | undefined): string | undefined {
  if (before === undefined) return 'nothing was before it'
  if (before.alert !== row.alert || before.status === row.status) return `${before.news} was before`
  if (row.status === 'firing' && row.startsAt >= before.startsAt)
    return `it began after ${before.news}`
  return undefined
}

function notRepeated(
  row: Row,
  before: Row | undefined,
  { history }: Suppressing,
): string | undefined {
  const { setup, events } = history
  if (before === undefined || setup.everyMs === 0) return 'nothing was before it'
  // The recovery of another alert of the group may pass although one was delivered within the period.
  if (setup.by !== undefined && row.status === 'resolved') return undefined
  if (before.status !== row.status) return `the last was ${before.news}`
  if (row.status === 'firing' && row.level < before.level) return `it rises above ${before.news}`
  const isStepped = events.some(({ kind }) => kind === 'step')
  const apartMs = Math.abs(Number(row.receivedAt) - Number(before.receivedAt))
  return !isStepped && apartMs >= setup.everyMs ? `${before.news} was ${apartMs} ms ago` : undefined
}

/** Whether its predecessor never entered a message, because the channel was removed before. */
function goneBefore(row: Row, before: Row, { history, ledger }: Suppressing): string | undefined {
  if (before.state !== 'dead' || before.messageIds.length > 0) return undefined
  if (history.events.some(({ kind }) => kind === 'step')) return undefined
  const wasGone = ledger.removedAt
    .get(row.channel)
    ?.some((at) => before.receivedAt <= at && at <= row.receivedAt)
  return wasGone ? `${before.news} was dead with its channel by then` : undefined
}

/** Whether its predecessor was dead before it arrived. */
function deadBefore(
  row: Row,
  before: Row,
  { history, ledger, byId }: Suppressing,
): string | undefined {
  if (history.events.some(({ kind }) => kind === 'step')) return undefined
  for (const id of before.messageIds) {
    const message = byId.get(id)
    if (message?.state !== 'dead' || ledger.byHand.has(id)) continue
    const diedAt = ledger.diedAt.get(message.uuid)
    if (diedAt !== undefined && diedAt < row.receivedAt) return `${before.news} was dead by then`
  }
  return undefined
}

/** A message becomes dead only after a permanent refusal, or with its queue. */
export function wronglyDead(
  messages: readonly StoredMessage[],
  { calls }: Pick<Dingtalk, 'calls'>,
  { isSteady }: { isSteady: boolean },
): string[] {
  return messages.flatMap(({ state, uuid, reason }) => {
    if (state !== 'dead' || (!isSteady && reason?.includes('removed') === true)) return []
    const replies = calls.filter((call) => call.uuid === uuid).map(({ reply }) => reply)
    const isRight =
      replies.some(({ kills }) => kills === 'at once') ||
      (replies.length >= 6 && replies.some(({ kills }) => kills === 'in the end'))
    return isRight ? [] : [`message ${uuid} was given up: ${reason ?? 'for no reason'}`]
  })
}

/** An alert is dead with its messages, or because its channel was removed. */
export function deadForNoReason(rows: readonly Row[], { ledger, byId }: Suppressing): string[] {
  return rows.flatMap(({ state, news, channel, messageIds }) => {
    if (state !== 'dead' || ledger.removedAt.has(channel)) return []
    const isRight = messageIds.some((id) => byId.get(id)?.state === 'dead')
    return isRight ? [] : [`${news} is dead for no reason`]
  })
}
