import { createHash } from 'node:crypto'
import { resolve as resolvePath } from 'node:path'
import { IANAZone } from 'luxon'
import type { Mention } from '../model/alert.ts'
import { LEVEL_ALIASES, LEVEL_NAMES, LEVELS, type Level, levelKey } from '../model/level.ts'
import { Secret } from '../model/secret.ts'
import {
  type Channel,
  type Expectation,
  type Robot,
  type Route,
  SANDBOX_KEY,
  type Settings,
} from '../model/settings.ts'
import { accessOf } from './access.ts'
import { durationMs } from './duration.ts'
import { checkInlets, inletOf } from './inlet.ts'
import { compilePattern, matchersAt } from './matchers.ts'
import type { ChannelConfig, Config, RobotConfig } from './schema.ts'
import type { SecretConfig } from './secret-schema.ts'
import { secretOf } from './secrets.ts'
import type { Path, SettingsContext } from './settings-context.ts'
import { suggestion } from './validate.ts'
import { type WebhookContext, webhookOf } from './webhook.ts'

const MAX_MENTIONED = 50

/** A longer window would look for calls that the store has forgotten. */
const MAX_WINDOW_MS = 24 * 3_600_000

/** The settings that a configuration of the right form means; what it means wrongly is told as faults. */
export function settingsFrom(config: Config, context: SettingsContext): Settings {
  const { folder, fault } = context
  const timezone = config.timezone ?? 'Asia/Shanghai'
  if (!IANAZone.isValidZone(timezone))
    fault(
      ['timezone'],
      `${JSON.stringify(timezone)} is no time zone; write one such as Asia/Shanghai`,
    )
  const retentionMs = durationMs(config.retention ?? '7d')
  if (retentionMs < 3_600_000) fault(['retention'], 'must be 1h at least')
  const robots = new Map(
    Object.entries(config.robots).map(([name, each]) => [
      name,
      robotOf(name, each, { ...context, hosts: config.robot_hosts }),
    ]),
  )
  warnOfSharedTokens(robots, context)
  const levels = levelsOf(config.levels)
  const channels = new Map(
    Object.entries(config.channels).map(([name, each]) => {
      if (name === 'auto')
        fault(['channels', name], 'is the name under which routes are reached; choose another')
      return [name, channelOf(name, each, { ...context, robots: [...robots.keys()], levels })]
    }),
  )
  checkInlets(channels, fault)
  return {
    listen: listenOf(config.listen ?? '127.0.0.1:8060', (what) => fault(['listen'], what)),
    externalUrl: config.external_url?.replace(/\/+$/, ''),
    store: storeOf(config.store ?? 'sqlite:data/receiver.db', context),
    timezone,
    language: config.language ?? 'en-US',
    levels,
    templates: resolvePath(folder, config.templates ?? 'templates'),
    retentionMs,
    monthlyQuota: config.quota?.monthly,
    access: accessOf(config, context),
    robots,
    channels,
    routes: routesOf(config.routes ?? [], { ...context, channels: [...channels.keys()] }),
  }
}

export function listenOf(text: string, fault: (what: string) => void): Settings['listen'] {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535)
    fault(`${JSON.stringify(text)} must be HOST:PORT, such as 127.0.0.1:8060`)
  return { host: host.replace(/^\[|\]$/g, '') || '0.0.0.0', port: Number(port) }
}

function storeOf(value: SecretConfig, context: SettingsContext): Secret {
  const url = secretOf(value, ['store'], context)
  const [, scheme, rest] = /^([a-z]+):(.*)$/s.exec(url) ?? []
  if (scheme === 'postgres' || scheme === 'postgresql') {
    // What else is wrong with it is said when it is opened, by those who know.
    if (!URL.canParse(url) || new URL(url).pathname.length < 2)
      context.fault(
        ['store'],
        'must be postgres://HOST:5432/DATABASE, with USER:PASSWORD@ before the host',
      )
    return new Secret(url)
  }
  if (scheme !== 'sqlite' || rest === '')
    context.fault(['store'], 'must be sqlite:PATH or postgres://HOST:5432/DATABASE')
  return new Secret(
    rest === ':memory:' ? 'sqlite::memory:' : `sqlite:${resolvePath(context.folder, rest ?? '')}`,
  )
}

