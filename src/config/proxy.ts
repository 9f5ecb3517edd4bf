import { isLoopbackHost } from '../model/access.ts'
import type { Robot, Settings } from '../model/settings.ts'
import { networksOf } from './networks.ts'

/** `http://host:port`, or `http:host:port` as OCP wrote it before 4.2.0; without a slash at the end. Undefined for anything else. */
export function proxyUrl(text: string): string | undefined {
  const normalised = text.replace(/^(https?):(?!\/\/)/, '$1://')
  const url = URL.canParse(normalised) ? new URL(normalised) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined
  return url.href.replace(/\/$/, '')
}

/**
 * The proxy that the environment names for a URL, and the variable that does, by the rules of Go and curl: HTTPS_PROXY
 * for https, HTTP_PROXY for http, NO_PROXY for exceptions, the lower case first; never for this machine itself.
 */
export function proxyInEnvironment(
  url: URL,
  env: NodeJS.ProcessEnv,
): { variable: string; value: string } | undefined {
  const found = firstSet(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (found === undefined || isLoopbackHost(url.hostname)) return undefined
  const exceptions = firstSet(env, 'NO_PROXY')?.value.split(/[\s,]+/) ?? []
  if (exceptions.some((each) => isException(url, each.toLowerCase()))) return undefined
  return { ...found, value: found.value.includes('://') ? found.value : `http://${found.value}` }
}

/** Which robots post through a proxy that the configuration does not name, a line for each proxy. */
export function proxyNotes({ robots }: Pick<Settings, 'robots'>): string[] {
  const byProxy = Map.groupBy([...robots.values()].filter(hasVariable), (robot) => {
    const { host } = new URL(robot.proxy?.reveal() ?? '')
    return `through the proxy ${host} of ${robot.proxyVariable}; "proxy: none" switches it off`
  })
  return [...byProxy].map(([how, those]) => `${those.map(({ name }) => name).join(', ')}: ${how}`)
}

function hasVariable({ proxyVariable }: Robot): boolean {
  return proxyVariable !== undefined
}

function firstSet(env: NodeJS.ProcessEnv, name: string) {
  for (const variable of [name.toLowerCase(), name]) {
    const value = env[variable]?.trim() ?? ''
    if (value !== '') return { variable, value }
  }
  return undefined
}

/** One entry of NO_PROXY: `*`, a domain with all below it, `.domain` for those below alone, an address or a range. */
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

/** An address of IPv6 has a port only behind brackets. */
function partsOf(entry: string): { host: string; port: string } {
  const end = entry.startsWith('[') ? entry.indexOf(']') : -1
  if (end > 0) return { host: entry.slice(1, end), port: entry.slice(end + 2) }
  const [host = '', port = '', ...more] = entry.split(':')
  return more.length > 0 ? { host: entry, port: '' } : { host, port }
}

function portOf({ port, protocol }: URL): string {
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port
}
