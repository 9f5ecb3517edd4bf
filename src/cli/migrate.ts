import { resolve } from 'node:path'
import { realClock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { Secret } from '../model/secret.ts'
import { transfer } from '../stores/transfer.ts'
import { type ConfigOptions, load } from './load.ts'

interface MigrateOptions extends ConfigOptions {
  from: string
  to?: string
}

/** Copies a store to an empty one (default: the configured store) and prints the row counts. */
export async function migrate({ from, to, ...options }: MigrateOptions): Promise<number> {
  const source = storeNamed(from, '--from')
  const target = to === undefined ? (await load(options)).settings.store : storeNamed(to, '--to')
  if (source.reveal() === target.reveal())
    throw new AppError('usage', '--from and --to are the same store')
  const copied = await transfer(source, target, realClock)
  for (const [table, count] of Object.entries(copied))
    process.stdout.write(`${table.padEnd(16)}${String(count).padStart(9)} rows\n`)
  process.stdout.write(
    'Everything was copied. From now on start the receiver with the new store, not with the old one.\n',
  )
  return 0
}

function storeNamed(url: string, flag: string): Secret {
  const [, path] = /^sqlite:(.+)$/s.exec(url) ?? []
  if (path !== undefined) return new Secret(`sqlite:${resolve(path)}`)
  if (/^postgres(?:ql)?:\/\//.test(url)) return new Secret(url)
  throw new AppError('usage', `${flag}: must be sqlite:PATH or postgres://…`)
}
