import { AppError } from '../../errors.ts'
import type { Accepted, Arrival, Arriving, LastTold, ReasonToSuppress } from '../store.ts'
import { type Database, storable, type Tx } from './database.ts'
import { columns } from './rows.ts'

export type Result<T> = { value: T } | { error: AppError }

/** What is known of a channel's group within a transaction; `alert` 0: none was let through yet. */
interface Passed {
  channel: string
  grp: string
  status: string
  fingerprint: string
  firing_at: number | null
  resolved_at: number | null
  alert: number
  repeats: number
  at: number
  /** The message that last told it is dead. */
  dead: boolean
}

const UTF_8 = new TextDecoder()

interface Readable extends Arrival {
  text: string
}

/** What a batch of arrivals writes. */
interface Batch {
  payloads: { id: number; source: string; at: number; text: string }[]
  alerts: {
    id: number
    payload: number
    each: Arriving
    repeats: number
    reason: string | undefined
  }[]
  tellings: { alert: number; queue: string; each: Arriving }[]
  passed: Set<Passed>
  requests: Map<string, number>
}

/**
 * Takes requests in one transaction, so that many share a flush. One that cannot be written costs only itself; when
 * the flush fails, none was taken.
 */
export async function acceptAll(
  db: Database,
  arrivals: readonly Arrival[],
  reasonToSuppress: ReasonToSuppress,
): Promise<Result<Accepted>[]> {
  try {
    // What it compares with comes back from the database as it could be stored.
    const stored = arrivals.map((each) => {
      const text = typeof each.body === 'string' ? each.body : UTF_8.decode(each.body)
      const arrival = { ...each, text }
      return holdsNul(arrival) ? storable(arrival) : arrival
    })
    const all = await db.transaction((tx) => acceptTogether(tx, stored, reasonToSuppress))
    return all.map((value) => ({ value }))
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    // A database that is not there refuses each alone as well, and slowly.
    if (arrivals.length === 1 || !isAboutValues(error)) return arrivals.map(() => ({ error }))
    const results: Result<Accepted>[] = []
    for (const arrival of arrivals)
      results.push(...(await acceptAll(db, [arrival], reasonToSuppress)))
    return results
  }
}

function holdsNul({ text, alerts }: Readable): boolean {
  return (
    text.includes('\0') ||
    alerts.some((each) =>
      [each.fingerprint, each.group, each.name, each.cluster].some((value) => value.includes('\0')),
    )
  )
}

/** Classes 22, 23 and 54: something in what was to be written is not possible. */
function isAboutValues(error: AppError): boolean {
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^(?:22|23|54)/.test(code)
}

async function acceptTogether(
  tx: Tx,
  arrivals: readonly Readable[],
  reasonToSuppress: ReasonToSuppress,
): Promise<Accepted[]> {
  // Rows are locked in the same order by everyone: requests, then groups, each by name.
  const seen = await lockRequests(tx, arrivals)
  const passed = await lockPassed(tx, arrivals)
  const alerts = arrivals.reduce((sum, each) => sum + each.alerts.length, 0)
  // Taken after the locks, so that of two that met at a group the later one has the higher number.
  const ids = await numbers(tx, { payloads: arrivals.length, alerts })
  const batch: Batch = {
    payloads: [],
    alerts: [],
    tellings: [],
    passed: new Set(),
    requests: new Map(),
  }
  const accepted = arrivals.map((arrival): Accepted => {
    const at = tx.ms(arrival.now)
    const before = seen.get(arrival.key)
    if (
      before !== undefined &&
      Math.abs(at - before) < arrival.repeatWithinMs &&
      arrival.alerts.every((each) => {
        const last = groupOf(passed, each)
        return last.alert !== 0 && !last.dead && (arrival.dated || last.status === each.status)
      })
    )
      return { repeated: true, queues: [], suppressed: [] }
    seen.set(arrival.key, at)
    batch.requests.set(arrival.key, at)
    return takeOne(arrival, { tx, batch, passed, ids, reasonToSuppress })
  })
  await write(tx, batch)
  return accepted
}

