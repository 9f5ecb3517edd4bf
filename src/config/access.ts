import type { Access, Admin, Credential, Networks } from '../model/access.ts'
import { Secret } from '../model/secret.ts'
import { faultOfNetwork, networksOf } from './networks.ts'
import type { Config } from './schema.ts'
import type { SecretConfig } from './schema-parts.ts'
import { secretOf } from './secrets.ts'
import type { Path, SettingsContext } from './settings-context.ts'
import { tlsOf } from './tls.ts'

/** Shorter secrets are easy to guess. */
const MIN_SECRET_LENGTH = 12

/** Resolves the access settings; an invalid entry reports a fault and grants nothing. */
export function accessOf(config: Config, context: SettingsContext): Access {
  return {
    auth: (config.auth ?? []).map((each, index) => credentialOf(each, ['auth', index], context)),
    allowFrom:
      config.allow_from === undefined
        ? undefined
        : networksIn(config.allow_from, ['allow_from'], context),
    trustedProxies: networksIn(config.trusted_proxies ?? [], ['trusted_proxies'], context),
    admin: adminOf(config.admin ?? {}, context),
    tls: config.tls && tlsOf(config.tls, context),
    // From --web.config.file alone.
    users: new Map(),
    headers: new Map(),
  }
}

function credentialOf(
  config: NonNullable<Config['auth']>[number],
  path: Path,
  context: SettingsContext,
): Credential {
  if (config.basic !== undefined) {
    const password = secretIn(config.basic.password, [...path, 'basic', 'password'], context)
    return { kind: 'basic', username: config.basic.username, password }
  }
  if (config.header !== undefined) {
    const value = headerOf(config.header.value, [...path, 'header', 'value'], context)
    return { kind: 'header', name: config.header.name.toLowerCase(), value }
  }
  const token = headerOf(config.bearer as SecretConfig, [...path, 'bearer'], context)
  return { kind: 'bearer', token }
}

function adminOf(
  { token, protect }: NonNullable<Config['admin']>,
  context: SettingsContext,
): Admin {
  return {
    token: token === undefined ? undefined : headerOf(token, ['admin', 'token'], context),
    protect: new Set(protect),
  }
}

/** Resolves a secret that senders put into a header. One that a header cannot contain is a fault. */
function headerOf(value: SecretConfig, path: Path, context: SettingsContext): Secret {
  const secret = secretIn(value, path, context)
  if (!/^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(secret.reveal()))
    context.fault(path, 'must be printable ASCII without leading or trailing spaces')
  return secret
}

/** Resolves a secret that grants access; a short one causes a warning. */
export function secretIn(value: SecretConfig, path: Path, context: SettingsContext): Secret {
  const secret = secretOf(value, path, context)
  if (secret !== '' && secret.length < MIN_SECRET_LENGTH)
    context.warn(
      path,
      `is shorter than ${MIN_SECRET_LENGTH} characters, so it can be guessed; "openssl rand -hex 24" makes a good one`,
    )
  return new Secret(secret)
}

function networksIn(
  texts: readonly string[],
  path: Path,
  { fault }: Pick<SettingsContext, 'fault'>,
): Networks {
  const good = texts.filter((text, index) => {
    const wrong = faultOfNetwork(text)
    if (wrong !== undefined) fault([...path, index], wrong)
    return wrong === undefined
  })
  return networksOf(good)
}
