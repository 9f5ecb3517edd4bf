import { AppError } from '../errors.ts'
import type { Settings } from '../model/settings.ts'

/** Throws AppError bad_configuration if a setting that needs a restart has changed. */
export function assertRestartOnlyUnchanged(old: Settings, next: Settings): void {
  const faults: string[] = []
  const changes = (pick: (settings: Settings) => unknown): boolean => pick(old) !== pick(next)
  if (changes(({ store }) => store.reveal()))
    faults.push('store: cannot be changed while running; restart the receiver')
  if (changes(({ listen }) => `${listen.host}:${listen.port}`))
    faults.push('listen: cannot be changed while running; restart the receiver')
  if (
    changes(({ access }) => access.tls !== undefined) ||
    changes(({ access }) => access.tls?.clientCa !== undefined)
  )
    faults.push(
      'tls: cannot be added or removed while running, nor can client_ca; restart the receiver',
    )
  if (faults.length > 0) throw new AppError('bad_configuration', faults.join('\n'), { faults })
}
