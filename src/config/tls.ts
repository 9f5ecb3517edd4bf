import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Tls } from '../model/access.ts'
import { Secret } from '../model/secret.ts'
import type { Config } from './schema.ts'
import { textOf } from './secrets.ts'
import type { Fault, Path, SettingsContext } from './settings-context.ts'

/** A PEM text: where it comes from, for people, and the key of the configuration that names it. */
export interface Pem {
  file: string
  /** Undefined if it cannot be read, which is reported already. */
  text: string | undefined
  path: Path
}

/** Reads the server's certificate, key and client CA, and checks that key and certificate match. */
export function tlsOf(config: NonNullable<Config['tls']>, context: SettingsContext): Tls {
  const pemIn = (name: 'cert' | 'key' | 'client_ca', file: string): Pem => {
    const path = ['tls', name]
    return { ...textOf(file, path, context), path }
  }
  const [cert, key] = [pemIn('cert', config.cert), pemIn('key', config.key)]
  const clientCa = config.client_ca === undefined ? undefined : pemIn('client_ca', config.client_ca)
  return tlsFrom({ cert, key, clientCa }, context.fault)
}

/** Checks that each PEM text holds what it should, and that key and certificate match. */
export function tlsFrom(
  { cert, key, clientCa }: { cert: Pem; key: Pem; clientCa: Pem | undefined },
  fault: Fault,
): Tls {
  const certificate = cert.text === undefined ? undefined : certificateIn(cert.text)
  if (cert.text !== undefined && certificate === undefined)
    fault(cert.path, `${cert.file} contains no PEM certificate`)
  const privateKey = key.text === undefined ? undefined : keyIn(key.text)
  if (typeof privateKey === 'string') fault(key.path, `${key.file} ${privateKey}`)
  else if (privateKey !== undefined && certificate?.checkPrivateKey(privateKey) === false)
    fault(key.path, `${key.file} does not belong to the certificate in ${cert.file}`)
  if (clientCa?.text !== undefined && certificateIn(clientCa.text) === undefined)
    fault(clientCa.path, `${clientCa.file} contains no PEM certificate`)
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
    // An import would load TLS, 4 MB, where nothing is configured to use it.
    process.getBuiltinModule('node:tls').createSecureContext({ cert: pem, ca: pem })
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
