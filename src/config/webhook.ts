import { isLoopbackHost } from '../model/access.ts'
import type { Path, SettingsContext } from './settings-context.ts'

/** Where DingTalk's robots live: China's address, the international one, and that of the newer API. */
const DINGTALK = ['oapi.dingtalk.com', 'oapi.dingtalk.io', 'api.dingtalk.com']

export interface WebhookContext extends Pick<SettingsContext, 'fault' | 'warn'> {
  path: Path
  /** Hosts besides DingTalk's; undefined: any, with a warning. */
  hosts: readonly string[] | undefined
  proxied: boolean
}

/** A webhook as a URL that messages may be posted to; undefined, with a fault, for what is none. */
export function webhookOf(webhook: string, context: WebhookContext): URL | undefined {
  const { path, fault, warn } = context
  const url = URL.canParse(webhook) ? new URL(webhook) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    fault(path, 'must be an http or https URL, or sandbox')
    return undefined
  }
  checkHost(url.hostname, context)
  if (url.protocol === 'http:') checkClear(url.hostname, context)
  if (!url.searchParams.has('access_token'))
    warn(path, "has no access_token; DingTalk's webhooks have one")
  return url
}

/** Alerts and the token go to whoever a webhook names, so a slip of the keyboard must not pass unseen. */
function checkHost(host: string, { path, hosts, fault, warn }: WebhookContext): void {
  if (DINGTALK.includes(host)) return
  if (hosts === undefined) {
    if (!isLoopbackHost(host))
      warn(
        path,
        `leads to ${host}, which is not DingTalk's; if that is meant, list it in robot_hosts`,
      )
  } else if (!hosts.some((each) => each.toLowerCase() === host))
    fault(path, `leads to ${host}, which is neither DingTalk's nor in robot_hosts`)
}

/** Without TLS everybody on the way reads the token; a proxy that knows no https needs it all the same. */
function checkClear(host: string, { path, proxied, fault, warn }: WebhookContext): void {
  if (proxied || isLoopbackHost(host)) return
  if (DINGTALK.includes(host))
    fault(
      path,
      'must be https: http would show the token to the network. Only a proxy that knows no https needs it; name that in proxy',
    )
  else warn(path, 'is http, so everybody on the way can read the token')
}
