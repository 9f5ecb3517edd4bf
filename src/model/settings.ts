import type { Access } from './access.ts'
import type { Level } from './level.ts'
import type { Matcher, Pattern } from './matcher.ts'
import type { Directory, MentionTargets } from './people.ts'
import type { Secret } from './secret.ts'

export type Language = 'en-US' | 'zh-CN' | 'zh-TW'
export type Format = 'markdown' | 'text' | 'actionCard'

/** The validated configuration, with defaults and secrets resolved. */
export interface Settings extends Directory {
  listen: { host: string; port: number }
  /** Public address of the console, without a trailing slash. */
  externalUrl: string | undefined
  /** `sqlite:` with an absolute path or `:memory:`, or a database URL, which may contain a password. */
  store: Secret
  timezone: string
  language: Language
  /** Additional words for levels, keyed by `levelKey`; those of a channel take precedence. */
  levels: ReadonlyMap<string, Level>
  /** Absolute path of the operator's templates; it need not exist. */
  templates: string
  retentionMs: number
  /** Calls a month of the organisation, for all robots together. */
  monthlyQuota: number | undefined
  access: Access
  robots: ReadonlyMap<string, Robot>
  channels: ReadonlyMap<string, Channel>
  /** The channel that every name in a URL leads to; undefined if a configuration file names the channels. */
  onlyChannel?: string
  /** The first that matches applies; empty: `auto` is not served. */
  routes: readonly Route[]
  /** Where silences are made; several of one external URL are members of a cluster. */
  alertmanagers: readonly Alertmanager[]
}

/** An Alertmanager whose API the receiver may use. */
export interface Alertmanager {
  /** Where it is reached, without a slash at the end. */
  url: string
  /** As its alerts name it, in the form of `comparableUrl`. */
  externalUrl: string
  /** The value of the header `Authorization`. */
  authorization: Secret | undefined
}

/** One DingTalk webhook: one access token, one call limit. */
export interface Robot {
  name: string
  /**
   * Identifies the access token, by whose hash calls are counted: names, hosts and paths of one token share it. The key
   * of a sandbox robot begins with SANDBOX_KEY.
   */
  key: string
  /** The key in earlier versions, which also hashed the address; absent if it is the same. */
  formerKey?: string
  /** Egress: `direct`, or a hash of the proxy. Robots behind the same egress share its IP-level penalty. */
  address: string
  target: { kind: 'sandbox' } | { kind: 'webhook'; url: Secret }
  secret: Secret | undefined
  keywords: readonly string[]
  /** Normalised to `http://host:port`, with user and password if given. */
  proxy: Secret | undefined
  /** The environment variable that names the proxy; absent where the configuration does. */
  proxyVariable?: string
  timeoutMs: number
  limits: Limits
  /** Cap on this robot's calls a month. */
  monthly: number | undefined
  expect: Expectation
}

/** Prefix of the keys of sandbox robots; all other keys are hex digits. */
export const SANDBOX_KEY = 'sandbox-'

/** Whether calls of a key count for the organisation's quota; calls to the sandbox do not. */
export function countsForQuota(key: string): boolean {
  return !key.startsWith(SANDBOX_KEY)
}

/** At most `messages` calls in any window of `perMs`; after a throttle reply the robot pauses for `penaltyMs`. */
export interface Limits {
  messages: number
  perMs: number
  penaltyMs: number
}

/** The reply that counts as accepted. */
export type Expectation =
  | { kind: 'json'; subset: Readonly<Record<string, unknown>> }
  | { kind: 'regex'; pattern: Pattern }
  | { kind: 'status'; status: number }

export interface Channel {
  name: string
  robots: readonly string[]
  mode: 'all' | 'pool'
  format: Format
  /** The name of a file in templates/, or the template's text. */
  template: { kind: 'named'; name: string } | { kind: 'inline'; text: string }
  /** In OCP's `${}` syntax; undefined: level, name and object. */
  title: string | undefined
  mention: MentionTargets & { rules: readonly MentionRule[] }
  aggregate: Aggregate | undefined
  inlet?: Inlet
  pushLimits:
    | { hour: number | undefined; day: number | undefined; pass: readonly Level[] }
    | undefined
  sendResolved: boolean
  /** Where its messages differ from those of the other channels. */
  language?: Language
  timezone?: string
  digest: { maxMessages: number }
  /** Additional words for levels in this channel, including those of the whole configuration. */
  levels: ReadonlyMap<string, Level>
  /** Derived or overridden variables, in OCP's `${}` syntax. */
  variables: ReadonlyMap<string, string>
  /** One line in the group when a silence is made from one of its messages. */
  announceSilences: boolean
}

/** Delivers the same alert once in a period. */
export interface Aggregate {
  everyMs: number
  by: readonly string[] | undefined
  /** When alerts join a group of Alertmanager, deliver only those that the DingTalk group has not seen. */
  changes?: boolean
}

/** Credentials of senders to one channel. */
export interface Inlet {
  /** The channel's access token at `/robot/send`; undefined: its name. */
  token?: Secret
  /** Secret of the signature that requests to `/robot/send` carry, as for DingTalk's robots. */
  secret?: Secret
  /** Secret of the body's HMAC, as Grafana's webhook contact point sends it. */
  hmac?: Secret
}

/** Additional mentions for alerts that match. */
export interface MentionRule extends MentionTargets {
  matchers: readonly Matcher[]
}

/** The channels of an alert for which all matchers hold. */
export interface Route {
  matchers: readonly Matcher[]
  channels: readonly string[]
}

/** A channel's queues: one of each robot, or in mode `pool` one that its robots share. */
export function queuesOf(channel: Channel): string[] {
  return channel.mode === 'pool' ? [`channel:${channel.name}`] : channel.robots.map(queueOfRobot)
}

/** The queue of one robot, which also holds its test messages. */
export function queueOfRobot(name: string): string {
  return `robot:${name}`
}

/** Robot keys of earlier versions, each with the current one. */
export function formerKeysOf({ robots }: Settings): { from: string; to: string }[] {
  return [...robots.values()].flatMap(({ key, formerKey }) =>
    formerKey === undefined ? [] : [{ from: formerKey, to: key }],
  )
}

/** A URL so that two ways to write one address are equal; undefined if the text is not a URL. */
export function comparableUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`
}

/** The members of the cluster that sent an alert, by its external URL. */
export function alertmanagersFor(
  externalUrl: string | undefined,
  { alertmanagers }: Pick<Settings, 'alertmanagers'>,
): Alertmanager[] {
  const wanted = comparableUrl(externalUrl ?? '')
  return wanted === undefined ? [] : alertmanagers.filter((each) => each.externalUrl === wanted)
}
