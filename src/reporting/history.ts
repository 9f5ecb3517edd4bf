import { type Channel, queuesOf } from '../model/settings.ts'
import type { HistoryCounts } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'

const MINUTE_MS = 60_000
const MINUTES = 60

/** An attempt is recorded when it has ended, so the last minutes may still change; those before never do. */
const UNSETTLED_MS = 2 * MINUTE_MS

/** Counts of the minute that begins at `at`. */
export interface Minute extends HistoryCounts {
  at: Date
}

/**
 * The minutes of the past hour, oldest first, the one under way included. Each is counted by a short question of its
 * own, so that accepting never waits for long, and one that is over for good is counted once.
 */
export class HistoryCache {
  readonly #store: Pick<Store, 'history'>
  readonly #over = new Map<number, Promise<HistoryCounts>>()

  constructor(store: Pick<Store, 'history'>) {
    this.#store = store
  }

  async minutes(now: Date): Promise<Minute[]> {
    const current = Math.floor(now.getTime() / MINUTE_MS) * MINUTE_MS
    const starts = Array.from(
      { length: MINUTES },
      (_, index) => current - (MINUTES - 1 - index) * MINUTE_MS,
    )
    for (const start of this.#over.keys())
      if (start < (starts[0] as number) || start > now.getTime() - UNSETTLED_MS)
        this.#over.delete(start)
    return Promise.all(
      starts.map(async (start) => ({
        at: new Date(start),
        ...(await this.#minute(start, now)),
      })),
    )
  }

  #minute(start: number, now: Date): Promise<HistoryCounts> {
    const known = this.#over.get(start)
    if (known !== undefined) return known
    const asked = this.#store.history({
      from: new Date(start),
      to: new Date(start + MINUTE_MS),
    })
    if (start + MINUTE_MS <= now.getTime() - UNSETTLED_MS) {
      this.#over.set(start, asked)
      asked.catch(() => this.#over.delete(start))
    }
    return asked
  }
}

/** A minute as a plot shows it; each alert counts once for its channel, however many groups it is delivered to. */
export interface ChartMinute {
  at: Date
  received: number
  delivered: number
  /** At the end of the minute. */
  waiting: number
}

/** How many waited at the end of each minute follows from how many wait now and what happened since. Pure. */
export function chartMinutes(
  minutes: readonly Minute[],
  { waiting, channels }: { waiting: number; channels: ReadonlyMap<string, Channel> },
): ChartMinute[] {
  const groupsOf = (name: string): number => {
    const channel = channels.get(name)
    return channel === undefined ? 1 : Math.max(1, queuesOf(channel).length)
  }
  const plotted: ChartMinute[] = []
  let left = waiting
  for (const minute of minutes.toReversed()) {
    const alertsOf = (state: 'sent' | 'dead'): number =>
      minute.ended
        .filter((each) => each.state === state)
        .reduce((sum, each) => sum + each.alerts / groupsOf(each.channel), 0)
    const delivered = alertsOf('sent')
    plotted.push({
      at: minute.at,
      received: minute.received,
      delivered: Math.round(delivered),
      waiting: Math.round(left),
    })
    const suppressed = minute.suppressed.reduce((sum, each) => sum + each.count, 0)
    left = Math.max(0, left + delivered + alertsOf('dead') - (minute.received - suppressed))
  }
  return plotted.reverse()
}
