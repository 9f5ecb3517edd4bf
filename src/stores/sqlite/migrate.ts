import type { DatabaseSync } from 'node:sqlite'
import { AppError } from '../../errors.ts'
import { sqliteDialect } from '../dialect.ts'
import { ACTION_COLUMNS, SCHEMA, SILENCE_TABLES } from '../sql/schema.ts'
import { FROM_SCHEMA_1, FROM_SCHEMA_2 } from './old-schemas.ts'

/** The current `user_version`. 0: an empty file; 1: before 0.1.0; 2: version 0.1.0; 3: without silences. */
const VERSION = 4

/** The last allocated ids, which outlive pruned rows. */
const SEQUENCES = `
  CREATE TABLE sequences (name TEXT PRIMARY KEY, last BIGINT NOT NULL) KEY_TABLE;
  INSERT INTO sequences (name, last) VALUES ('alerts', 0), ('payloads', 0);
`

/** Migrates a file to the current schema in one transaction; AppError store_unavailable when it is newer. */
export function migrate(db: DatabaseSync, path: string): void {
  const version = Number(
    Object.values(db.prepare('PRAGMA user_version').get() as Record<string, unknown>)[0],
  )
  if (version > VERSION)
    throw new AppError(
      'store_unavailable',
      `${path} was written by a newer version of the receiver (schema ${version}, this one supports ${VERSION}); run that version, or name another store`,
    )
  if (version === VERSION) return
  const create = sqliteDialect(SCHEMA + SEQUENCES)
  const steps = [
    version === 1 ? FROM_SCHEMA_1 : '',
    version === 0
      ? create
      : version === 3
        ? sqliteDialect(SILENCE_TABLES + ACTION_COLUMNS)
        : FROM_SCHEMA_2.replace('CREATE_SCHEMA', create),
    `PRAGMA user_version = ${VERSION}`,
  ]
  try {
    db.exec(`BEGIN IMMEDIATE; ${steps.join(';\n')}; COMMIT`)
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
