import type { StoredAlert, StoredMessage } from '../../src/stores/queries.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Call } from './dingtalk.ts'
import { groupOf } from './layout.ts'
import { type News, newsParts } from './senders.ts'

/** An accepted alert as stored at the end, with the sender's view of it. */
export interface Row extends StoredAlert {
  news: News
  /** The alert's name in the simulation; its fingerprint differs by source. */
  alert: string
  startsAt: number
}

/** One call by which a group was shown a message. */
export interface Display {
  uuid: string
  token: string
  group: string
  startedAt: number
  arrivedAt: number
  /** When the store recorded that it was shown. */
  knownAt: number
}

/** A stored message and its alerts. */
export interface Carrier {
  message: StoredMessage | undefined
  rows: readonly Row[]
}

const PAGE = 1000

export async function rowsOf(store: Pick<Store, 'alerts' | 'payloads'>): Promise<Row[]> {
  const rows: Row[] = []
  for (let before: string | null = ''; before !== null; ) {
    const page: Awaited<ReturnType<Store['alerts']>> = await store.alerts({
      limit: PAGE,
      ...(before === '' ? {} : { before }),
    })
    const payloads = await store.payloads([...new Set(page.items.map(({ payload }) => payload))])
    for (const alert of page.items) {
      const said = saidIn(payloads.get(alert.payload)?.text ?? '')[alert.position]
      if (said === undefined) throw new Error(`alert ${alert.id} has lost its payload`)
      rows.push({ ...alert, ...said, alert: newsParts(said.news).alert })
    }
    before = page.next
  }
  return rows.reverse()
}

export async function messagesOf(store: Pick<Store, 'messages'>): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = []
  for (let before: string | null = ''; before !== null; ) {
    const page: Awaited<ReturnType<Store['messages']>> = await store.messages({
      limit: PAGE,
      ...(before === '' ? {} : { before }),
    })
    messages.push(...page.items)
    before = page.next
  }
  return messages
}

/** The contents of a payload's alerts, by position. */
export function saidIn(text: string): { news: News; startsAt: number }[] {
  const body = JSON.parse(text) as {
    alerts?: { annotations: { news: News }; startsAt: string }[]
    news?: News
    alarm_active_at?: string
  }
  return (
    body.alerts?.map(({ annotations: { news }, startsAt }) => ({
      news,
      startsAt: Date.parse(startsAt),
    })) ?? [{ news: body.news as News, startsAt: Date.parse(body.alarm_active_at ?? '') }]
  )
}

/** All calls that showed a message, in order. */
export function displaysOf(calls: readonly Call[]): Display[] {
  return calls
    .filter(({ shown }) => shown)
    .map(({ uuid, robot, startedAt, arrivedAt, knownAt }) => ({
      uuid,
      token: robot,
      group: groupOf(robot),
      startedAt,
      arrivedAt: arrivedAt ?? startedAt,
      knownAt,
    }))
    .sort((a, b) => a.arrivedAt - b.arrivedAt)
}

/** The alerts of each message by uuid, oldest first. */
export function carriersOf({
  claimed,
  rows,
  messages,
}: {
  claimed: ReadonlyMap<string, readonly string[]>
  rows: readonly Row[]
  messages: readonly StoredMessage[]
}): Map<string, Carrier> {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const byUuid = new Map(messages.map((message) => [message.uuid, message]))
  return new Map(
    [...claimed].map(([uuid, ids]) => [
      uuid,
      {
        message: byUuid.get(uuid),
        rows: ids.flatMap((id) => byId.get(id) ?? []).sort((a, b) => Number(a.id) - Number(b.id)),
      },
    ]),
  )
}
