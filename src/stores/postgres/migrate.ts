import type { Client } from 'pg'
import { AppError } from '../../errors.ts'
import type { Address } from './address.ts'
import { codeOf, connectionTo } from './database.ts'
import { stepsFrom, VERSION } from './schema.ts'

/** Key of the advisory lock during a migration; an arbitrary number. */
const MIGRATING = 7_280_113_465

/**
 * Migrates the schema to the current version; safe for several processes at once. AppError store_unavailable when the
 * schema is newer than this receiver, or the database's settings are not durable.
 */
export async function migrate(address: Address, schema: string): Promise<void> {
  const client = connectionTo(address, 'background')
  // The running query rejects anyway.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await assertDurable(client)
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATING])
    const there = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
    if (there.rowCount === 0) await createSchema(client, schema)
    await client.query(`SET LOCAL search_path = ${schema}`)
    await client.query('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)')
    const { rows } = await client.query<{ version: number }>('SELECT version FROM schema_version')
    const version = rows[0]?.version ?? 0
    if (version > VERSION)
      throw new AppError(
        'store_unavailable',
        `it was written by a newer version of the receiver (schema ${version}, this one supports ${VERSION}); run that version, or name another database`,
      )
    if (version < VERSION) await client.query(stepsFrom(version))
    await client.query('DELETE FROM schema_version')
    await client.query('INSERT INTO schema_version (version) VALUES ($1)', [VERSION])
    await client.query('COMMIT')
  } finally {
    await client.end()
  }
}

async function createSchema(client: Client, schema: string): Promise<void> {
  try {
    await client.query(`CREATE SCHEMA ${schema}`)
  } catch (error) {
    if (codeOf(error) !== '42501') throw error
    throw new AppError(
      'store_unavailable',
      `its user may not create the schema ${schema}: GRANT CREATE ON DATABASE … TO that user, or create the schema for it`,
      { cause: error },
    )
  }
}

/** Throws AppError for a read-only standby, and for settings under which a confirmed commit could be lost. */
async function assertDurable(client: Client): Promise<void> {
  await client.query(
    `SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
       WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)`,
  )
  const { rows } = await client.query<{ fsync: string | null; commit: string; standby: boolean }>(
    `SELECT current_setting('fsync', true) AS fsync, current_setting('synchronous_commit') AS commit,
       pg_is_in_recovery() AS standby`,
  )
  const fault = rows[0] && faultOf(rows[0])
  if (fault !== undefined) throw new AppError('store_unavailable', fault)
}

function faultOf(settings: {
  fsync: string | null
  commit: string
  standby: boolean
}): string | undefined {
  const { fsync, commit, standby } = settings
  if (standby) return 'it is a read-only standby; point the URL at the primary'
  if (fsync === 'off')
    return 'it runs with fsync = off and would lose what it has confirmed; set fsync = on'
  if (commit !== 'on' && commit !== 'remote_apply')
    return `synchronous_commit stays ${commit} and would lose what it has confirmed; it must be on`
  return undefined
}
