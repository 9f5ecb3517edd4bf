import type { Level } from '../../model/level.ts'
import type { NewSilence, Silence, SilenceKind } from '../../model/silence.ts'
import type { SilenceQuery } from '../queries.ts'
import type { Tx } from '../tx.ts'
import { insertRow, readValue, Where } from './rows.ts'

interface Row {
  id: number
  kind: SilenceKind
  channel: string
  alert: number | null
  fingerprint: string | null
  matchers: string
  level: Level | null
  made_by: string
  made_at: number
  until: number
  until_recovery: number
  alertmanager: string | null
  remote_id: string | null
  ended_at: number | null
  ended_by: string | null
}

export async function addSilence(tx: Tx, silence: NewSilence): Promise<string> {
  const { kind, channel, alert, fingerprint, matchers, level, by, remote } = silence
  const id = await insertRow(tx, 'silences', {
    ...{ kind, channel, fingerprint, level },
    alert: alert === undefined ? null : Number(alert),
    matchers: JSON.stringify(matchers),
    made_by: by,
    made_at: tx.ms(silence.madeAt),
    until: tx.ms(silence.until),
    until_recovery: silence.untilRecovery ? 1 : 0,
    alertmanager: remote?.alertmanager,
    remote_id: remote?.id,
  })
  return String(id)
}

/** False if it was already over. */
export async function endSilence(
  tx: Tx,
  id: string,
  { at, by }: { at: Date; by: string },
): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE silences SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL AND until > $2',
    [Number(id), tx.ms(at), by],
  )
  return changed > 0
}

export async function silences(
  tx: Tx,
  { inForceAt, since, kind, channel, limit }: SilenceQuery,
): Promise<Silence[]> {
  const where = new Where(['TRUE'], [limit])
    .add('ended_at IS NULL AND until > ?', inForceAt && tx.ms(inForceAt))
    .add('COALESCE(ended_at, until) > ?', since && tx.ms(since))
    .add('kind = ?', kind)
    .add('channel = ?', channel)
  const rows = await tx.all<Row>(
    `SELECT * FROM silences WHERE ${where.sql} ORDER BY id DESC LIMIT $1`,
    where.values,
  )
  return rows.map((row) => silenceFrom(row, tx))
}

function silenceFrom(row: Row, tx: Tx): Silence {
  const { kind, channel, ended_at, ended_by, alertmanager, remote_id } = row
  return {
    id: String(row.id),
    kind,
    channel,
    alert: row.alert === null ? undefined : String(row.alert),
    fingerprint: row.fingerprint ?? undefined,
    matchers: JSON.parse(row.matchers) as string[],
    level: row.level ?? undefined,
    by: row.made_by,
    madeAt: tx.date(row.made_at),
    until: tx.date(row.until),
    untilRecovery: row.until_recovery !== 0,
    remote:
      alertmanager === null || remote_id === null ? undefined : { alertmanager, id: remote_id },
    ended: ended_at === null ? undefined : { at: tx.date(ended_at), by: ended_by ?? '' },
  }
}

/** Deletes silences and mutes that were over before an instant. */
export function pruneSilences(tx: Tx, before: number): Promise<number> {
  return tx.run('DELETE FROM silences WHERE COALESCE(ended_at, until) < $1', [before])
}

/** The stored key of that name; the first caller's `fresh` is stored. */
export async function signingKey(tx: Tx, name: string, fresh: string): Promise<string> {
  await tx.run('INSERT INTO signing_keys (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    name,
    fresh,
  ])
  return (await readValue(tx, 'SELECT value FROM signing_keys WHERE name = $1', [name])) ?? fresh
}
