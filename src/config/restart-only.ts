import { AppError } from '../errors.ts'
import type { Settings } from '../model/settings.ts'

/** Throws AppError bad_configuration if a setting that needs a restart has changed. */
export function assertRestartOnlyUnchanged(old: Settings, next: Settings): void {
  const faults: string[] = []
  if (old.store.reveal() !== next.store.reveal())
    faults.push('store: cannot be changed while running; restart the receiver')
  if (old.listen.host !== next.listen.host || old.listen.port !== next.listen.port)
    faults.push('listen: cannot be changed while running; restart the receiver')
  const usesTls = (settings: Settings): boolean => settings.access.tls !== undefined
  const asksForClientCertificates = (settings: Settings): boolean =>
    settings.access.tls?.clientCa !== undefined
  if (
    usesTls(old) !== usesTls(next) ||
    asksForClientCertificates(old) !== asksForClientCertificates(next)
  )
    faults.push(
      'tls: cannot be added or removed while running, nor can client_ca; restart the receiver',
    )
  if (faults.length > 0) throw new AppError('bad_configuration', faults.join('\n'), { faults })
}
