import type { Secret } from './secret.ts'

/** Who may reach what. */
export interface Access {
  /** What a sender shows; any one of them lets it in. Empty: none is asked for. */
  auth: readonly Credential[]
  /** Where senders may be; undefined: anywhere. */
  allowFrom: Networks | undefined
  /** Whose `X-Forwarded-For` is believed. */
  trustedProxies: Networks
  admin: Admin
  /** Undefined: plain HTTP. */
  tls: Tls | undefined
}

export type Credential =
  | { kind: 'bearer'; token: Secret }
  | { kind: 'basic'; username: string; password: Secret }
  /** `name` in lower case. */
  | { kind: 'header'; name: string; value: Secret }

export interface Admin {
  /** For the console and the API; undefined: they are for this machine itself. */
  token: Secret | undefined
  /** What is open to everybody otherwise. */
  protect: ReadonlySet<'metrics' | 'health'>
}

/** A set of addresses. Texts that are no address are in none. */
export interface Networks {
  readonly texts: readonly string[]
  has(address: string | undefined): boolean
}

/** Certificates in PEM form, known to belong together. */
export interface Tls {
  cert: string
  key: Secret
  /** Only who shows a certificate of it is let in at all. */
  clientCa: string | undefined
  expiresAt: Date
}

export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address ?? '')
}

/** Whether a host that a server listens on, or a URL leads to, is this machine alone. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopback(host.replace(/^\[|\]$/g, ''))
}
