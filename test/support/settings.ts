import { networksOf } from '../../src/config/networks.ts'
import type { Access } from '../../src/model/access.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Channel, Robot, Settings } from '../../src/model/settings.ts'

/** A sandbox robot with DingTalk's limits. */
export function robotNamed(name: string, changes: Partial<Robot> = {}): Robot {
  return {
    name,
    key: `sandbox-${name}`,
    address: 'sandbox',
    target: { kind: 'sandbox' },
    secret: undefined,
    keywords: [],
    proxy: undefined,
    timeoutMs: 5_000,
    limits: { messages: 20, perMs: 60_000, penaltyMs: 600_000 },
    monthly: undefined,
    expect: { kind: 'json', subset: { errcode: 0 } },
    ...changes,
  }
}

/** A channel with all defaults. */
export function channelNamed(name: string, changes: Partial<Channel> = {}): Channel {
  return {
    name,
    robots: ['ops-1'],
    mode: 'all',
    format: 'markdown',
    template: { kind: 'named', name: 'default' },
    title: undefined,
    mention: { mobiles: [], users: [], all: false, rules: [] },
    aggregate: { everyMs: 600_000, by: undefined },
    pushLimits: undefined,
    sendResolved: true,
    digest: { maxMessages: 3 },
    levels: new Map(),
    variables: new Map(),
    announceSilences: false,
    ...changes,
  }
}

/** Default access: anyone may post, and only this machine has admin access. */
export function accessOf(changes: Partial<Access> = {}): Access {
  return {
    auth: [],
    allowFrom: undefined,
    trustedProxies: networksOf([]),
    admin: { token: undefined, protect: new Set() },
    tls: undefined,
    users: new Map(),
    headers: new Map(),
    ...changes,
  }
}

/** Settings with the given robots and channels, by default one of each. */
export function settingsOf(
  {
    robots = [robotNamed('ops-1')],
    channels = [channelNamed('ops')],
  }: { robots?: readonly Robot[]; channels?: readonly Channel[] } = {},
  changes: Partial<Settings> = {},
): Settings {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    externalUrl: undefined,
    store: new Secret('sqlite::memory:'),
    timezone: 'Asia/Shanghai',
    language: 'en-US',
    templates: '/nonexistent',
    retentionMs: 7 * 86_400_000,
    monthlyQuota: undefined,
    access: accessOf(),
    robots: new Map(robots.map((robot) => [robot.name, robot])),
    channels: new Map(channels.map((channel) => [channel.name, channel])),
    levels: new Map(),
    routes: [],
    people: new Map(),
    rotas: new Map(),
    alertmanagers: [],
    ...changes,
  }
}

/** The name of a channel's template; undefined for a text. */
export function templateNamed(template: Channel['template'] | undefined): string | undefined {
  return template?.kind === 'named' ? template.name : undefined
}
