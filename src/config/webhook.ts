import { isLoopbackHost } from '../model/access.ts'
import type { Path, SettingsContext } from './settings-context.ts'

/** DingTalk's hosts: China, international, and the newer API. */
export const DINGTALK = ['oapi.dingtalk.com', 'oapi.dingtalk.io', 'api.dingtalk.com']

export interface WebhookContext extends Pick<SettingsContext, 'fault' | 'warn'> {
  path: Path
  /** Allowed hosts besides DingTalk's; undefined allows any with a warning. */
  hosts: readonly string[] | undefined
  proxied: boolean
}

/** Parses a webhook URL and checks its host; reports a fault and returns undefined if it is not an http(s) URL. */
export function webhookOf(webhook: string, context: WebhookContext): URL | undefined {
  const { path, fault, warn } = context
  const url = URL.canParse(webhook) ? new URL(webhook) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    fault(path, 'must be an http or https URL, or sandbox')
    return undefined
  }
  checkHost(url.hostname, context)
  if (url.protocol === 'http:') checkPlainHttp(url.hostname, context)
  if (!url.searchParams.has('access_token'))
    warn(path, "has no access_token; DingTalk's webhooks have one")
  return url
}

/** A mistyped host would receive the alerts and the token, so an unknown host is a warning or a fault. */
function checkHost(host: string, { path, hosts, fault, warn }: WebhookContext): void {
  if (DINGTALK.includes(host)) return
  if (hosts === undefined) {
    if (!isLoopbackHost(host))
      warn(
        path,
        `leads to ${host}, which is not DingTalk's; if this is intended, list it in robot_hosts`,
      )
  } else if (!hosts.some((each) => each.toLowerCase() === host))
    fault(path, `leads to ${host}, which is neither DingTalk's nor in robot_hosts`)
}

/** Plain http exposes the token on the network; only a proxy without https support may require it. */
function checkPlainHttp(host: string, { path, proxied, fault, warn }: WebhookContext): void {
  if (proxied || isLoopbackHost(host)) return
  if (DINGTALK.includes(host))
    fault(
      path,
      'must be https: http exposes the token on the network. For a proxy without https support, set proxy and keep http',
    )
  else warn(path, 'is http, which exposes the token on the network')
}
