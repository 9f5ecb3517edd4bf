import { resolve } from 'node:path'
import { realClock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { Secret } from '../model/secret.ts'
import { moveStore } from '../stores/index.ts'
import { type ConfigOptions, load } from './load.ts'

export interface MigrateOptions extends ConfigOptions {
  from: string
  to?: string
}

/** Copies a SQLite store to PostgreSQL, by default to the one that the configuration names; says what was brought. */
export async function migrate({ from, to, ...options }: MigrateOptions): Promise<number> {
  const [, path] = /^sqlite:(.+)$/s.exec(from) ?? []
  if (path === undefined) throw new AppError('usage', '--from: must be sqlite:PATH')
  const target = to === undefined ? load(options).settings.store : new Secret(to)
  const moved = await moveStore(new Secret(`sqlite:${resolve(path)}`), target, realClock)
  for (const [kind, { brought, there }] of Object.entries(moved))
    process.stdout.write(
      `${kind.padEnd(10)}${String(brought).padStart(9)} brought${there > 0 ? `, ${there} there already` : ''}\n`,
    )
  process.stdout.write(
    'Everything is there. Start the receiver with the new store now, not with the old one.\n',
  )
  return 0
}
