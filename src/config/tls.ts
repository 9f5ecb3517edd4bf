import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Tls } from '../model/access.ts'
import { Secret } from '../model/secret.ts'
import type { Config } from './schema.ts'
import { textOf } from './secrets.ts'
import type { SettingsContext } from './settings-context.ts'

/** Reads the server's certificate, key and client CA, and checks that key and certificate match. */
export function tlsOf(config: NonNullable<Config['tls']>, context: SettingsContext): Tls {
  const { fault } = context
  const cert = textOf(config.cert, ['tls', 'cert'], context)
  const key = textOf(config.key, ['tls', 'key'], context)
  const clientCa =
    config.client_ca === undefined
      ? undefined
      : textOf(config.client_ca, ['tls', 'client_ca'], context)
  const certificate = cert.text === undefined ? undefined : certificateIn(cert.text)
  if (cert.text !== undefined && certificate === undefined)
    fault(['tls', 'cert'], `${cert.file} contains no PEM certificate`)
  const privateKey = key.text === undefined ? undefined : keyIn(key.text)
  if (typeof privateKey === 'string') fault(['tls', 'key'], `${key.file} ${privateKey}`)
  else if (privateKey !== undefined && certificate?.checkPrivateKey(privateKey) === false)
    fault(['tls', 'key'], `${key.file} does not belong to the certificate in ${cert.file}`)
  if (clientCa?.text !== undefined && certificateIn(clientCa.text) === undefined)
    fault(['tls', 'client_ca'], `${clientCa.file} contains no PEM certificate`)
  return {
    cert: cert.text ?? '',
    key: new Secret(key.text ?? ''),
    clientCa: clientCa?.text,
    expiresAt: certificate?.validToDate ?? new Date(0),
  }
}

/** The first certificate of a PEM text; undefined unless all its certificates are valid. */
function certificateIn(pem: string): X509Certificate | undefined {
  try {
    createSecureContext({ cert: pem, ca: pem })
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function keyIn(pem: string): KeyObject | string {
  if (/ENCRYPTED/.test(pem.slice(0, 200)))
    return 'is encrypted; use a key without a passphrase that only this user can read'
  try {
    return createPrivateKey(pem)
  } catch {
    return 'contains no PEM private key'
  }
}
