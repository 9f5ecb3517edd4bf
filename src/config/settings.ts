import { existsSync } from 'node:fs'
import { join, resolve as resolvePath } from 'node:path'
import { IANAZone } from 'luxon'
import { type Level, levelKey, levelOf } from '../model/level.ts'
import type { Directory } from '../model/people.ts'
import { Secret } from '../model/secret.ts'
import type { Channel, Route, Settings } from '../model/settings.ts'
import { accessOf } from './access.ts'
import { alertmanagersOf } from './alertmanagers.ts'
import { durationMs } from './duration.ts'
import { checkInlets, inletOf } from './inlet.ts'
import { matchersAt } from './matchers.ts'
import { directoryOf, mentionOf } from './people.ts'
import { robotOf, warnOfSharedTokens } from './robots.ts'
import type { ChannelConfig, Config } from './schema.ts'
import type { SecretConfig } from './schema-parts.ts'
import { secretOf } from './secrets.ts'
import { knownNames, type Path, type SettingsContext } from './settings-context.ts'
import { checkTexts } from './texts.ts'

/** Resolves a schema-valid configuration to settings; reports every fault that the schema cannot express. */
export function settingsFrom(config: Config, context: SettingsContext): Settings {
  const { folder, fault } = context
  const timezone = config.timezone ?? 'Asia/Shanghai'
  assertTimezone(timezone, ['timezone'], context)
  const retentionMs = durationMs(config.retention ?? '7d')
  if (retentionMs < 3_600_000) fault(['retention'], 'must be at least 1h')
  const robots = new Map(
    Object.entries(config.robots).map(([name, each]) => [
      name,
      robotOf(name, each, { ...context, hosts: config.robot_hosts }),
    ]),
  )
  warnOfSharedTokens(robots, context)
  const directory = directoryOf(config, { fault, timezone })
  const levels = levelsOf(config.levels)
  const channels = new Map(
    Object.entries(config.channels).map(([name, each]) => {
      if (name === 'auto') fault(['channels', name], 'is reserved for routes; choose another name')
      const own = { ...context, directory, levels, robots: [...robots.keys()] }
      return [name, channelOf(name, each, own)]
    }),
  )
  checkInlets(channels, fault)
  if (config.external_url !== undefined && hasInnerHost(config.external_url))
    context.warn(
      ['external_url'],
      'has a host that only the cluster can resolve, so the links in messages do not work on a phone',
    )
  return {
    listen: listenOf(config.listen ?? '127.0.0.1:8060', (what) => fault(['listen'], what)),
    externalUrl: config.external_url?.replace(/\/+$/, ''),
    store: storeOf(config.store ?? defaultStore(context), context),
    timezone,
    language: config.language ?? 'en-US',
    levels,
    templates: resolvePath(folder, config.templates ?? 'templates'),
    retentionMs,
    monthlyQuota: config.quota?.monthly,
    access: accessOf(config, context),
    ...directory,
    alertmanagers: alertmanagersOf(config, context),
    robots,
    channels,
    routes: routesOf(config.routes ?? [], { ...context, channels: [...channels.keys()] }),
  }
}

/** True if only a Kubernetes cluster resolves the URL's host: a Service's name, or a name without a domain. */
export function hasInnerHost(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  if (hostname === 'localhost' || /^[\d.]+$|^\[/.test(hostname)) return false
  return !hostname.includes('.') || /\.(?:svc|cluster\.local)\.?$/.test(hostname)
}

export function listenOf(text: string, fault: (what: string) => void): Settings['listen'] {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535)
    fault(`${JSON.stringify(text)} must be HOST:PORT, such as 127.0.0.1:8060`)
  return { host: host.replace(/^\[|\]$/g, '') || '0.0.0.0', port: Number(port) }
}

const DEFAULT_STORE = 'data/receiver.db'

/** The default store, beside the configuration; under systemd in the unit's state folder, unless that file exists. */
function defaultStore({ folder, env }: SettingsContext): string {
  const [given] = (env['STATE_DIRECTORY'] ?? '').split(':')
  const exists = existsSync(resolvePath(folder, DEFAULT_STORE))
  return given && !exists ? `sqlite:${join(given, 'receiver.db')}` : `sqlite:${DEFAULT_STORE}`
}

