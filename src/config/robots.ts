import { createHash } from 'node:crypto'
import { Secret } from '../model/secret.ts'
import { type Expectation, type Limits, type Robot, SANDBOX_KEY } from '../model/settings.ts'
import { durationMs } from './duration.ts'
import { compilePattern } from './matchers.ts'
import { proxyInEnvironment, proxyUrl } from './proxy.ts'
import type { RobotConfig } from './schema.ts'
import { secretOf } from './secrets.ts'
import type { Path, SettingsContext } from './settings-context.ts'
import { DINGTALK, type WebhookContext, webhookOf } from './webhook.ts'

/** A longer window would need calls that the store has already deleted. */
const MAX_WINDOW_MS = 24 * 3_600_000

type RobotContext = SettingsContext & Pick<WebhookContext, 'hosts'>

/** Resolves the configuration of one robot; reports its faults. */
export function robotOf(name: string, config: RobotConfig, context: RobotContext): Robot {
  const path = ['robots', name]
  if (name === 'organisation')
    context.fault(path, 'is reserved for the quota of all robots together; choose another name')
  const webhook = secretOf(config.webhook, [...path, 'webhook'], context)
  const sandbox = webhook === 'sandbox'
  const proxy = proxyOf(config.proxy, { webhook, path, context })
  const url =
    sandbox || webhook === ''
      ? undefined
      : webhookOf(webhook, {
          ...context,
          path: [...path, 'webhook'],
          proxied: proxy !== undefined,
        })
  const timeoutMs = durationMs(config.timeout ?? '5s')
  if (timeoutMs < 100 || timeoutMs > 60_000)
    context.fault([...path, 'timeout'], 'must be from 100ms to 60s')
  return {
    name,
    ...(url === undefined ? { key: `${SANDBOX_KEY}${name}` } : keysOf(url)),
    address: sandbox ? 'sandbox' : addressOf(proxy?.url),
    target: sandbox ? { kind: 'sandbox' } : { kind: 'webhook', url: new Secret(webhook) },
    secret:
      config.secret === undefined
        ? undefined
        : new Secret(secretOf(config.secret, [...path, 'secret'], context)),
    keywords: config.keywords ?? [],
    proxy: proxy === undefined ? undefined : new Secret(proxy.url),
    ...(proxy?.variable === undefined ? {} : { proxyVariable: proxy.variable }),
    timeoutMs,
    limits: limitsOf(config.limits, [...path, 'limits'], {
      ...context,
      penalty: sandbox ? SANDBOX_PENALTY : '10m',
      isDingtalk: DINGTALK.includes(url?.hostname ?? ''),
    }),
    monthly: config.monthly,
    expect: expectOf(config.expect, (what) => context.fault([...path, 'expect', 'regex'], what)),
  }
}

interface Proxy {
  url: string
  variable: string | undefined
}

/** The robot's own proxy, else that of the environment; undefined for `none`. */
function proxyOf(
  config: RobotConfig['proxy'],
  { webhook, path, context }: { webhook: string; path: Path; context: RobotContext },
): Proxy | undefined {
  const where = [...path, 'proxy']
  const found =
    config === undefined
      ? proxyInEnvironment(webhook, context.env)
      : { value: secretOf(config, where, context), variable: undefined }
  if (found === undefined || found.value === 'none' || found.value === '') return undefined
  const { value, variable } = found
  const url = proxyUrl(value)
  if (url !== undefined) return { url, variable }
  const form = 'must be http://HOST:PORT, with USER:PASSWORD@ before HOST if it needs them'
  if (variable === undefined) context.fault(where, `${form}, or none for no proxy`)
  else context.fault(path, `${variable} of the environment ${form}; or set "proxy: none"`)
  return undefined
}

/** Identifies the public address of a robot: robots with the same proxy, or with none, share it. */
function addressOf(proxy: string | undefined): string {
  return proxy === undefined ? 'direct' : `proxy-${hash(new URL(proxy).host, 12)}`
}

/** DingTalk's limit for each robot. */
const MAX_PER_MINUTE = 20

/** The sandbox's default penalty; short, because a person watches it. */
const SANDBOX_PENALTY = '1m'

function limitsOf(
  config: RobotConfig['limits'],
  path: Path,
  {
    fault,
    warn,
    penalty,
    isDingtalk,
  }: Pick<SettingsContext, 'fault' | 'warn'> & { penalty: string; isDingtalk: boolean },
): Limits {
  const limits = {
    messages: config?.messages ?? 20,
    perMs: durationMs(config?.per ?? '60s'),
    penaltyMs: durationMs(config?.penalty ?? penalty),
  }
  if (limits.perMs < 1) fault([...path, 'per'], 'must be longer than 0')
  if (limits.perMs > MAX_WINDOW_MS)
    fault([...path, 'per'], 'must be at most 24h, the time for which calls are kept')
  if (isDingtalk && limits.messages / limits.perMs > MAX_PER_MINUTE / 60_000)
    warn(
      path,
      `allows more than DingTalk does: ${MAX_PER_MINUTE} messages a minute; the next one blocks the robot for ten minutes`,
    )
  return limits
}

/**
 * The key of a robot is a hash of its token, because DingTalk counts calls by token, regardless of the webhook's address.
 * Earlier versions hashed the address as well. USUAL_ADDRESS in the hash keeps the key of most webhooks unchanged; for
 * other webhooks `formerKey` is the earlier key.
 */
function keysOf(url: URL): Pick<Robot, 'key' | 'formerKey'> {
  const address = `${url.origin}${url.pathname}`
  const token = url.searchParams.get('access_token')
  const former = hash(`${address}${token ?? url.search}`, 16)
  const counted = token?.trim() ? `${USUAL_ADDRESS}${token.trim()}` : `${address}${url.search}`
  const key = hash(counted, 16)
  return former === key ? { key } : { key, formerKey: former }
}

const USUAL_ADDRESS = 'https://oapi.dingtalk.com/robot/send'

function expectOf(config: RobotConfig['expect'], fault: (what: string) => void): Expectation {
  if (config?.status !== undefined) return { kind: 'status', status: config.status }
  if (config?.regex !== undefined) {
    try {
      return { kind: 'regex', pattern: compilePattern(config.regex) }
    } catch (error) {
      fault(`invalid pattern: ${(error as Error).message}`)
    }
  }
  return { kind: 'json', subset: config?.json ?? { errcode: 0 } }
}

/** Warns of robots that have the same access token. */
export function warnOfSharedTokens(
  robots: ReadonlyMap<string, Robot>,
  { warn }: Pick<SettingsContext, 'warn'>,
): void {
  const first = new Map<string, string>()
  for (const { name, key } of robots.values()) {
    const other = first.get(key)
    if (other === undefined) first.set(key, name)
    else warn(['robots', name], `has the access token of ${other}; both share its limit`)
  }
}

function hash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}
