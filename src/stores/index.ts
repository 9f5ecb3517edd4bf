import { AppError } from '../errors.ts'
import type { Secret } from '../model/secret.ts'
import { openSqlite } from './sqlite/store.ts'
import type { ReasonToSuppress, Store } from './store.ts'

export interface OpenOptions {
  reasonToSuppress: ReasonToSuppress
  thread: boolean
}

/** Opens the store that a URL names: `sqlite:PATH`. Another backend is one line here. */
export async function openStore(url: Secret, options: OpenOptions): Promise<Store> {
  const [, scheme, rest] = /^([a-z]+):(.*)$/s.exec(url.reveal()) ?? []
  switch (scheme) {
    case 'sqlite':
      return openSqlite({ path: rest ?? '', ...options })
    default:
      throw new AppError('bad_configuration', 'store: must be sqlite:PATH')
  }
}
