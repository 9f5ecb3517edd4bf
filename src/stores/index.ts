import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Secret } from '../model/secret.ts'
import type { ReasonToSuppress } from './incoming.ts'
import type { MultiProcess, Notice } from './multi-process.ts'
import { openSqlite } from './sqlite/client.ts'
import type { Store } from './store.ts'

export interface OpenOptions {
  reasonToSuppress: ReasonToSuppress
  thread: boolean
  clock: Clock
  /** Receives events that no verb returns, such as a lost connection. */
  notice?: (notice: Notice) => void
  /** Called when an open store has failed permanently, so that the process must restart. */
  onFailure?: (why: string) => void
}

/** Opens the store that a URL names: `sqlite:PATH` or `postgres://…`. Add a backend here. */
export async function openStore(
  url: Secret,
  options: OpenOptions,
): Promise<Store & Partial<MultiProcess>> {
  const [, scheme, rest] = /^([a-z]+):(.*)$/s.exec(url.reveal()) ?? []
  switch (scheme) {
    case 'sqlite':
      return openSqlite({ path: rest ?? '', ...options })
    case 'postgres':
    case 'postgresql':
      return openShared(url, options)
    default:
      throw new AppError('bad_configuration', 'store: must be sqlite:PATH or postgres://…')
  }
}

/** Host and port of a database server, which may still be starting; undefined for a file. */
export function remoteOf(url: Secret): string | undefined {
  const text = url.reveal()
  return /^postgres(?:ql)?:/.test(text) && URL.canParse(text) ? new URL(text).host : undefined
}

/** Opens a database server's store. Throws StoreUnreachable if a later attempt may succeed. */
export async function openShared(url: Secret, options: OpenOptions): Promise<Store & MultiProcess> {
  // Imported on demand: SQLite users never load pg.
  const { openPostgres } = await import('./postgres/open.ts')
  return openPostgres({ url: url.reveal(), ...options })
}
