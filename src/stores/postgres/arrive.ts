import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Belongings, Departure, Kind, Moved } from '../moving.ts'
import { addressOf } from './address.ts'
import { Database, storable, type Tx } from './database.ts'
import { columns, takeTurns } from './rows.ts'
import { Skew } from './skew.ts'
import { openedAt } from './store.ts'

/** Rows that are written by one statement. */
const AT_ONCE = 500

/** Numbers of rows in the store that is left, and here. */
type Numbers = Map<number, number>

/**
 * Brings what another store holds into a PostgreSQL database, in one transaction: all of it or nothing. What was brought
 * before is known again and not doubled; what has happened to it since in the other store is taken over while nothing
 * has happened to it here. Receivers may run on the database meanwhile.
 */
export async function arriveAtPostgres(
  departure: Departure,
  { url, schema = 'dingtalk_receiver', clock }: { url: string; schema?: string; clock: Clock },
): Promise<Moved> {
  const address = addressOf(url)
  const skew = new Skew()
  const line = await openedAt({ address, schema, clock, skew, notice: () => undefined })
  const db = new Database({ address, schema, clock, skew })
  try {
    return await db.transaction(async (tx) => {
      await takeTurns(tx, ['moving'])
      return bringAll(tx, departure)
    }, 'patient')
  } finally {
    line.tell('all')
    await line.close()
    await db.close()
  }
}

async function bringAll(tx: Tx, departure: Departure): Promise<Moved> {
  const moved: Moved = {}
  const each = async <K extends Kind>(
    kind: K,
    bring: (rows: Belongings[K][]) => Promise<number>,
  ): Promise<void> => {
    const counts = { brought: 0, there: 0 }
    for (const rows of batches(departure.rows(kind))) {
      const brought = await bring(rows.map((row) => storable(row)))
      counts.brought += brought
      counts.there += rows.length - brought
    }
    moved[kind] = counts
  }
  const payloads: Numbers = new Map()
  const fresh = new Set<number>()
  const alerts: Numbers = new Map()
  const messages: Numbers = new Map()
  await each('payloads', (rows) => bringPayloads(tx, rows, { payloads, fresh }))
  await each('alerts', (rows) => bringAlerts(tx, rows, { payloads, fresh, alerts }))
  await each('messages', (rows) => bringMessages(tx, rows, messages))
  await each('tellings', (rows) => bringTellings(tx, rows, { alerts, messages }))
  await each('attempts', (rows) => bringAttempts(tx, rows, messages))
  await each('passed', (rows) => bringPassed(tx, rows, alerts))
  await each('requests', (rows) => bringRequests(tx, rows))
  await each('calls', (rows) => bringCalls(tx, rows))
  await each('months', (rows) => bringMonths(tx, rows))
  await each('marks', (rows) => bringMarks(tx, rows))
  await each('pauses', (rows) => bringPauses(tx, rows))
  await each('robots', (rows) => bringRobots(tx, rows))
  return moved
}

function* batches<T>(rows: Iterable<T>): Iterable<T[]> {
  let batch: T[] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < AT_ONCE) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function stored(tx: Tx, ms: number | null): number | null {
  return ms === null ? null : tx.ms(new Date(ms))
}

async function bringPayloads(
  tx: Tx,
  rows: readonly Belongings['payloads'][],
  { payloads, fresh }: { payloads: Numbers; fresh: Set<number> },
): Promise<number> {
  const keys = new Map(rows.map((row) => [keyOf(row), row]))
  const there = await tx.all<{ key: string; value: number }>(
    `SELECT key, value FROM arrived WHERE kind = 'payload' AND key = ANY($1::text[])`,
    [...keys.keys()],
  )
  for (const { key, value } of there) payloads.set(keys.get(key)?.id as number, value)
  const others = [...keys].filter(([, row]) => !payloads.has(row.id))
  const written = await tx.all<{ key: string; value: number }>(
    `WITH n AS (SELECT key, source, received_at, text, nextval(pg_get_serial_sequence('payloads', 'id')) AS id
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) AS n (key, source, received_at, text)),
       w AS (INSERT INTO payloads (id, source, received_at, text) SELECT id, source, received_at, text FROM n)
     INSERT INTO arrived (kind, key, value) SELECT 'payload', key, id FROM n RETURNING key, value`,
    ...columns(4, others, ([key, row]) => [key, row.source, stored(tx, row.receivedAt), row.text]),
  )
  for (const { key, value } of written) {
    const { id } = keys.get(key) as Belongings['payloads']
    payloads.set(id, value)
    fresh.add(id)
  }
  return written.length
}

/** A payload that is known again, in whatever file it is brought. */
function keyOf({ id, source, receivedAt, text }: Belongings['payloads']): string {
  return createHash('sha256').update([id, source, receivedAt, text].join('\0')).digest('hex')
}

