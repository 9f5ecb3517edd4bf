import { messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { LargeReads } from '../large-reads.ts'
import {
  type Alert,
  type Notification,
  type PrerenderedText,
  UNREADABLE_NAME,
} from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'
import type { Source } from '../sources/source.ts'
import type { Page, StoredAlert } from '../stores/queries.ts'
import type { Store, StoredPayload } from '../stores/store.ts'
import { atOnce, yieldTurn } from '../time-slices.ts'
import {
  boundedAlert,
  boundedPrerendered,
  boundedVariables,
  MAX_KEPT,
  MAX_KEPT_OF_ONE,
  MIN_KEPT,
  MIN_KEPT_ON_PAGE,
  shareOf,
} from './bounded.ts'

export interface PayloadRef {
  payload: number
  position: number
}

/** A stored alert, read again from its payload; `prerendered` is the text that its sender rendered. */
export interface StoredRead {
  alert: Alert
  prerendered: PrerenderedText | undefined
  /** Firing alerts of the same payload, at most MAX_FIRING per read; empty unless all requested ones are resolved. */
  firing: readonly Alert[]
}

export interface StoredAlertsDeps {
  store: Pick<Store, 'payloads'>
  sources: ReadonlyMap<string, Source>
  timezone: string
  /** The limit on large reads, shared with the accepts of large bodies. */
  reads: Pick<LargeReads, 'acquireReread' | 'release'>
  /** Absent: unreadable payloads are not logged. */
  events?: Pick<Events, 'payloadUnreadable'>
}

/** Bytes of payloads that are read at once; a larger payload is read alone. */
const BATCH_BYTES = 4 * 1024 * 1024

/** Characters of payloads after which a page ends; the rest goes to the next page. */
const MAX_PAGE_CHARACTERS = 64 * 1024 * 1024

/** Limit on the firing alerts that one read keeps beside the requested ones. */
const MAX_FIRING = 500

/**
 * Reads alerts again from their payloads, each payload once. An alert whose payload is missing or unreadable is
 * replaced by one that reports this, so that no accepted alert is lost. Holds at most BATCH_BYTES of payloads, or a
 * single larger one. Cuts each alert to its share.
 */
export async function readStored(
  refs: readonly PayloadRef[],
  deps: StoredAlertsDeps,
): Promise<(ref: PayloadRef) => StoredRead> {
  const wanted = Map.groupBy(refs, (ref) => ref.payload)
  const room: Room = { maxCharacters: shareOf(refs.length), firing: MAX_FIRING }
  const read = new Map<number, ReadPayload>()
  const payloadIds = [...wanted.keys()].sort((a, b) => a - b)
  const found = new Set<number>()
  for await (const { payloads } of readBatches(payloadIds, deps)) {
    for (const id of payloads.keys()) found.add(id)
    await readEach(payloads, deps, (id, notification) => {
      read.set(id, boundedPayload(notification, wanted.get(id) ?? [], room))
    })
  }
  for (const id of payloadIds)
    if (!found.has(id)) deps.events?.payloadUnreadable(id, 'it is not in the store')
  return ({ payload, position }) => {
    const kept = read.get(payload)
    const firing = kept?.firing ?? []
    const alert = kept?.alerts.get(position)
    if (alert === undefined)
      return { alert: unreadable(payload, position), prerendered: undefined, firing }
    return { alert, prerendered: kept?.prerendered, firing }
  }
}

interface ReadPayload {
  alerts: ReadonlyMap<number, Alert>
  prerendered: PrerenderedText | undefined
  firing: readonly Alert[]
}

interface Room {
  /** Limit on the characters of each alert. */
  maxCharacters: number
  /** Firing alerts that may still be kept. */
  firing: number
}

function boundedPayload(
  { alerts, prerendered }: Notification,
  refs: readonly PayloadRef[],
  room: Room,
): ReadPayload {
  const kept = new Map<number, Alert>()
  for (const { position } of refs) {
    const alert = alerts[position]
    if (alert !== undefined) kept.set(position, boundedAlert(alert, room.maxCharacters))
  }
  // A message lists alerts that still fire only if all its own alerts are resolved.
  const isOver = [...kept.values()].every(({ status }) => status === 'resolved')
  const all = isOver ? alerts.filter(({ status }) => status === 'firing') : []
  const firing = all.slice(0, room.firing).map((alert) => boundedAlert(alert, MIN_KEPT))
  room.firing -= firing.length
  return { alerts: kept, prerendered: prerendered && boundedPrerendered(prerendered), firing }
}

/**
 * The variables of stored alerts, in their order; empty for an unreadable alert. Ends early after MAX_PAGE_CHARACTERS of
 * payloads, but covers at least one alert.
 */
export async function storedVariables(
  alerts: readonly StoredAlert[],
  deps: StoredAlertsDeps,
): Promise<Variables[]> {
  const wanted = Map.groupBy(alerts, (alert) => alert.payload)
  const found = new Map<StoredAlert, Variables>()
  const payloadIds = [...wanted.keys()]
  let kept = 0
  let characters = 0
  let done = 0
  for await (const batch of readBatches(payloadIds, deps)) {
    await readEach(batch.payloads, deps, (id, notification) => {
      for (const each of wanted.get(id) ?? []) {
        const alert = notification.alerts[each.position]
        if (alert === undefined) continue
        const maxCharacters = kept < MAX_KEPT ? MAX_KEPT_OF_ONE : MIN_KEPT_ON_PAGE
        const bounded = boundedVariables(alert.variables, maxCharacters)
        kept += bounded.characters
        found.set(each, bounded.variables)
      }
    })
    done += batch.count
    characters += charactersIn(batch.payloads)
    if (characters > MAX_PAGE_CHARACTERS) break
  }
  const left = new Set(payloadIds.slice(done))
  const end = alerts.findIndex(({ payload }) => left.has(payload))
  return alerts.slice(0, end < 0 ? alerts.length : end).map((each) => found.get(each) ?? {})
}

/** Stored alerts with their variables, as many as fit on one page; `next` leads to the rest. */
export async function withVariables(
  page: Page<StoredAlert>,
  variablesOf: (alerts: readonly StoredAlert[]) => Promise<Variables[]>,
): Promise<Page<AlertWithVariables>> {
  const variables = await variablesOf(page.items)
  const items = variables.map((each, index) => ({
    alert: page.items[index] as StoredAlert,
    variables: each,
  }))
  const last = items.length < page.items.length ? items.at(-1) : undefined
  return { items, next: last === undefined ? page.next : last.alert.id }
}

export interface AlertWithVariables {
  alert: StoredAlert
  variables: Variables
}

type Payloads = ReadonlyMap<number, StoredPayload>

/**
 * Payloads in the given order, a few at a time. `count`: how many of the ids a batch covers, including those of missing
 * payloads.
 */
async function* readBatches(
  payloadIds: readonly number[],
  { store, reads }: Pick<StoredAlertsDeps, 'store' | 'reads'>,
): AsyncGenerator<{ payloads: Payloads; count: number }> {
  for (let from = 0; from < payloadIds.length; ) {
    const remaining = payloadIds.slice(from)
    await reads.acquireReread()
    try {
      const payloads = await store.payloads(remaining, BATCH_BYTES)
      const last = remaining.findLastIndex((id) => payloads.has(id))
      const count = last < 0 ? remaining.length : last + 1
      yield { payloads, count }
      from += count
    } finally {
      reads.release()
    }
  }
}

/** With more characters of payloads, other work may run while they are read. */
const MAX_SYNC_CHARACTERS = 128 * 1024

function charactersIn(payloads: Payloads): number {
  return [...payloads.values()].reduce((sum, { text }) => sum + text.length, 0)
}

type Take = (id: number, notification: Notification) => void

/** Parses payloads one by one and passes each notification to `take`; logs and skips unreadable ones. */
function readEach(
  payloads: Payloads,
  deps: Omit<StoredAlertsDeps, 'store' | 'reads'>,
  take: Take,
): Promise<void> {
  const read = () => readInTurn(payloads, deps, take)
  return charactersIn(payloads) > MAX_SYNC_CHARACTERS ? read() : atOnce(read)
}

async function readInTurn(
  payloads: Payloads,
  { sources, timezone, events }: Omit<StoredAlertsDeps, 'store' | 'reads'>,
  take: Take,
): Promise<void> {
  for (const [id, { source, receivedAt, text }] of payloads)
    try {
      await yieldTurn()
      const reader = sources.get(source)
      if (reader === undefined) throw new Error(`unknown source ${JSON.stringify(source)}`)
      take(id, await reader.read(text, { receivedAt, timezone }))
    } catch (error) {
      // The caller replaces alerts of an unreadable payload.
      events?.payloadUnreadable(id, messageOf(error))
    }
}

function unreadable(payload: number, position: number): Alert {
  return {
    source: 'alertmanager',
    status: 'firing',
    fingerprint: `unreadable-${payload}-${position}`,
    variables: {
      alarm_name: UNREADABLE_NAME,
      alarm_description: `Alert ${position} of stored payload ${payload} can no longer be read.`,
    },
    name: UNREADABLE_NAME,
    cluster: '',
    levelWord: undefined,
    startsAt: undefined,
    endsAt: undefined,
  }
}
