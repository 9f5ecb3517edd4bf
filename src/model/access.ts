import type { Secret } from './secret.ts'

/** Access control of the HTTP server. */
export interface Access {
  /** Accepted credentials of senders; empty: senders need none. */
  auth: readonly Credential[]
  /** Allowed addresses of senders; undefined: any. */
  allowFrom: Networks | undefined
  /** Proxies whose `X-Forwarded-For` is trusted. */
  trustedProxies: Networks
  admin: Admin
  /** Undefined: plain HTTP. */
  tls: Tls | undefined
  /**
   * Bcrypt hashes of users by name. Each user has full access, and every request needs a credential; empty: the other
   * settings decide access.
   */
  users: ReadonlyMap<string, Secret>
  /** Headers of every reply, besides its own. */
  headers: ReadonlyMap<string, string>
}

export type Credential =
  | { kind: 'bearer'; token: Secret }
  | { kind: 'basic'; username: string; password: Secret }
  /** `name` in lower case. */
  | { kind: 'header'; name: string; value: Secret }

export interface Admin {
  /** Grants access to console and API; undefined: only requests from this machine have access. */
  token: Secret | undefined
  /** Routes that need the token although they are public by default. */
  protect: ReadonlySet<'metrics' | 'health'>
}

/** A set of IP addresses and networks. */
export interface Networks {
  readonly texts: readonly string[]
  has(address: string | undefined): boolean
}

/** A certificate and its key in PEM format; the pair has been verified. */
export interface Tls {
  cert: string
  key: Secret
  /** Clients must present a certificate that this CA issued. */
  clientCa: string | undefined
  expiresAt: Date
  /** Absent: TLS 1.2 and 1.3 with Node's defaults. */
  protocol?: TlsProtocol
}

/** Options of Node's TLS; `ciphers` are those of TLS 1.2, by OpenSSL's names. */
export interface TlsProtocol {
  minVersion: 'TLSv1.2' | 'TLSv1.3'
  maxVersion: 'TLSv1.2' | 'TLSv1.3'
  honorCipherOrder: boolean
  ciphers?: string
  ecdhCurve?: string
}

export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address ?? '')
}

/** Whether a host name or address is reachable only from this machine. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopback(host.replace(/^\[|\]$/g, ''))
}
