import { AppError } from '../../errors.ts'
import type { Status } from '../../model/alert.ts'
import type { MessageState } from '../../model/message.ts'
import type { QueuePlace } from '../queries.ts'
import type { Resent } from '../store.ts'
import type { Tx } from '../tx.ts'
import {
  expandRanges,
  findUndeliverable,
  lockQueueOf,
  type MessageDelivery,
  type PlacedMessage,
  readMessageAlerts,
  readPlaces,
} from './deliveries.ts'
import { isId } from './messages.ts'
import type { LastEntryReader } from './recent.ts'

/** Alerts in one query. */
const PAGE_SIZE = 2_000

interface DeadMessage extends QueuePlace {
  id: number
  state: MessageState
  alert_count: number
  elsewhere_at: number | null
  reason: string | null
}

/**
 * Makes a dead message pending. If later alerts have overtaken some of its alerts, it stays dead, and only the others
 * wait for a new message: the group must not see an alert firing after its recovery.
 */
export async function resend(
  tx: Tx,
  { id, now }: { id: string; now: Date },
  recent: LastEntryReader,
): Promise<Resent> {
  const number = isId(id) ? Number(id) : 0
  await lockQueueOf(tx, number)
  const message = await tx.get<DeadMessage>(
    'SELECT id, queue, channel, state, alert_count, elsewhere_at, reason FROM messages WHERE id = $1',
    [number],
  )
  if (message === undefined) throw new AppError('not_found', `unknown message ${id}`)
  if (message.state !== 'dead')
    throw new AppError(
      'not_dead',
      `message ${id} is ${message.state}; only a dead one can be sent again`,
    )
  const { queue } = message
  const { current, outdated } = await splitOutdated(tx, message, recent)
  const total = current.length + outdated
  if (message.alert_count > 0 && total === 0)
    throw new AppError(
      'not_dead',
      `message ${id} contains no alerts any more, so there is nothing to send again: ${message.reason}`,
    )
  if (total > 0 && current.length === 0)
    throw new AppError(
      'outdated',
      `message ${id} is not sent again: newer alerts have replaced all of its alerts`,
    )
  if (outdated === 0) {
    await tx.run(
      `UPDATE messages SET state = 'pending', due_at = $2, reason = NULL, by_hand = 1, dismissed_at = NULL,
         dismissed_by = NULL WHERE id = $1`,
      [message.id, tx.ms(now)],
    )
    return { queue, alerts: current.length, outdated }
  }
  if ((message.elsewhere_at ?? 0) > tx.ms(now))
    throw new AppError(
      'outdated',
      `message ${id} is not sent again: it may have arrived, and newer alerts have replaced ${outdated} of its ${total} alerts`,
    )
  await expandRanges(tx, message.id)
  await tx.run(
    'UPDATE deliveries SET message = 0 WHERE message = $1 AND alert IN LIST($2, BIGINT)',
    [message.id, current],
  )
  return { queue, alerts: current.length, outdated }
}

/**
 * Splits a message's alerts into current ones and overtaken ones. In its own queue any later alert of the group overtakes;
 * in another queue of the channel, which may serve the same group since a reload, only a change of status does.
 */
async function splitOutdated(
  tx: Tx,
  message: PlacedMessage,
  recent: LastEntryReader,
): Promise<{ current: number[]; outdated: number }> {
  const { channel } = message
  const places = await readPlaces(tx, [channel])
  const current: number[] = []
  let outdated = 0
  for (let after: MessageDelivery | undefined; ; ) {
    const carried = await readMessageAlerts(tx, message, { limit: PAGE_SIZE, after })
    const rows = await tx.all<{ id: number; grp: string; status: Status }>(
      'SELECT id, COALESCE(grp, fingerprint) AS grp, status FROM alerts WHERE id IN LIST($1, BIGINT)',
      [carried.map(({ alert }) => alert)],
    )
    const groups = [...new Set(rows.map(({ grp }) => grp))]
    const overtaken = new Set<number>()
    for (const place of places) {
      const last = await recent.readLast(tx, place, groups)
      const dead = await findUndeliverable(
        tx,
        place,
        [...last.values()].map(({ alert }) => alert),
      )
      for (const { id, grp, status } of rows) {
        const newer = last.get(grp)
        if (newer === undefined || newer.alert <= id || dead.has(newer.alert)) continue
        if (place.queue === message.queue || newer.status !== status) overtaken.add(id)
      }
    }
    outdated += overtaken.size
    current.push(...rows.flatMap(({ id }) => (overtaken.has(id) ? [] : id)))
    if (carried.length < PAGE_SIZE) return { current, outdated }
    after = carried.at(-1)
  }
}

export function dismiss(
  tx: Tx,
  ids: readonly string[],
  { at, by }: { at: Date; by: string },
): Promise<number> {
  return tx.run(
    `UPDATE messages SET dismissed_at = $2, dismissed_by = $3
     WHERE id IN LIST($1, BIGINT) AND state = 'dead' AND dismissed_at IS NULL`,
    [ids.filter(isId).map(Number), tx.ms(at), by],
  )
}