function takeOne(
  arrival: Readable,
  {
    tx,
    batch,
    passed,
    ids,
    reasonToSuppress,
  }: {
    tx: Tx
    batch: Batch
    passed: Map<string, Passed>
    ids: { payloads: number[]; alerts: number[] }
    reasonToSuppress: ReasonToSuppress
  },
): Accepted {
  const at = tx.ms(arrival.now)
  const payload = ids.payloads.shift() as number
  batch.payloads.push({ id: payload, source: arrival.source, at, text: arrival.text })
  const queues = new Set<string>()
  const suppressed = new Map<string, { channel: string; reason: string; count: number }>()
  for (const each of arrival.alerts) {
    const last = groupOf(passed, each)
    const reason = each.suppressed ?? reasonToSuppress(each, lastTold(tx, last), arrival.now)
    const id = ids.alerts.shift() as number
    batch.alerts.push({
      id,
      payload,
      each,
      reason,
      repeats: reason === undefined ? last.repeats : 0,
    })
    if (reason === undefined)
      for (const queue of each.queues) {
        batch.tellings.push({ alert: id, queue, each })
        queues.add(queue)
      }
    else {
      const key = `${each.channel}\0${reason}`
      const counted = suppressed.get(key) ?? { channel: each.channel, reason, count: 0 }
      suppressed.set(key, { ...counted, count: counted.count + 1 })
    }
    batch.passed.add(last)
    if (reason === 'aggregated') last.repeats += 1
    else letPass(last, { each, id, at })
  }
  return { repeated: false, queues: [...queues], suppressed: [...suppressed.values()] }
}

function letPass(last: Passed, { each, id, at }: { each: Arriving; id: number; at: number }): void {
  const { status, fingerprint } = each
  if (status === 'firing') last.firing_at = at
  else last.resolved_at = at
  Object.assign(last, { status, fingerprint, alert: id, repeats: 0, at, dead: false })
}

function lastTold(tx: Tx, last: Passed): LastTold | undefined {
  if (last.alert === 0) return undefined
  return {
    status: last.status as LastTold['status'],
    fingerprint: last.fingerprint,
    firingAt: last.firing_at === null ? undefined : tx.date(last.firing_at),
    resolvedAt: last.resolved_at === null ? undefined : tx.date(last.resolved_at),
    dead: last.dead,
  }
}

function groupOf(passed: Map<string, Passed>, { channel, group }: Arriving): Passed {
  return passed.get(`${channel}\0${group}`) as Passed
}

/** The keys' rows, locked, with when each was seen before; of one that was not, undefined. */
async function lockRequests(
  tx: Tx,
  arrivals: readonly Arrival[],
): Promise<Map<string, number | undefined>> {
  const keys = [...new Set(arrivals.map(({ key }) => key))].sort()
  // Whoever inserts a key second waits for the first to commit; writing a row locks it. 0 until it is known when.
  const rows = await tx.all<{ key: string; at: number }>(
    `INSERT INTO requests (key, at) SELECT key, 0 FROM unnest($1::text[]) AS n (key)
     ON CONFLICT (key) DO UPDATE SET at = requests.at RETURNING key, at`,
    keys,
  )
  return new Map(rows.map(({ key, at }) => [key, at === 0 ? undefined : at]))
}

/** What is known of every group, its row locked; a group that nobody knew gets an empty one. */
async function lockPassed(tx: Tx, arrivals: readonly Arrival[]): Promise<Map<string, Passed>> {
  const groups = new Map<string, { channel: string; grp: string }>()
  for (const { alerts } of arrivals)
    for (const { channel, group } of alerts)
      groups.set(`${channel}\0${group}`, { channel, grp: group })
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
  const rows = await tx.all<Passed>(
    `INSERT INTO passed (channel, grp, status, fingerprint, alert, repeats, at)
     SELECT channel, grp, '', '', 0, 0, 0 FROM unnest($1::text[], $2::text[]) AS n (channel, grp)
     ON CONFLICT (channel, grp) DO UPDATE SET at = passed.at RETURNING *`,
    sorted.map((each) => each.channel),
    sorted.map((each) => each.grp),
  )
  const known = rows.filter((row) => row.alert !== 0).map((row) => row.alert)
  const dead = known.length === 0 ? [] : await deadOf(tx, known)
  return new Map(
    rows.map((row) => [`${row.channel}\0${row.grp}`, { ...row, dead: dead.includes(row.alert) }]),
  )
}

