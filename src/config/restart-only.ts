import { AppError } from '../errors.ts'
import type { Settings } from '../model/settings.ts'

/** Refuses what only a restart can change: AppError bad_configuration. */
export function assertRestartOnlyUnchanged(old: Settings, next: Settings): void {
  const faults: string[] = []
  if (old.store.reveal() !== next.store.reveal())
    faults.push('store: cannot be changed while running; restart the receiver')
  if (old.listen.host !== next.listen.host || old.listen.port !== next.listen.port)
    faults.push('listen: cannot be changed while running; restart the receiver')
  const tls = (settings: Settings): boolean => settings.access.tls !== undefined
  const asks = (settings: Settings): boolean => settings.access.tls?.clientCa !== undefined
  if (tls(old) !== tls(next) || asks(old) !== asks(next))
    faults.push(
      'tls: can be renewed, but not begun or ended while running, nor can client_ca; restart the receiver',
    )
  if (faults.length > 0) throw new AppError('bad_configuration', faults.join('\n'), { faults })
}