function robotOf(
  name: string,
  config: RobotConfig,
  context: SettingsContext & Pick<WebhookContext, 'hosts'>,
): Robot {
  const path = ['robots', name]
  if (name === 'organisation')
    context.fault(path, 'is what the quota of all robots together is called; choose another name')
  const webhook = secretOf(config.webhook, [...path, 'webhook'], context)
  const proxy =
    config.proxy === undefined
      ? undefined
      : proxyOf(secretOf(config.proxy, [...path, 'proxy'], context), () =>
          context.fault([...path, 'proxy'], 'must be http://[user:password@]host:port'),
        )
  const sandbox = webhook === 'sandbox'
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
  const limits = {
    messages: config.limits?.messages ?? 20,
    perMs: durationMs(config.limits?.per ?? '60s'),
    penaltyMs: durationMs(config.limits?.penalty ?? '10m'),
  }
  if (limits.perMs < 1) context.fault([...path, 'limits', 'per'], 'must be longer than nothing')
  if (limits.perMs > MAX_WINDOW_MS)
    context.fault([...path, 'limits', 'per'], 'must be at most 24h, for which calls are kept')
  return {
    name,
    ...(url === undefined ? { key: `${SANDBOX_KEY}${name}` } : keysOf(url)),
    address: sandbox
      ? 'sandbox'
      : proxy === undefined
        ? 'direct'
        : `proxy-${hash(new URL(proxy).host, 12)}`,
    target: sandbox ? { kind: 'sandbox' } : { kind: 'webhook', url: new Secret(webhook) },
    secret:
      config.secret === undefined
        ? undefined
        : new Secret(secretOf(config.secret, [...path, 'secret'], context)),
    keywords: config.keywords ?? [],
    proxy: proxy === undefined ? undefined : new Secret(proxy),
    timeoutMs,
    limits,
    monthly: config.monthly,
    expect: expectOf(config.expect, (what) => context.fault([...path, 'expect', 'regex'], what)),
  }
}

/**
 * DingTalk counts a token, whatever host, scheme or path it is reached by. The usual address stands in the hash, so that
 * the key of a usual webhook is what it was when the address took part in it; of others that key is given as well.
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

/** `http://host:port`, or `http:host:port` as OCP wrote it before 4.2.0; normalised, without a slash at the end. */
function proxyOf(text: string, fault: () => void): string | undefined {
  const normalised = text.replace(/^(https?):(?!\/\/)/, '$1://')
  const url = URL.canParse(normalised) ? new URL(normalised) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    if (text !== '') fault()
    return undefined
  }
  return url.href.replace(/\/$/, '')
}

function expectOf(config: RobotConfig['expect'], fault: (what: string) => void): Expectation {
  if (config?.status !== undefined) return { kind: 'status', status: config.status }
  if (config?.regex !== undefined) {
    try {
      return { kind: 'regex', pattern: compilePattern(config.regex) }
    } catch (error) {
      fault(`is no pattern: ${(error as Error).message}`)
    }
  }
  return { kind: 'json', subset: config?.json ?? { errcode: 0 } }
}

function warnOfSharedTokens(robots: ReadonlyMap<string, Robot>, { warn }: SettingsContext): void {
  const first = new Map<string, string>()
  for (const { name, key } of robots.values()) {
    const other = first.get(key)
    if (other === undefined) first.set(key, name)
    else warn(['robots', name], `has the access token of ${other}; both share its limit`)
  }
}