async function deadOf(tx: Tx, alerts: readonly number[]): Promise<number[]> {
  const rows = await tx.all<{ alert: number }>(
    `SELECT t.alert FROM tellings t JOIN messages m ON m.id = t.message
     WHERE t.alert = ANY($1::bigint[]) AND m.state = 'dead'`,
    alerts,
  )
  return rows.map((row) => row.alert)
}

async function numbers(
  tx: Tx,
  counts: { payloads: number; alerts: number },
): Promise<{ payloads: number[]; alerts: number[] }> {
  const row = await tx.one<{ payloads: string[]; alerts: string[] }>(
    `SELECT ARRAY(SELECT nextval(pg_get_serial_sequence('payloads', 'id'))::text FROM generate_series(1, $1)) AS payloads,
       ARRAY(SELECT nextval(pg_get_serial_sequence('alerts', 'id'))::text FROM generate_series(1, $2)) AS alerts`,
    counts.payloads,
    counts.alerts,
  )
  return {
    payloads: row?.payloads.map(Number) ?? [],
    alerts: row?.alerts.map(Number) ?? [],
  }
}

/** All rows of a batch in one statement: those it changes are locked already, the others are new. */
async function write(
  tx: Tx,
  { payloads, alerts, tellings, passed, requests }: Batch,
): Promise<void> {
  if (payloads.length === 0) return
  await tx.run(
    `WITH
       written AS (INSERT INTO payloads (id, source, received_at, text)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[])),
       taken AS (INSERT INTO alerts
           (id, payload, position, channel, fingerprint, status, level, name, cluster, repeats, fate, reason)
         SELECT n.id, n.payload, n.position, n.channel, n.fingerprint, n.status, n.level, n.name, n.cluster, n.repeats,
           CASE WHEN n.reason IS NOT NULL THEN 'suppressed' END, n.reason
         FROM unnest($5::bigint[], $6::bigint[], $7::int[], $8::text[], $9::text[], $10::text[], $11::smallint[],
             $12::text[], $13::text[], $14::int[], $15::text[])
           AS n (id, payload, position, channel, fingerprint, status, level, name, cluster, repeats, reason)),
       waiting AS (INSERT INTO tellings (alert, queue, channel, level, fingerprint)
         SELECT n.*
         FROM unnest($16::bigint[], $17::text[], $18::text[], $19::smallint[], $20::text[]) AS n),
       let AS (UPDATE passed p SET status = n.status, fingerprint = n.fingerprint, firing_at = n.firing_at,
           resolved_at = n.resolved_at, alert = n.alert, repeats = n.repeats, at = n.at
         FROM unnest($21::text[], $22::text[], $23::text[], $24::text[], $25::bigint[], $26::bigint[], $27::bigint[],
             $28::int[], $29::bigint[])
           AS n (channel, grp, status, fingerprint, firing_at, resolved_at, alert, repeats, at)
         WHERE p.channel = n.channel AND p.grp = n.grp)
     UPDATE requests r SET at = n.at FROM unnest($30::text[], $31::bigint[]) AS n (key, at)
     WHERE r.key = n.key AND r.at <> n.at`,
    ...columns(4, payloads, ({ id, source, at, text }) => [id, source, at, text]),
    ...columns(11, alerts, ({ id, payload, each, repeats, reason }) => [
      id,
      payload,
      each.position,
      each.channel,
      each.fingerprint,
      each.status,
      each.level,
      each.name,
      each.cluster,
      repeats,
      reason ?? null,
    ]),
    ...columns(5, tellings, ({ alert, queue, each }) => [
      alert,
      queue,
      each.channel,
      each.level,
      each.fingerprint,
    ]),
    ...columns(9, [...passed], (each) => [
      each.channel,
      each.grp,
      each.status,
      each.fingerprint,
      each.firing_at,
      each.resolved_at,
      each.alert,
      each.repeats,
      each.at,
    ]),
    ...columns(2, [...requests], ([key, at]) => [key, at]),
  )
}
