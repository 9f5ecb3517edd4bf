import { isLoopbackHost } from '../model/access.ts'
import type { Settings } from '../model/settings.ts'
import { networksOf } from './networks.ts'

/** Normalizes `http://host:port`, or `http:host:port` as OCP wrote it before 4.2.0. Undefined for anything else. */
export function proxyUrl(text: string): string | undefined {
  const normalized = text.replace(/^(https?):(?!\/\/)/, '$1://')
  const url = URL.canParse(normalized) ? new URL(normalized) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined
  return url.href.replace(/\/$/, '')
}

/**
 * The proxy for a webhook from the environment, and the name of its variable, by the rules of Go and curl: HTTPS_PROXY
 * for https, HTTP_PROXY for http, NO_PROXY for exceptions; lower case first. Undefined for a URL of this machine, and for
 * a text that is not a URL.
 */
export function proxyInEnvironment(
  webhook: string,
  env: NodeJS.ProcessEnv,
): { variable: string; value: string } | undefined {
  if (!URL.canParse(webhook)) return undefined
  const url = new URL(webhook)
  const found = firstSet(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (found === undefined || isLoopbackHost(url.hostname)) return undefined
  const exceptions = firstSet(env, 'NO_PROXY')?.value.split(/[\s,]+/) ?? []
  if (exceptions.some((each) => isException(url, each.toLowerCase()))) return undefined
  return { ...found, value: found.value.includes('://') ? found.value : `http://${found.value}` }
}

/** One line for each proxy from the environment, with the robots that post through it. */
export function proxyNotes({ robots }: Pick<Settings, 'robots'>): string[] {
  const withVariable = [...robots.values()].filter((each) => each.proxyVariable !== undefined)
  const byProxy = Map.groupBy(withVariable, ({ proxy, proxyVariable }) => {
    const { host } = new URL(proxy?.reveal() ?? '')
    return `through the proxy ${host} of ${proxyVariable}; "proxy: none" switches it off`
  })
  return [...byProxy].map(([how, those]) => `${those.map(({ name }) => name).join(', ')}: ${how}`)
}

function firstSet(env: NodeJS.ProcessEnv, name: string) {
  for (const variable of [name.toLowerCase(), name]) {
    const value = env[variable]?.trim() ?? ''
    if (value !== '') return { variable, value }
  }
  return undefined
}

/** True if a NO_PROXY entry matches: `*`, `domain` (with subdomains), `.domain` (subdomains only), address or range. */
function isException(url: URL, entry: string): boolean {
  if (entry === '*') return true
  const { host, port } = partsOf(entry)
  if (host === '' || (port !== '' && port !== portOf(url))) return false
  const hostname = url.hostname.replace(/\.$/, '')
  const domain = host.replace(/^\*(?=\.)/, '')
  if (domain.startsWith('.')) return hostname.endsWith(domain)
  if (hostname === domain || hostname.endsWith(`.${domain}`)) return true
  try {
    return networksOf([host]).has(hostname.replace(/^\[|\]$/g, ''))
  } catch {
    return false
  }
}

/** Splits an entry into host and port; an IPv6 address can have a port only in brackets. */
function partsOf(entry: string): { host: string; port: string } {
  const end = entry.startsWith('[') ? entry.indexOf(']') : -1
  if (end > 0) return { host: entry.slice(1, end), port: entry.slice(end + 2) }
  const [host = '', port = '', ...more] = entry.split(':')
  return more.length > 0 ? { host: entry, port: '' } : { host, port }
}

function portOf({ port, protocol }: URL): string {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port
}