function channelOf(
  name: string,
  config: ChannelConfig,
  context: SettingsContext & { robots: readonly string[]; levels: ReadonlyMap<string, Level> },
): Channel {
  const path = ['channels', name]
  const { fault, robots } = context
  for (const [index, robot] of config.robots.entries())
    if (!robots.includes(robot))
      fault(
        [...path, 'robots', index],
        `there is no robot ${JSON.stringify(robot)}${suggestion(robot, robots)}; there is: ${robots.join(', ')}`,
      )
  const rules = (config.mention?.rules ?? []).map((rule, index) => {
    const at = [...path, 'mention', 'rules', index]
    return {
      ...mentionOf(rule, at, fault),
      matchers: matchersAt(rule.matchers, [...at, 'matchers'], fault),
    }
  })
  const { aggregate } = config
  const isName = /^[\w-]+$/.test(config.template ?? 'default')
  return {
    name,
    robots: config.robots,
    mode: config.mode ?? 'all',
    format: config.format ?? 'markdown',
    template: isName
      ? { kind: 'named', name: config.template ?? 'default' }
      : { kind: 'inline', text: config.template as string },
    title: config.title,
    mention: { ...mentionOf(config.mention ?? {}, [...path, 'mention'], fault), rules },
    aggregate:
      aggregate === false
        ? undefined
        : {
            everyMs: durationMs((aggregate as { every?: string } | undefined)?.every ?? '10m'),
            by: (aggregate as { by?: string[] } | undefined)?.by,
            ...((aggregate as { changes?: boolean } | undefined)?.changes ? { changes: true } : {}),
          },
    ...(config.inlet === undefined
      ? {}
      : { inlet: inletOf(config.inlet, { ...context, path: [...path, 'inlet'] }) }),
    pushLimits: config.push_limits && {
      hour: config.push_limits.hour,
      day: config.push_limits.day,
      pass: (config.push_limits.pass ?? []).map(levelNamed),
    },
    sendResolved: config.send_resolved ?? true,
    digest: { maxMessages: config.digest?.max_messages ?? 3 },
    levels: new Map([...context.levels, ...levelsOf(config.levels)]),
    variables: new Map(Object.entries(config.variables ?? {})),
  }
}

function levelsOf(words: Readonly<Record<string, string>> = {}): Map<string, Level> {
  return new Map(Object.entries(words).map(([word, level]) => [levelKey(word), levelNamed(level)]))
}

function levelNamed(name: string): Level {
  if (Object.hasOwn(LEVEL_ALIASES, name)) return LEVEL_ALIASES[name as keyof typeof LEVEL_ALIASES]
  return LEVELS.find((level) => LEVEL_NAMES[level] === name) as Level
}

interface MentionConfig {
  mobiles?: string | (string | number)[] | undefined
  users?: (string | number)[] | undefined
  all?: boolean | undefined
}

function mentionOf(config: MentionConfig, path: Path, fault: SettingsContext['fault']): Mention {
  const list =
    typeof config.mobiles === 'string' ? config.mobiles.split(/[,，;\s]+/) : (config.mobiles ?? [])
  const mobiles = list.map((each) => String(each).trim()).filter((each) => each !== '')
  const users = (config.users ?? []).map(String)
  if (mobiles.length + users.length > MAX_MENTIONED)
    fault(path, `mentions more than ${MAX_MENTIONED} people, which DingTalk refuses`)
  return { mobiles, users, all: config.all ?? false }
}

function routesOf(
  configs: NonNullable<Config['routes']>,
  { fault, channels }: SettingsContext & { channels: readonly string[] },
): Route[] {
  return configs.map((config, index) => {
    const isLast = index === configs.length - 1
    const has = [config.matchers ?? []].flat().some((text) => !/^[\s{}]*$/.test(text))
    if (isLast && has)
      fault(
        ['routes', index],
        'the last route must have no matchers, so that every alert has a channel',
      )
    if (!isLast && !has)
      fault(['routes', index], 'has no matchers, so the routes after it are never reached')
    for (const [at, channel] of config.channels.entries())
      if (!channels.includes(channel))
        fault(
          ['routes', index, 'channels', at],
          `there is no channel ${JSON.stringify(channel)}${suggestion(channel, channels)}; there is: ${channels.join(', ')}`,
        )
    return {
      matchers: matchersAt(config.matchers, ['routes', index, 'matchers'], fault),
      channels: config.channels,
    }
  })
}

function hash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}