function storeOf(value: SecretConfig, context: SettingsContext): Secret {
  const url = secretOf(value, ['store'], context)
  const [, scheme, rest] = /^([a-z]+):(.*)$/s.exec(url) ?? []
  if (scheme === 'postgres' || scheme === 'postgresql') {
    // The driver reports other mistakes when it connects.
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

function channelOf(
  name: string,
  config: ChannelConfig,
  context: SettingsContext & {
    robots: readonly string[]
    directory: Directory
    levels: ReadonlyMap<string, Level>
  },
): Channel {
  const path = ['channels', name]
  const { fault, robots } = context
  const rules = (config.mention?.rules ?? []).map((rule, index) => {
    const at = [...path, 'mention', 'rules', index]
    return {
      ...mentionOf(rule, at, context),
      matchers: matchersAt(rule.matchers, [...at, 'matchers'], context),
    }
  })
  checkTexts(config, path, context)
  assertTimezone(config.timezone ?? 'UTC', [...path, 'timezone'], context)
  const isName = /^[\w-]+$/.test(config.template ?? 'default')
  return {
    name,
    robots: knownNames(config.robots, [...path, 'robots'], { kind: 'robot', known: robots, fault }),
    mode: config.mode ?? 'all',
    format: config.format ?? 'markdown',
    template: isName
      ? {
          kind: 'named',
          name: config.template ?? 'default',
          place: context.placeOf([...path, 'template']),
        }
      : { kind: 'inline', text: config.template as string },
    title: config.title,
    mention: { ...mentionOf(config.mention ?? {}, [...path, 'mention'], context), rules },
    aggregate: aggregateOf(config.aggregate),
    ...(config.inlet === undefined
      ? {}
      : { inlet: inletOf(config.inlet, { ...context, path: [...path, 'inlet'] }) }),
    pushLimits: config.push_limits && {
      hour: config.push_limits.hour,
      day: config.push_limits.day,
      pass: (config.push_limits.pass ?? []).map((name) => levelOf(name) as Level),
    },
    sendResolved: config.send_resolved ?? true,
    ...(config.language === undefined ? {} : { language: config.language }),
    ...(config.timezone === undefined ? {} : { timezone: config.timezone }),
    digest: { maxMessages: config.digest?.max_messages ?? 3 },
    levels: new Map([...context.levels, ...levelsOf(config.levels)]),
    variables: new Map(Object.entries(config.variables ?? {})),
    announceSilences: config.announce_silences ?? false,
  }
}

function aggregateOf(config: ChannelConfig['aggregate'] = {}): Channel['aggregate'] {
  if (config === false) return undefined
  const { every = '10m', by, changes } = config
  return { everyMs: durationMs(every), by, ...(changes ? { changes: true } : {}) }
}

function assertTimezone(zone: string, path: Path, { fault }: Pick<SettingsContext, 'fault'>): void {
  if (!IANAZone.isValidZone(zone))
    fault(path, `${JSON.stringify(zone)} is not a time zone; write one such as Asia/Shanghai`)
}

function levelsOf(words: Readonly<Record<string, string>> = {}): Map<string, Level> {
  return new Map(
    Object.entries(words).map(([word, level]) => [levelKey(word), levelOf(level) as Level]),
  )
}

function routesOf(
  configs: NonNullable<Config['routes']>,
  context: SettingsContext & { channels: readonly string[] },
): Route[] {
  const { fault, channels } = context
  return configs.map((config, index) => {
    const isLast = index === configs.length - 1
    const hasMatchers = [config.matchers ?? []].flat().some((text) => !/^[\s{}]*$/.test(text))
    if (isLast && hasMatchers)
      fault(
        ['routes', index],
        'the last route must have no matchers, so that every alert reaches a channel',
      )
    if (!isLast && !hasMatchers)
      fault(['routes', index], 'has no matchers, so the routes after it never apply')
    const known = { kind: 'channel', known: channels, fault }
    return {
      matchers: matchersAt(config.matchers, ['routes', index, 'matchers'], context),
      channels: knownNames(config.channels, ['routes', index, 'channels'], known),
    }
  })
}
