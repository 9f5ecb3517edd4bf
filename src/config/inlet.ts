import type { Channel, Inlet } from '../model/settings.ts'
import { secretIn } from './access.ts'
import type { ChannelConfig } from './schema.ts'
import type { Path, SettingsContext } from './settings-context.ts'

const KEYS = ['token', 'secret', 'hmac'] as const

/** Resolves the credentials that senders to a channel must present. */
export function inletOf(
  config: NonNullable<ChannelConfig['inlet']>,
  context: SettingsContext & { path: Path },
): Inlet {
  const inlet: Inlet = {}
  for (const key of KEYS) {
    const value = config[key]
    if (value === undefined) continue
    const secret = secretIn(value, [...context.path, key], context)
    if (secret.reveal() !== '') inlet[key] = secret
  }
  return inlet
}

/** Reports a fault if a channel's token is also the token or the name of another channel. */
export function checkInlets(
  channels: ReadonlyMap<string, Channel>,
  fault: SettingsContext['fault'],
): void {
  const first = new Map<string, string>()
  for (const [name, { inlet }] of channels) {
    const token = inlet?.token?.reveal()
    if (token === undefined) continue
    const path = ['channels', name, 'inlet', 'token']
    const other = first.get(token)
    if (other !== undefined) fault(path, `is also the token of ${other}; give each channel its own`)
    else if (channels.has(token) && token !== name)
      fault(path, `is the name of another channel; choose a token that cannot be guessed`)
    first.set(token, name)
  }
}
