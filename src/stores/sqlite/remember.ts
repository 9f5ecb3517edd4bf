import { entryAfter, rememberRequest } from './accept.ts'
import type { Database } from './database.ts'
import { MOST_REMEMBERED, Remembered } from './remembered.ts'

/** Requests that came earlier than this before the newest are no retries any more. */
const KEEP_REQUESTS_MS = 3_600_000

/** Alerts that are read at once, as one text: three times faster than row by row. */
const AT_ONCE = 2_000

type AlertRow = [
  id: number,
  channel: number,
  group: string,
  resolved: number,
  reason: string | null,
]

/** What the accepts that are stored would have left in memory. */
export function remember(db: Database): Remembered {
  const remembered = new Remembered()
  rememberRequests(db, remembered)
  const newest = db.get<{ id: number | null }>('SELECT MAX(id) AS id FROM alerts')?.id ?? 0
  for (let after = Math.max(0, newest - MOST_REMEMBERED); ; ) {
    const rows = alertsAfter(db, after)
    for (const [id, channel, group, resolved, reason] of rows) {
      const key = remembered.keyOf(channel, group)
      const entry = remembered.get(key) ?? { firing: 0, resolved: 0, repeats: 0 }
      const status = resolved === 1 ? 'resolved' : 'firing'
      remembered.set(key, entryAfter(entry, { id, status, reason }))
      after = id
    }
    remembered.commit()
    if (rows.length < AT_ONCE) return remembered
  }
}

function alertsAfter(db: Database, after: number): AlertRow[] {
  const found = db.get<{ rows: string }>(
    `SELECT json_group_array(json_array(id, channel, COALESCE(grp, fingerprint), resolved, reason)) AS rows
     FROM (SELECT * FROM alerts WHERE id > ? ORDER BY id LIMIT ?)`,
    after,
    AT_ONCE,
  )
  return JSON.parse(found?.rows ?? '[]') as AlertRow[]
}

function rememberRequests(db: Database, remembered: Remembered): void {
  const recent: { key: string; id: number }[] = []
  let oldest: number | undefined
  for (const { id, key, received_at } of db.iterate<{
    id: number
    key: string
    received_at: number
  }>('SELECT id, key, received_at FROM requests ORDER BY id DESC LIMIT ?', MOST_REMEMBERED)) {
    oldest ??= received_at - KEEP_REQUESTS_MS
    if (received_at < oldest) break
    recent.push({ key, id })
  }
  for (const { key, id } of recent.reverse()) rememberRequest(remembered, key, id)
  remembered.commit()
}
