import type { NewSilence, Silence } from '../../model/silence.ts'
import type { SilenceQuery } from '../queries.ts'
import type { Tx } from '../tx.ts'
import { fromRow, insertRow, readValue, Where } from './rows.ts'

interface Row {
  matchers: string
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
    `SELECT CAST(id AS TEXT) AS id, kind, channel, CAST(alert AS TEXT) AS alert, fingerprint, matchers, level,
       made_by AS "by", made_at, until, until_recovery, alertmanager, remote_id, ended_at, ended_by
     FROM silences WHERE ${where.sql} ORDER BY silences.id DESC LIMIT $1`,
    where.values,
  )
  return rows.map((row) => silenceFrom(row, tx))
}

function silenceFrom(row: Row, tx: Tx): Silence {
  const { matchers, until_recovery, alertmanager, remote_id, ended_at, ended_by, ...same } = row
  return {
    ...fromRow<Omit<Silence, 'matchers' | 'untilRecovery' | 'remote' | 'ended'>>(tx, same),
    matchers: JSON.parse(matchers) as string[],
    untilRecovery: until_recovery !== 0,
    remote:
      alertmanager === null || remote_id === null ? undefined : { alertmanager, id: remote_id },
    ended: ended_at === null ? undefined : { at: tx.date(ended_at), by: ended_by ?? '' },
  }
}

/** Deletes silences and mutes that were over before an instant. */
export function pruneSilences(tx: Tx, before: number): Promise<number> {
  return tx.run('DELETE FROM silences WHERE COALESCE(ended_at, until) < $1', [before])
}

export async function signingKey(tx: Tx, name: string, fresh: string): Promise<string> {
  await tx.run('INSERT INTO signing_keys (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    name,
    fresh,
  ])
  return (await readValue(tx, 'SELECT value FROM signing_keys WHERE name = $1', [name])) ?? fresh
}
