import type { Level } from '../../model/level.ts'
import type { AcceptRequest, IncomingAlert } from '../incoming.ts'
import type { SqlRow, Tx } from '../tx.ts'
import { byPlace } from './deliveries.ts'
import { writeBodies } from './payload-blobs.ts'
import type { LastEntry } from './recent.ts'
import { columnsOf } from './schema.ts'

/** The result of accepting one alert. */
export interface Decision {
  /** Queues that the alert enters; empty when it is suppressed. */
  queues: readonly string[]
  reason: string | undefined
  /** The last entry of each of the alert's queues; an empty list if no queue has one. */
  last: readonly (LastEntry | undefined)[]
  previous: number
  repeats: number
}

const PAYLOAD_COLUMNS = columnsOf('payloads')
const COMMON_COLUMNS = 'id payload position channel fingerprint status level name cluster starts_at'
const ALERT_COLUMNS = columnsOf('alerts', COMMON_COLUMNS)
const ALL_ALERT_COLUMNS = columnsOf(
  'alerts',
  `${COMMON_COLUMNS} grp previous repeats final_state reason`,
)
const WATERMARK_COLUMNS = columnsOf('watermarks')

/** Alerts with consecutive ids that enter the same queues. */
interface QueuedRun {
  queues: readonly string[]
  first: number
  last: number
}

/** Collects the rows of a batch of requests and writes them. */
export class AcceptedRows {
  readonly #bodies: Uint8Array[] = []
  readonly #payloads: { id: number; key: string; source: string; at: number }[] = []
  #count = 0
  /** Queued alerts without predecessor and aggregation key, as most are: their other columns have the defaults. */
  readonly #alerts: SqlRow[] = []
  readonly #otherAlerts: SqlRow[] = []
  readonly #runs: QueuedRun[] = []
  /** Levels by queue and channel. */
  readonly #places = new Map<string, Map<string, Set<Level>>>()

  get alertCount(): number {
    return this.#count
  }

  addPayload(id: number, { key, source, body }: AcceptRequest, at: number): void {
    this.#payloads.push({ id, key, source, at })
    this.#bodies.push(typeof body === 'string' ? Buffer.from(body) : body)
  }

  addAlert(
    { id, payload }: { id: number; payload: number },
    alert: IncomingAlert,
    decision: Decision,
  ): void {
    const { channel, fingerprint, group, level } = alert
    const isSuppressed = decision.queues.length === 0
    this.#count += 1
    const row = [
      id,
      payload,
      alert.position,
      channel,
      fingerprint,
      alert.status,
      level,
      alert.name,
      alert.cluster,
      alert.startsAtMs ?? null,
    ]
    if (group === fingerprint && decision.previous === 0 && !isSuppressed) this.#alerts.push(row)
    else {
      row.push(group === fingerprint ? null : group, decision.previous)
      row.push(isSuppressed ? 0 : decision.repeats, isSuppressed ? 'suppressed' : null)
      row.push(decision.reason ?? null)
      this.#otherAlerts.push(row)
    }
    if (isSuppressed) return
    const run = this.#runs.at(-1)
    if (run?.last === id - 1 && sameNames(run.queues, decision.queues)) run.last = id
    else this.#runs.push({ queues: decision.queues, first: id, last: id })
    for (const queue of decision.queues) this.#addPlace(queue, channel, level)
  }

  #addPlace(queue: string, channel: string, level: Level): void {
    const channels = this.#places.get(queue) ?? new Map<string, Set<Level>>()
    const levels = channels.get(channel) ?? new Set<Level>()
    if (levels.has(level)) return
    this.#places.set(queue, channels.set(channel, levels.add(level)))
  }

  #watermarks(): SqlRow[] {
    const rows: { queue: string; channel: string; level: Level }[] = []
    for (const [queue, channels] of this.#places)
      for (const [channel, levels] of channels)
        for (const level of levels) rows.push({ queue, channel, level })
    rows.sort((a, b) => byPlace(a, b) || a.level - b.level)
    return rows.map(({ queue, channel, level }) => [queue, channel, level, 0])
  }

  async write(tx: Tx): Promise<void> {
    if (this.#payloads.length === 0) return
    const locations = await writeBodies(tx, this.#bodies)
    await tx.insert(
      'payloads',
      PAYLOAD_COLUMNS,
      this.#payloads.map(({ id, key, source, at }, index) => {
        const { body, start, length } = locations[index] as (typeof locations)[number]
        return [id, key, source, at, body, start, length]
      }),
    )
    await tx.insert('alerts', ALERT_COLUMNS, this.#alerts)
    await tx.insert('alerts', ALL_ALERT_COLUMNS, this.#otherAlerts)
    // Sorted, so that concurrent transactions that add the same place cannot deadlock.
    await tx.insert('watermarks', WATERMARK_COLUMNS, this.#watermarks(), 'ON CONFLICT DO NOTHING')
    for (const { queues, first, last } of this.#runs)
      for (const queue of queues)
        await tx.run(
          `INSERT INTO deliveries (queue, channel, level, alert)
           SELECT CAST($1 AS TEXT), channel, level, id FROM alerts WHERE id BETWEEN $2 AND $3`,
          [queue, first, last],
        )
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, index) => name === b[index]))
}