async function bringAlerts(
  tx: Tx,
  rows: readonly Belongings['alerts'][],
  { payloads, fresh, alerts }: { payloads: Numbers; fresh: ReadonlySet<number>; alerts: Numbers },
): Promise<number> {
  const known = rows.filter((row) => payloads.has(row.payload))
  const placeOf = (row: { payload: number; position: number; channel: string }): string =>
    `${row.payload} ${row.position} ${row.channel}`
  const here = (row: Belongings['alerts']) => ({
    ...row,
    payload: payloads.get(row.payload) as number,
  })
  const others = known.filter((row) => fresh.has(row.payload)).map(here)
  const written = await tx.all<{ id: number; payload: number; position: number; channel: string }>(
    `INSERT INTO alerts
       (payload, position, channel, fingerprint, status, level, name, cluster, repeats, fate, reason)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[],
       $8::text[], $9::int[], $10::text[], $11::text[]) RETURNING id, payload, position, channel`,
    ...columns(11, others, (row) => [
      row.payload,
      row.position,
      row.channel,
      row.fingerprint,
      row.status,
      row.level,
      row.name,
      row.cluster,
      row.repeats,
      row.fate,
      row.reason,
    ]),
  )
  const there = await tx.all<{ id: number; payload: number; position: number; channel: string }>(
    'SELECT id, payload, position, channel FROM alerts WHERE payload = ANY($1::bigint[])',
    known.filter((row) => !fresh.has(row.payload)).map((row) => here(row).payload),
  )
  const places = new Map([...written, ...there].map((row) => [placeOf(row), row.id]))
  for (const row of known) {
    const id = places.get(placeOf(here(row)))
    if (id !== undefined) alerts.set(row.id, id)
  }
  return written.length
}

async function bringMessages(
  tx: Tx,
  rows: readonly Belongings['messages'][],
  messages: Numbers,
): Promise<number> {
  const written = await tx.all<{ id: number }>(
    `INSERT INTO messages AS m (uuid, robot, queue, channel, kind, state, title, text, body, alert_count, storm,
       created_at, due_at, elsewhere_at, sent_at, reason, attempts)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::int[], $11::boolean[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[],
       $17::int[])
     ON CONFLICT (uuid) DO UPDATE SET state = excluded.state, due_at = excluded.due_at,
       elsewhere_at = excluded.elsewhere_at, sent_at = excluded.sent_at, reason = excluded.reason,
       attempts = excluded.attempts
     WHERE m.state = 'pending' AND m.attempts < excluded.attempts RETURNING id`,
    ...columns(17, rows, (row) => [
      row.uuid,
      row.robot,
      row.queue,
      row.channel,
      row.kind,
      // What a crash left in flight goes out again.
      row.state === 'sending' ? 'pending' : row.state,
      row.title,
      row.text,
      row.body,
      row.alertCount,
      row.storm,
      stored(tx, row.createdAt),
      row.state === 'sending' ? stored(tx, row.createdAt) : stored(tx, row.dueAt),
      stored(tx, row.elsewhereAt),
      stored(tx, row.sentAt),
      row.reason,
      row.attempts,
    ]),
  )
  const here = await tx.all<{ id: number; uuid: string }>(
    'SELECT id, uuid FROM messages WHERE uuid = ANY($1::text[])',
    rows.map((row) => row.uuid),
  )
  const byUuid = new Map(here.map(({ id, uuid }) => [uuid, id]))
  for (const row of rows) messages.set(row.id, byUuid.get(row.uuid) as number)
  return written.length
}

async function bringTellings(
  tx: Tx,
  rows: readonly Belongings['tellings'][],
  { alerts, messages }: { alerts: Numbers; messages: Numbers },
): Promise<number> {
  const known = rows.filter((row) => alerts.has(row.alert))
  return tx.run(
    `INSERT INTO tellings AS t (alert, queue, channel, level, fingerprint, message)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::bigint[])
     ON CONFLICT (alert, queue) DO UPDATE SET message = excluded.message
     WHERE t.message IS NULL AND excluded.message IS NOT NULL`,
    ...columns(6, known, (row) => [
      alerts.get(row.alert),
      row.queue,
      row.channel,
      row.level,
      row.fingerprint,
      // Of a message that is forgotten, -1: it is over.
      row.message === null ? null : (messages.get(row.message) ?? -1),
    ]),
  )
}

async function bringAttempts(
  tx: Tx,
  rows: readonly Belongings['attempts'][],
  messages: Numbers,
): Promise<number> {
  const known = rows.filter((row) => messages.has(row.message))
  return tx.run(
    `INSERT INTO attempts (message, at, robot, result, http_status, errcode, errmsg, words, duration_ms)
     SELECT n.* FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[],
       $8::text[], $9::bigint[]) AS n (message, at, robot, result, http_status, errcode, errmsg, words, duration_ms)
     WHERE NOT EXISTS (SELECT 1 FROM attempts a WHERE a.message = n.message AND a.at BETWEEN n.at - 1000 AND n.at + 1000
       AND a.robot = n.robot AND a.result = n.result)`,
    ...columns(9, known, (row) => [
      messages.get(row.message),
      stored(tx, row.at),
      row.robot,
      row.result,
      row.httpStatus,
      row.errcode,
      row.errmsg,
      row.words,
      row.durationMs,
    ]),
  )
}

