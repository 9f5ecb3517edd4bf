import type { Access } from './access.ts'
import type { Mention } from './alert.ts'
import type { Level } from './level.ts'
import type { Matcher, Pattern } from './matcher.ts'
import type { Secret } from './secret.ts'

export type Language = 'en-US' | 'zh-CN' | 'zh-TW'
export type Format = 'markdown' | 'text' | 'actionCard'

/** The whole configuration, checked and with its defaults and secrets filled in. */
export interface Settings {
  listen: { host: string; port: number }
  /** Where people reach the console, without a slash at the end. */
  externalUrl: string | undefined
  /** `sqlite:PATH` with an absolute path or `:memory:`; a secret, since other stores carry a password. */
  store: Secret
  timezone: string
  language: Language
  /** Words of the operator's own for levels, as `levelKey` makes them; those of a channel come before them. */
  levels: ReadonlyMap<string, Level>
  /** Absolute folder of the operator's own templates; it need not exist. */
  templates: string
  retentionMs: number
  /** Calls a month for the whole organisation, all robots together. */
  monthlyQuota: number | undefined
  access: Access
  robots: ReadonlyMap<string, Robot>
  channels: ReadonlyMap<string, Channel>
  /** The channel to which every name in a URL leads; undefined where a configuration file names the channels. */
  onlyChannel?: string
  /** In order; the first that matches is taken; empty when `auto` is not served. */
  routes: readonly Route[]
}

/** One DingTalk webhook: one access token, one call limit. */
export interface Robot {
  name: string
  /**
   * What its calls are counted under: a hash of the access token alone, so that two names, hosts or paths for one token
   * share it. A robot of the sandbox has one that begins with SANDBOX_KEY.
   */
  key: string
  /** What versions counted it under that took the address into the key as well; absent where it is the same. */
  formerKey?: string
  /** What leaves through the same address shares a penalty for the address: `direct`, or a hash of the proxy. */
  address: string
  target: { kind: 'sandbox' } | { kind: 'webhook'; url: Secret }
  secret: Secret | undefined
  keywords: readonly string[]
  /** Normalised to `http://host:port`, with user and password where given. */
  proxy: Secret | undefined
  /** The environment variable that names the proxy; absent where the configuration does. */
  proxyVariable?: string
  timeoutMs: number
  limits: Limits
  /** An administrator's cap on this robot's calls a month. */
  monthly: number | undefined
  expect: Expectation
}

/** How the keys of the sandbox's robots begin; all others are hex digits. */
export const SANDBOX_KEY = 'sandbox-'

/** Whether the calls of a robot's key count for the quota of the organisation; those to the sandbox never leave here. */
export function countsForQuota(key: string): boolean {
  return !key.startsWith(SANDBOX_KEY)
}

/** At most `messages` calls in any window of `perMs`; after a throttle reply silence for `penaltyMs`. */
export interface Limits {
  messages: number
  perMs: number
  penaltyMs: number
}

/** What a reply must be to count as accepted. */
export type Expectation =
  | { kind: 'json'; subset: Readonly<Record<string, unknown>> }
  | { kind: 'regex'; pattern: Pattern }
  | { kind: 'status'; status: number }

export interface Channel {
  name: string
  robots: readonly string[]
  mode: 'all' | 'pool'
  format: Format
  /** A name in templates/, or the text itself. */
  template: { kind: 'named'; name: string } | { kind: 'inline'; text: string }
  /** In OCP's `${}` syntax; absent: level, name and object. */
  title: string | undefined
  mention: Mention & { rules: readonly MentionRule[] }
  aggregate: Aggregate | undefined
  inlet?: Inlet
  pushLimits:
    | { hour: number | undefined; day: number | undefined; pass: readonly Level[] }
    | undefined
  sendResolved: boolean
  digest: { maxMessages: number }
  /** Words of the operator's own for levels in this channel, those of the whole configuration included. */
  levels: ReadonlyMap<string, Level>
  /** Name and text in OCP's `${}` syntax; derive or override variables. */
  variables: ReadonlyMap<string, string>
}

/** The same alert is delivered once in a period. */
export interface Aggregate {
  everyMs: number
  by: readonly string[] | undefined
  /** Where alerts joined a group of Alertmanager's, only those are delivered that the group has not seen. */
  changes?: boolean
}

/** What senders to this channel show. */
export interface Inlet {
  /** The access token under which `/robot/send` knows the channel; undefined: its name. */
  token?: Secret
  /** Signs a request to `/robot/send` as DingTalk's robots ask for it. */
  secret?: Secret
  /** Signs the body, as Grafana's webhook contact point does. */
  hmac?: Secret
}

/** Whom to mention in addition where the alert matches. */
export interface MentionRule extends Mention {
  matchers: readonly Matcher[]
}

/** The channels of an alert for which all matchers hold. */
export interface Route {
  matchers: readonly Matcher[]
  channels: readonly string[]
}

/** What waits for one group: a robot's own, or a channel's shared by its robots. */
export function queuesOf(channel: Channel): string[] {
  return channel.mode === 'pool' ? [`channel:${channel.name}`] : channel.robots.map(queueOfRobot)
}

/** The queue of a robot alone; tests of the robot wait there, too. */
export function queueOfRobot(name: string): string {
  return `robot:${name}`
}

/** The keys under which an earlier version counted robots, each with that of today. */
export function formerKeysOf({ robots }: Settings): { from: string; to: string }[] {
  return [...robots.values()].flatMap(({ key, formerKey }) =>
    formerKey === undefined ? [] : [{ from: formerKey, to: key }],
  )
}
