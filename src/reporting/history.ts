import type { AlertCount, HistoryCounts } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'

const MINUTE_MS = 60_000

/** The ranges of the chart; each has buckets of equal length. */
export const RANGES = {
  '1h': { bucketMs: MINUTE_MS, count: 60 },
  '6h': { bucketMs: 5 * MINUTE_MS, count: 72 },
  '24h': { bucketMs: 15 * MINUTE_MS, count: 96 },
  '7d': { bucketMs: 60 * MINUTE_MS, count: 168 },
} as const

export type RangeName = keyof typeof RANGES

/** An attempt is recorded when it has ended, so the last minutes may still change. */
const UNSETTLED_MS = 2 * MINUTE_MS

/** How long a bucket with failed alerts is cached: another process may have sent them again. */
const FAILED_VALID_MS = 5 * MINUTE_MS

/** Counts of the alerts received from `at` up to, but not including, `until`. */
export interface Bucket extends HistoryCounts {
  at: Date
  until: Date
}

interface Entry {
  counts: HistoryCounts
  readAtMs: number
  /** `always`: no later event can change it. `until_acted`: only a person's resend can. */
  valid: 'always' | 'until_acted'
}

interface HistoryCacheDeps {
  store: Pick<Store, 'history'>
  /** When a person last acted on a message. */
  actedAt?: (() => Date | undefined) | undefined
}

/**
 * Counts of past alerts in buckets. A bucket is counted once when it is over and none of its alerts waits or has
 * failed, so the cost does not grow with the alerts kept. Each query covers one bucket, so that an accept never waits
 * for long.
 */
export class HistoryCache {
  readonly #deps: HistoryCacheDeps
  readonly #entries = new Map<string, Entry>()

  constructor(deps: HistoryCacheDeps) {
    this.#deps = deps
  }

  /** The buckets of a range, oldest first, including the current one. */
  async buckets(range: RangeName, now: Date): Promise<Bucket[]> {
    const { bucketMs, count } = RANGES[range]
    const current = Math.floor(now.getTime() / bucketMs) * bucketMs
    const first = current - (count - 1) * bucketMs
    this.#forget(bucketMs, { first, now })
    const buckets: Bucket[] = []
    // One query at a time, so that an accept waits for at most one of them.
    for (let start = first; start <= current; start += bucketMs) {
      const counts = await this.#bucket(start, { bucketMs, now })
      buckets.push({ at: new Date(start), until: new Date(start + bucketMs), ...counts })
    }
    return buckets
  }

  /** Drops buckets outside of the range, and those that are recent again because the clock was set back. */
  #forget(bucketMs: number, { first, now }: { first: number; now: Date }): void {
    for (const key of this.#entries.keys()) {
      const [size, start] = key.split(' ').map(Number) as [number, number]
      if (size === bucketMs && (start < first || start > now.getTime() - UNSETTLED_MS))
        this.#entries.delete(key)
    }
  }

  async #bucket(
    start: number,
    { bucketMs, now }: { bucketMs: number; now: Date },
  ): Promise<HistoryCounts> {
    const key = `${bucketMs} ${start}`
    const known = this.#entries.get(key)
    if (known !== undefined && this.#isValid(known, now)) return known.counts
    const counts = await this.#count(start, { bucketMs, now })
    const isOver = start + bucketMs <= now.getTime() - UNSETTLED_MS
    const { waiting, failed } = totalsOf(counts.alerts)
    if (isOver && waiting === 0) {
      const valid = failed > 0 ? 'until_acted' : 'always'
      this.#entries.set(key, { counts, readAtMs: now.getTime(), valid })
    }
    return counts
  }

  #isValid({ valid, readAtMs }: Entry, now: Date): boolean {
    if (valid === 'always') return true
    const age = now.getTime() - readAtMs
    const actedAt = this.#deps.actedAt?.()?.getTime() ?? Number.NEGATIVE_INFINITY
    return readAtMs > actedAt && age >= 0 && age < FAILED_VALID_MS
  }

  /** A large bucket of the last hour is the sum of its minutes, most of which are cached. */
  async #count(
    start: number,
    { bucketMs, now }: { bucketMs: number; now: Date },
  ): Promise<HistoryCounts> {
    const minute = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS
    if (bucketMs === MINUTE_MS || start < minute - (RANGES['1h'].count - 1) * MINUTE_MS)
      return this.#deps.store.history({ from: new Date(start), to: new Date(start + bucketMs) })
    const parts: HistoryCounts[] = []
    for (let at = start; at < start + bucketMs && at <= minute; at += MINUTE_MS)
      parts.push(await this.#bucket(at, { bucketMs: MINUTE_MS, now }))
    return summed(parts)
  }
}

/** Adds up the counts of several buckets. */
export function summed(parts: readonly HistoryCounts[]): HistoryCounts {
  const alerts = new Map<string, AlertCount>()
  const attempts = new Map<string, HistoryCounts['attempts'][number]>()
  for (const part of parts) {
    for (const each of part.alerts)
      add(alerts, [each.source, each.channel, each.outcome, each.reason], each)
    for (const each of part.attempts) add(attempts, [each.robot, each.result], each)
  }
  return { alerts: [...alerts.values()], attempts: [...attempts.values()] }
}

function add<T extends { count: number }>(sums: Map<string, T>, names: string[], each: T): void {
  const key = names.join('\0')
  const sum = sums.get(key)
  if (sum === undefined) sums.set(key, { ...each })
  else sum.count += each.count
}

/**
 * The number of alerts received, and of those delivered, waiting, failed and suppressed; these four add up to
 * `received`.
 */
export interface Totals {
  received: number
  delivered: number
  waiting: number
  failed: number
  suppressed: number
}

export function totalsOf(alerts: readonly AlertCount[]): Totals {
  const totals = { received: 0, delivered: 0, waiting: 0, failed: 0, suppressed: 0 }
  for (const { outcome, count } of alerts) {
    totals.received += count
    totals[outcome] += count
  }
  return totals
}
