import { SAME_ROBOT_MS } from '../../src/model/message.ts'
import type { Setup } from './history.ts'
import { groupsOf } from './layout.ts'
import type { Ledger } from './ledger.ts'
import type { Carrier, Display, Row } from './rows.ts'

/** Compares what a group was shown with what it should have been. */
export interface Shown {
  displays: readonly Display[]
  carriers: ReadonlyMap<string, Carrier>
  rows: readonly Row[]
  setup: Setup
  ledger: Ledger
  /** The configuration stays as it is. */
  isSteady: boolean
  /** Clocks are set. */
  isStepped: boolean
  /** Periods in which replicas have two configurations with different queues for one group, so that no order is guaranteed. */
  overlaps: readonly { from: number; to: number }[]
}

/** Tolerance for clock drift on the lifetime of a msgUuid. */
const SLACK_MS = 100

/**
 * Alerts that one group was shown twice. Allowed while the caller cannot know that it arrived: by the same robot if DingTalk
 * drops no repeats, by another robot after the message's key has expired.
 */
export function shownAgain({ displays, carriers, setup }: Shown): string[] {
  const wrong: string[] = []
  const before = new Map<string, Display[]>()
  for (const display of displays) {
    const { uuid, token, group, startedAt } = display
    for (const row of carriers.get(uuid)?.rows ?? []) {
      const key = `${group} ${row.channel} ${row.id}`
      const earlier = before.get(key) ?? []
      for (const other of earlier) {
        const isUnknown = other.knownAt > startedAt
        const isSame = other.uuid === uuid && other.token === token && !setup.honours
        const isOver = startedAt - other.arrivedAt >= SAME_ROBOT_MS - SLACK_MS
        if (isUnknown && (isSame || isOver)) continue
        wrong.push(
          `${row.news} was shown to ${group} by ${other.token} in ${other.uuid}, and again by ${token} in ${uuid}`,
        )
      }
      before.set(key, [...earlier, display])
    }
  }
  return wrong
}

/** For each alert, a group never sees an older state after a newer one. */
export function outOfOrder({ displays, carriers, isSteady, overlaps }: Shown): string[] {
  const wrong: string[] = []
  const last = new Map<string, Row>()
  for (const { uuid, group } of displays) {
    const rows = carriers.get(uuid)?.rows ?? []
    for (const row of new Map(rows.map((each) => [each.alert, each])).values()) {
      const key = `${group} ${row.channel} ${row.alert}`
      const before = last.get(key)
      const isLate =
        isSteady &&
        before?.status === 'resolved' &&
        row.status === 'firing' &&
        row.startsAt < before.startsAt
      // After a reload a resend may repeat a state that the group has seen in the meantime.
      const isEarlier = Number(before?.id) > Number(row.id)
      const isSame = !isSteady && before?.news === row.news
      const at = Number(before?.receivedAt)
      const isTorn = overlaps.some(({ from, to }) => from <= at && at <= to)
      if (before !== undefined && ((isEarlier && !isSame && !isTorn) || isLate))
        wrong.push(`${row.news} was shown to ${group} after ${before.news}`)
      else last.set(key, row)
    }
  }
  return wrong
}

/** A group sees the same state of an alert once a period, except after a resend or a rise in level. */
export function shownTooOften({
  displays,
  carriers,
  rows,
  setup,
  ledger,
  isSteady,
  isStepped,
}: Shown): string[] {
  if (!isSteady || isStepped || setup.everyMs === 0 || setup.by !== undefined) return []
  const wrong: string[] = []
  const last = new Map<string, Row>()
  const seen = new Set<string>()
  for (const { uuid, group } of displays) {
    if (seen.has(`${group} ${uuid}`)) continue
    seen.add(`${group} ${uuid}`)
    const carrier = carriers.get(uuid)
    for (const row of carrier?.rows ?? []) {
      const key = `${group} ${row.channel} ${row.alert}`
      const before = last.get(key)
      const { message } = carrier as Carrier
      // A dead message may have been shown, and its alerts are let through again.
      if (message?.state === 'dead' || ledger.byHand.has(message?.id ?? '')) continue
      last.set(key, row)
      if (before === undefined || before.id === row.id || before.status !== row.status) continue
      const isOver = Number(row.receivedAt) - Number(before.receivedAt) >= setup.everyMs
      if (isOver || row.level < before.level) continue
      const between = rows.some(
        (each) =>
          each.alert === row.alert &&
          each.channel === row.channel &&
          each.state !== 'suppressed' &&
          each.status !== row.status &&
          Number(each.id) > Number(before.id) &&
          Number(each.id) < Number(row.id),
      )
      if (!between) wrong.push(`${row.news} was shown to ${group} twice within a period`)
    }
  }
  return wrong
}

/** Each change of an alert's state is shown in every group, or dead there. */
export function shownToSomeOnly({ displays, carriers, rows, setup, isSteady }: Shown): string[] {
  if (!isSteady) return []
  const reached = new Map<string, Set<string>>()
  const note = (row: Row, group: string): void => {
    reached.set(row.id, (reached.get(row.id) ?? new Set()).add(group))
  }
  for (const { uuid, group } of displays)
    for (const row of carriers.get(uuid)?.rows ?? []) note(row, group)
  const groups = groupsOf({ shape: setup.shape })
  const wrong: string[] = []
  const last = new Map<string, Row>()
  for (const row of rows) {
    if (row.state === 'suppressed') continue
    const key = `${row.channel} ${row.alert}`
    const before = last.get(key)
    last.set(key, row)
    if (row.channel === 'lab' || row.state !== 'sent' || before?.status === row.status) continue
    if (setup.by !== undefined) continue
    const missing = groups.filter((group) => reached.get(row.id)?.has(group) !== true)
    const dead = row.messageIds.length - (groups.length - missing.length)
    if (missing.length > Math.max(0, dead))
      wrong.push(`${row.news} was not shown to ${missing.join(' and ')}`)
  }
  return wrong
}

/** Upper bound of collecting and pacing. */
const SEVERE_WITHIN_MS = 5_000

/** In the calm phase, a new Down or Critical alert is shown within 5 s and the time of two calls, regardless of tests. */
export function shownLate({ displays, carriers, rows, setup }: Shown, start: Date): string[] {
  const { calmFromMs, wayMs, shape } = setup
  if (calmFromMs === undefined) return []
  const from = start.getTime() + calmFromMs
  const at = new Map<string, number>()
  for (const { uuid, group, arrivedAt } of displays)
    for (const row of carriers.get(uuid)?.rows ?? []) {
      const key = `${group} ${row.id}`
      at.set(key, Math.min(at.get(key) ?? arrivedAt, arrivedAt))
    }
  const withinMs = SEVERE_WITHIN_MS + 4 * wayMs
  return rows.flatMap((row) => {
    const acceptedAt = Number(row.receivedAt)
    if (row.level > 2 || row.state !== 'sent' || acceptedAt < from) return []
    return groupsOf({ shape }).flatMap((group) => {
      const waitedMs = (at.get(`${group} ${row.id}`) ?? acceptedAt) - acceptedAt
      return waitedMs <= withinMs ? [] : [`${row.news} was shown to ${group} after ${waitedMs} ms`]
    })
  })
}
