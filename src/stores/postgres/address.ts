import { readFileSync } from 'node:fs'
import type { ClientConfig } from 'pg'
import { AppError } from '../../errors.ts'

const DEFAULT_PORT = 5432
const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const
const PARAMETERS = ['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'application_name']

export type Address = Pick<
  ClientConfig,
  'host' | 'port' | 'user' | 'password' | 'database' | 'ssl' | 'application_name'
>

/**
 * Parses a `postgres://` URL. The TLS options work as in libpq: `require` encrypts, `verify-ca` and `verify-full` also
 * authenticate the server. The AppError for an invalid URL never contains the URL.
 */
export function addressOf(url: string): Address {
  if (!URL.canParse(url)) throw wrong('is not a valid URL')
  const { hostname, port, username, password, pathname, searchParams } = new URL(url)
  const unknown = [...searchParams.keys()].find((each) => !PARAMETERS.includes(each))
  if (unknown !== undefined)
    throw wrong(
      `has the unknown parameter ${JSON.stringify(unknown)}; available: ${PARAMETERS.join(', ')}`,
    )
  const database = decodeURIComponent(pathname.slice(1))
  const host = searchParams.get('host') ?? hostname.replace(/^\[|\]$/g, '')
  if (database === '' || host === '') throw wrong('needs a host and a database')
  return {
    host: decodeURIComponent(host),
    port: port === '' ? DEFAULT_PORT : Number(port),
    database,
    ...(username === '' ? {} : { user: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ssl: tlsOf(searchParams),
    application_name: searchParams.get('application_name') ?? 'dingtalk-receiver',
  }
}

function tlsOf(parameters: URLSearchParams): ClientConfig['ssl'] {
  const mode = (parameters.get('sslmode') ?? 'disable') as (typeof TLS_MODES)[number]
  if (!TLS_MODES.includes(mode))
    throw wrong(`sslmode ${JSON.stringify(mode)}: must be one of ${TLS_MODES.join(', ')}`)
  if (mode === 'disable') return false
  const file = (name: string): Buffer | undefined => {
    const path = parameters.get(name)
    if (path === null || path === 'system') return undefined
    try {
      return readFileSync(path)
    } catch (error) {
      throw wrong(`${name}: cannot read ${path} (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')]
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // As in libpq: with a root certificate, `require` verifies like `verify-ca`.
    rejectUnauthorized: mode !== 'require' || ca !== undefined,
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  }
}

function wrong(what: string): AppError {
  return new AppError('bad_configuration', `store: the URL postgres://HOST:5432/DATABASE ${what}`)
}
