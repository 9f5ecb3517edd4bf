import type { StoredAlert, StoredMessage } from '../../src/stores/queries.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Call, Dingtalk, Fault, FaultKind } from './dingtalk.ts'
import type { Setup } from './history.ts'
import type { Committed } from './play.ts'
import type { News, Senders } from './senders.ts'

/** What became of everything, counted as Jepsen's total-queue does: what goes in must come out. */
export interface Count {
  /** News that senders posted, and what of it was answered 200. */
  attempted: number
  acknowledged: number
  /** Of the acknowledged: shown to every group, suppressed by a rule, or dead with its reason. */
  told: number
  suppressed: number
  dead: number
  /** Acknowledged, and none of these. */
  lost: number
  /** Shown, but of no message that the store knows. */
  unexpected: number
  /** Messages that a group was shown once more. */
  duplicated: number
  outOfOrder: number
  overTheLimit: number
  calls: number
  messages: number
  crashes: number
  /** Calls beyond a limit after a clock was set forward while no process ran. */
  excused: number
  faults: Fault[]
}

interface Row extends StoredAlert {
  news: News
  /** The alert's name in the simulation; its fingerprint differs by source. */
  alert: string
}

const PAGE = 1000

export async function countOf({
  setup,
  store,
  dingtalk,
  senders,
  committed,
  claimed,
  crashes,
  oneGroup,
}: {
  setup: Setup
  store: Pick<Store, 'alerts' | 'messages' | 'payloads'>
  dingtalk: Dingtalk
  senders: Senders
  committed: readonly Committed[]
  claimed: ReadonlyMap<string, readonly string[]>
  crashes: number
  /** All robots are of one group from beginning to end, so that what one told no other may tell again. */
  oneGroup: boolean
}): Promise<Count> {
  const rows = await rowsOf(store)
  const messages = await messagesOf(store)
  const faults: Fault[] = [...dingtalk.faults]
  const fault = (kind: FaultKind, words: string): void => void faults.push({ at: 0, kind, words })

  const byUuid = new Map(messages.map((message) => [message.uuid, message]))
  const shown = dingtalk.calls.filter((call) => call.shown)
  const shownUuids = new Set(shown.map((call) => call.uuid))
  for (const uuid of shownUuids)
    if (!byUuid.has(uuid)) fault('unexpected', `message ${uuid} was shown, and the store has none`)
  const byId = new Map(messages.map((message) => [message.id, message]))

  const fates = new Map<News, Fate>()
  for (const row of rows) {
    const fate = fateOf(row, { byId, shownUuids })
    if (fate === 'stuck') fault('stuck', `${row.news} is ${row.state} after all is well again`)
    if (fate === 'lost') fault('lost', `${row.news} counts as sent, but no group was shown it`)
    const best = fates.get(row.news)
    if (best === undefined || RANK[fate] < RANK[best]) fates.set(row.news, fate)
  }
  const stoodFor = repeatsOf(committed)
  const counts = { told: 0, suppressed: 0, dead: 0, lost: 0 }
  for (const news of senders.acknowledged.keys()) {
    const fate = fates.get(news) ?? fates.get(stoodFor.get(news) ?? '')
    if (fate === undefined) fault('lost', `${news} was answered 200, and there is nothing of it`)
    counts[fate === undefined || fate === 'stuck' ? 'lost' : fate] += 1
  }

  for (const words of wronglySuppressed(rows, setup)) fault('lost', words)
  for (const words of wronglyDead(messages, dingtalk)) fault('lost', words)
  const duplicated = shown.length - shownUuids.size
  if (setup.honours && duplicated > 0) fault('duplicated', `${duplicated} messages shown again`)
  const carried = carriedBy(claimed, rows)
  for (const words of toldTwice(carried, { shownUuids, byUuid, calls: dingtalk.calls, oneGroup }))
    fault('duplicated', words)
  const disorder = outOfOrder(shown, { carried, byUuid })
  for (const words of disorder) fault('out of order', words)

  return {
    attempted: senders.attempted.size,
    acknowledged: senders.acknowledged.size,
    ...counts,
    unexpected: faults.filter((each) => each.kind === 'unexpected').length,
    duplicated,
    outOfOrder: disorder.length,
    overTheLimit: faults.filter((each) => ['over the limit', 'in a penalty'].includes(each.kind))
      .length,
    calls: dingtalk.calls.length,
    messages: shownUuids.size,
    crashes,
    excused: dingtalk.excused,
    faults,
  }
}

type Fate = 'told' | 'dead' | 'suppressed' | 'lost' | 'stuck'
const RANK: Record<Fate, number> = { lost: 0, stuck: 1, told: 2, dead: 3, suppressed: 4 }

function fateOf(
  row: Row,
  { byId, shownUuids }: { byId: Map<string, StoredMessage>; shownUuids: Set<string> },
): Fate {
  switch (row.state) {
    case 'suppressed':
      return 'suppressed'
    case 'dead':
      return 'dead'
    case 'sent': {
      const told = row.messageIds.map((id) => byId.get(id))
      const all = told.every(
        (message) =>
          message !== undefined && (message.state === 'dead' || shownUuids.has(message.uuid)),
      )
      return told.length > 0 && all ? 'told' : 'lost'
    }
    default:
      return 'stuck'
  }
}

/** News in a request that needed no rows, with the news that the rows of the same state have. */
function repeatsOf(committed: readonly Committed[]): Map<News, News> {
  const last = new Map<string, News>()
  const same = new Map<News, News>()
  for (const { arrival, accepted } of committed) {
    const told = newsIn(String(arrival.body))
    for (const { channel, fingerprint, position, status } of arrival.alerts) {
      const news = told[position] as News
      const key = `${channel} ${fingerprint}`
      const before = last.get(key)
      if (!accepted.duplicate) last.set(key, news)
      else if (before !== undefined && before !== news && before.endsWith(`/${status}`))
        same.set(news, before)
    }
  }
  return same
}

