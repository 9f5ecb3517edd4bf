import { isLoopbackHost } from '../model/access.ts'
import type { Settings } from '../model/settings.ts'

/** An insecure setting, or a certificate that expires soon. */
export interface SecurityWarning {
  kind: 'anyone_may_post' | 'secrets_in_clear' | 'proxy_is_admin' | 'certificate_ends'
  /** The problem and its remedy, as a text for people. */
  explanation: string
}

const DAY_MS = 86_400_000
const WARNED_DAYS_BEFORE = 14

/** Warns of insecure settings, given the address that the receiver listens on. */
export function securityWarnings(
  { access, listen, externalUrl }: Pick<Settings, 'access' | 'listen' | 'externalUrl'>,
  now: Date,
): SecurityWarning[] {
  const { auth, allowFrom, admin, tls, trustedProxies, users } = access
  const warnings: SecurityWarning[] = []
  const isReachable = !isLoopbackHost(listen.host)
  const isOpen = auth.length === 0 && users.size === 0
  if (isReachable && isOpen && allowFrom === undefined && tls?.clientCa === undefined)
    warnings.push({
      kind: 'anyone_may_post',
      explanation: `any client that reaches ${listen.host}:${listen.port} may post alerts; set auth, allow_from or tls.client_ca, or listen on 127.0.0.1`,
    })
  const hasSecrets = !isOpen || admin.token !== undefined
  if (isReachable && hasSecrets && tls === undefined && trustedProxies.texts.length === 0)
    warnings.push({
      kind: 'secrets_in_clear',
      explanation:
        'tokens and passwords of clients cross the network unencrypted; set tls, or use a TLS proxy and list it in trusted_proxies',
    })
  if (
    localIsAdmin(access) &&
    externalUrl !== undefined &&
    !isLoopbackHost(new URL(externalUrl).hostname)
  )
    warnings.push({
      kind: 'proxy_is_admin',
      explanation: `external_url leads to the console through a proxy, and requests through a proxy on this machine look local; set admin.token, or list the proxy in trusted_proxies and let it send X-Forwarded-For`,
    })
  const daysLeft =
    tls === undefined ? Infinity : Math.floor((tls.expiresAt.getTime() - now.getTime()) / DAY_MS)
  if (daysLeft < WARNED_DAYS_BEFORE)
    warnings.push({
      kind: 'certificate_ends',
      explanation: `the certificate of the server ${daysLeft < 0 ? 'has expired' : `expires in ${daysLeft} days`}; put a new one in its file`,
    })
  return warnings
}

/** True if admin access from this machine needs no credential, and `trusted_proxies` lists no proxy. */
export function localIsAdmin({ admin, trustedProxies, users }: Settings['access']): boolean {
  return admin.token === undefined && trustedProxies.texts.length === 0 && users.size === 0
}
