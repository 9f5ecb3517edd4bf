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
  /** Called with what a store notices by itself. */
  notice?: (notice: Notice) => void
  /** Called when a part of an open store has ended for good, so that only a new process can go on. */
  failed?: (why: string) => void
}

/** Opens the store that a URL names: `sqlite:PATH` or `postgres://…`. Another backend is one line here. */
export async function openStore(
  url: Secret,
  options: OpenOptions,
): Promise<Store & Partial<MultiProcess>> {
  const [, scheme, rest] = /^([a-z]+):(.*)$/s.exec(url.reveal()) ?? []
  switch (scheme) {
    case 'sqlite':
      return openSqlite({ path: rest ?? '', ...options })
    case 'postgres':
    case 'postgresql': {
      // Loaded only where it is used.
      const { openPostgres } = await import('./postgres/open.ts')
      return openPostgres({ url: url.reveal(), ...options })
    }
    default:
      throw new AppError('bad_configuration', 'store: must be sqlite:PATH or postgres://…')
  }
}

/** The host and port of a store that may not be there yet; undefined for one that is a file. */
export function remoteOf(url: Secret): string | undefined {
  const text = url.reveal()
  return /^postgres(?:ql)?:/.test(text) && URL.canParse(text) ? new URL(text).host : undefined
}

/** Opens a store of several processes, trying once. StoreUnreachable when it may be there later. */
export async function openShared(url: Secret, options: OpenOptions): Promise<Store & MultiProcess> {
  const { openPostgres } = await import('./postgres/open.ts')
  return openPostgres({ url: url.reveal(), ...options, waitMs: 0 })
}