/** Each suppressed alert repeats the state that was let through last, within the period. */
function wronglySuppressed(rows: readonly Row[], { everyMs }: Setup): string[] {
  const wrong: string[] = []
  const last = new Map<string, Row>()
  for (const row of rows) {
    const key = `${row.channel} ${row.alert}`
    const before = last.get(key)
    if (row.state !== 'suppressed') last.set(key, row)
    else if (before?.status !== row.status || everyMs === 0)
      wrong.push(`${row.news} is suppressed, though the last was ${before?.status ?? 'none'}`)
  }
  return wrong
}

/** A message is given up only for a reply that says that waiting will not help, or with its robot. */
function wronglyDead(messages: readonly StoredMessage[], { calls }: Dingtalk): string[] {
  return messages.flatMap(({ state, uuid, reason }) => {
    if (state !== 'dead' || reason?.includes('removed')) return []
    const replies = calls.filter((call) => call.uuid === uuid).map(({ reply }) => reply)
    const isRight =
      replies.some(({ kills }) => kills === 'at once') ||
      (replies.length >= 6 && replies.some(({ kills }) => kills === 'in the end'))
    return isRight ? [] : [`message ${uuid} was given up: ${reason ?? 'for no reason'}`]
  })
}

/** The alerts that each message was made for, the oldest first. */
function carriedBy(
  claimed: ReadonlyMap<string, readonly string[]>,
  rows: readonly Row[],
): Map<string, Row[]> {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return new Map(
    [...claimed].map(([uuid, ids]) => [
      uuid,
      ids.flatMap((id) => byId.get(id) ?? []).sort((a, b) => Number(a.id) - Number(b.id)),
    ]),
  )
}

/** Alerts that one group was shown in two messages. */
function toldTwice(
  carried: Map<string, Row[]>,
  {
    shownUuids,
    byUuid,
    calls,
    oneGroup,
  }: {
    shownUuids: Set<string>
    byUuid: Map<string, StoredMessage>
    calls: readonly Call[]
    oneGroup: boolean
  },
): string[] {
  const heard = new Set(calls.filter(({ knownAt }) => knownAt < Infinity).map(({ uuid }) => uuid))
  const told = new Map<string, string>()
  const twice: string[] = []
  // Taken, but nobody heard so before the configuration took its queue away: what it told is told anew elsewhere.
  const isExcused = (uuid: string): boolean => {
    const message = byUuid.get(uuid)
    return (
      message?.state === 'dead' && message.reason?.includes('removed') === true && !heard.has(uuid)
    )
  }
  for (const uuid of shownUuids)
    for (const row of isExcused(uuid) ? [] : (carried.get(uuid) ?? [])) {
      // A reload may have moved what waits to another queue of the same group.
      const group = oneGroup ? 'the one' : (byUuid.get(uuid)?.queue ?? '')
      const key = `${group} ${row.channel} ${row.id}`
      const before = told.get(key)
      if (before !== undefined && before !== uuid)
        twice.push(`${row.news} was told by ${before} and by ${uuid}`)
      told.set(key, uuid)
    }
  return twice
}

/** For each alert, what a group is shown never goes back behind what it was shown before. */
function outOfOrder(
  shown: readonly { uuid: string; arrivedAt: number | undefined }[],
  { carried, byUuid }: { carried: Map<string, Row[]>; byUuid: Map<string, StoredMessage> },
): string[] {
  const wrong: string[] = []
  const last = new Map<string, Row>()
  const inOrder = [...shown].sort((a, b) => (a.arrivedAt ?? 0) - (b.arrivedAt ?? 0))
  for (const { uuid } of inOrder) {
    const queue = byUuid.get(uuid)?.queue ?? ''
    const newest = new Map((carried.get(uuid) ?? []).map((row) => [row.alert, row]))
    for (const [alert, row] of newest) {
      const key = `${queue} ${row.channel} ${alert}`
      const before = last.get(key)
      if (before !== undefined && Number(before.id) > Number(row.id))
        wrong.push(`${row.news} was shown after ${before.news}`)
      else last.set(key, row)
    }
  }
  return wrong
}

async function rowsOf(store: Pick<Store, 'alerts' | 'payloads'>): Promise<Row[]> {
  const rows: Row[] = []
  let before: string | null = null
  do {
    const page: Awaited<ReturnType<Store['alerts']>> = await store.alerts({
      limit: PAGE,
      ...(before === null ? {} : { before }),
    })
    const payloads = await store.payloads(page.items.map(({ payload }) => payload))
    for (const alert of page.items) {
      const news = newsIn(payloads.get(alert.payload)?.text ?? '')[alert.position]
      if (news === undefined) throw new Error(`alert ${alert.id} has lost its payload`)
      rows.push({ ...alert, news, alert: news.split('/')[0] as string })
    }
    before = page.next
  } while (before !== null)
  return rows.reverse()
}

async function messagesOf(store: Pick<Store, 'messages'>): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = []
  let before: string | null = null
  do {
    const page: Awaited<ReturnType<Store['messages']>> = await store.messages({
      limit: PAGE,
      ...(before === null ? {} : { before }),
    })
    messages.push(...page.items)
    before = page.next
  } while (before !== null)
  return messages
}

/** The news in a payload, by position; read once for each, since many alerts share one. */
function newsIn(text: string): News[] {
  const body = JSON.parse(text) as {
    alerts?: { annotations: { news: News } }[]
    news?: News
  }
  return body.alerts?.map((alert) => alert.annotations.news) ?? [body.news as News]
}