/** An alert that is gone is -1: something was let through all the same. */
async function bringPassed(
  tx: Tx,
  rows: readonly Belongings['passed'][],
  alerts: Numbers,
): Promise<number> {
  return tx.run(
    `INSERT INTO passed AS p (channel, grp, status, fingerprint, firing_at, resolved_at, alert, repeats, at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
       $8::int[], $9::bigint[])
     ON CONFLICT (channel, grp) DO UPDATE SET status = excluded.status, fingerprint = excluded.fingerprint,
       firing_at = excluded.firing_at, resolved_at = excluded.resolved_at, alert = excluded.alert,
       repeats = excluded.repeats, at = excluded.at
     WHERE p.at + 1000 < excluded.at`,
    ...columns(9, rows, (row) => [
      row.channel,
      row.group,
      row.status,
      row.fingerprint,
      stored(tx, row.firingAt),
      stored(tx, row.resolvedAt),
      alerts.get(row.alert) ?? -1,
      row.repeats,
      stored(tx, row.at),
    ]),
  )
}

async function bringRequests(tx: Tx, rows: readonly Belongings['requests'][]): Promise<number> {
  return tx.run(
    `INSERT INTO requests (key, at) SELECT * FROM unnest($1::text[], $2::bigint[])
     ON CONFLICT (key) DO UPDATE SET at = excluded.at WHERE requests.at + 1000 < excluded.at`,
    ...columns(2, rows, (row) => [row.key, stored(tx, row.at)]),
  )
}

/** Counting one twice would only make the limit stricter. */
async function bringCalls(tx: Tx, rows: readonly Belongings['calls'][]): Promise<number> {
  return tx.run(
    `INSERT INTO calls (key, at, until, month)
     SELECT n.* FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) AS n (key, at, until, month)
     WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.key = n.key AND c.at BETWEEN n.at - 1 AND n.at + 1)`,
    ...columns(4, rows, (row) => [row.key, stored(tx, row.at), stored(tx, row.until), row.month]),
  )
}

/** Adds what the other store has counted since it was last brought. */
async function bringMonths(tx: Tx, rows: readonly Belongings['months'][]): Promise<number> {
  let brought = 0
  for (const { month, key, calls } of rows) {
    const name = `${month} ${key}`
    const before = await tx.one<{ value: number }>(
      `SELECT value FROM arrived WHERE kind = 'month' AND key = $1`,
      name,
    )
    const more = calls - (before?.value ?? 0)
    if (more <= 0) continue
    brought += 1
    await tx.run(
      `INSERT INTO months (month, key, calls) VALUES ($1, $2, $3)
       ON CONFLICT (month, key) DO UPDATE SET calls = months.calls + excluded.calls`,
      month,
      key,
      more,
    )
    await tx.run(
      `INSERT INTO arrived (kind, key, value) VALUES ('month', $1, $2)
       ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value`,
      name,
      calls,
    )
  }
  return brought
}

async function bringMarks(tx: Tx, rows: readonly Belongings['marks'][]): Promise<number> {
  return tx.run(
    `INSERT INTO marks AS m (month, scope, mark) SELECT * FROM unnest($1::text[], $2::text[], $3::int[])
     ON CONFLICT (month, scope) DO UPDATE SET mark = excluded.mark WHERE excluded.mark > m.mark`,
    ...columns(3, rows, (row) => [row.month, row.scope, row.mark]),
  )
}

async function bringPauses(tx: Tx, rows: readonly Belongings['pauses'][]): Promise<number> {
  return tx.run(
    `INSERT INTO pauses AS p (scope, until, since, reason)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])
     ON CONFLICT (scope) DO UPDATE SET until = excluded.until, since = excluded.since, reason = excluded.reason
     WHERE excluded.until > p.until + 1000`,
    ...columns(4, rows, (row) => [
      row.scope,
      stored(tx, row.until),
      stored(tx, row.since),
      row.reason,
    ]),
  )
}

async function bringRobots(tx: Tx, rows: readonly Belongings['robots'][]): Promise<number> {
  return tx.run(
    `INSERT INTO robots (key, failures, body_bytes, last_result, last_at)
     SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::text[], $5::bigint[]) ON CONFLICT (key) DO NOTHING`,
    ...columns(5, rows, (row) => [
      row.key,
      row.failures,
      row.bodyBytes,
      row.lastResult,
      stored(tx, row.lastAt),
    ]),
  )
}
