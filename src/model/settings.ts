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
  /** Absolute path of the operator's templates; the folder need not exist. */
  templates: string
  retentionMs: number
  /** Limit on calls per month for all robots of the organisation together. */
  monthlyQuota: number | undefined
  access: Access
  robots: ReadonlyMap<string, Robot>
  channels: ReadonlyMap<string, Channel>
  /** The channel to which every name in a URL leads; undefined if a configuration file names the channels. */
  onlyChannel?: string
  /** The first route that matches applies. If empty, `auto` is not served. */
  routes: readonly Route[]
  /** The Alertmanagers in which silences are created; those with the same external URL are members of one cluster. */
  alertmanagers: readonly Alertmanager[]
}

/** An Alertmanager whose API the receiver may use. */
export interface Alertmanager {
  /** The address at which it is reached, without a trailing slash. */
  url: string
  /** Its address in alerts (`externalURL`), in the form of `comparableUrl`. */
  externalUrl: string
  /** The value of the header `Authorization`. */
  authorization: Secret | undefined
}

/** One DingTalk webhook: one access token, one call limit. */
export interface Robot {
  name: string
  /**
   * Identifies the access token by its hash, under which calls are counted. Robots with the same token share it,
   * whatever their names, hosts and paths. The key of a sandbox robot begins with SANDBOX_KEY.
   */
  key: string
  /** The key in earlier versions, which also hashed the address; absent if it is equal. */
  formerKey?: string
  /** Egress: `direct`, or a hash of the proxy. Robots behind the same egress share its IP-level penalty. */
  address: string
  target: { kind: 'sandbox' } | { kind: 'webhook'; url: Secret }
  secret: Secret | undefined
  keywords: readonly string[]
  /** Normalised to `http://host:port`, with user and password if given. */
  proxy: Secret | undefined
  /** The environment variable that sets the proxy; absent if the configuration does. */
  proxyVariable?: string
  timeoutMs: number
  limits: Limits
  /** Limit on this robot's calls per month. */
  monthly: number | undefined
  expect: Expectation
}

/** Prefix of the keys of sandbox robots; all other keys are hex digits. */
export const SANDBOX_KEY = 'sandbox-'

/** Whether calls with this key count towards the organisation's quota; calls to the sandbox do not. */
export function countsForQuota(key: string): boolean {
  return !key.startsWith(SANDBOX_KEY)
}

/** At most `messages` calls in any window of `perMs`; after a throttle reply the robot pauses for `penaltyMs`. */
export interface Limits {
  messages: number
  perMs: number
  penaltyMs: number
}

/** The reply that counts as success. */
export type Expectation =
  | { kind: 'json'; subset: Readonly<Record<string, unknown>> }
  | { kind: 'regex'; pattern: Pattern }
  | { kind: 'status'; status: number }

export interface NamedTemplate {
  kind: 'named'
  name: string
  /** The position of the name in the configuration, as `file:line:column`. */
  place?: string
}

export interface Channel {
  name: string
  robots: readonly string[]
  mode: 'all' | 'pool'
  format: Format
  /** The name of a template file, or the template's text. */
  template: NamedTemplate | { kind: 'inline'; text: string }
  /** The title template in OCP's `${}` syntax; undefined: level, name and object. */
  title: string | undefined
  mention: MentionTargets & { rules: readonly MentionRule[] }
  aggregate: Aggregate | undefined
  inlet?: Inlet
  pushLimits:
    | { hour: number | undefined; day: number | undefined; pass: readonly Level[] }
    | undefined
  sendResolved: boolean
  /** Language and time zone of this channel's messages, if they differ from the global settings. */
  language?: Language
  timezone?: string
  digest: { maxMessages: number }
  /** Additional words for levels in this channel, including those of the whole configuration. */
  levels: ReadonlyMap<string, Level>
  /** Derived or overridden variables, in OCP's `${}` syntax. */
  variables: ReadonlyMap<string, string>
  /** Whether the group gets one line when a silence is created from one of its messages. */
  announceSilences: boolean
}

/** Delivers the same alert once in a period. */
export interface Aggregate {
  everyMs: number
  by: readonly string[] | undefined
  /** When alerts join an Alertmanager group, deliver only those that are new to the DingTalk group. */
  changes?: boolean
}

/** Credentials of senders to one channel. */
export interface Inlet {
  /** The channel's access token at `/robot/send`; undefined: its name. */
  token?: Secret
  /** Secret of the signature on requests to `/robot/send`, as for DingTalk's robots. */
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

/** The groups that a channel posts to, each with its queue: one for each robot, or in mode `pool` one for all. */
export function groupsOf({
  name,
  mode,
  robots,
}: Channel): { queue: string; robots: readonly string[] }[] {
  if (mode === 'pool') return [{ queue: `channel:${name}`, robots }]
  return robots.map((robot) => ({ queue: queueOfRobot(robot), robots: [robot] }))
}

/** The queues of a channel's groups. */
export function queuesOf(channel: Channel): string[] {
  return groupsOf(channel).map(({ queue }) => queue)
}

/** The queue of one robot, which also holds its test messages. */
export function queueOfRobot(name: string): string {
  return `robot:${name}`
}

/** The robots' keys of earlier versions, each with the current key. */
export function formerKeysOf({ robots }: Settings): { from: string; to: string }[] {
  return [...robots.values()].flatMap(({ key, formerKey }) =>
    formerKey === undefined ? [] : [{ from: formerKey, to: key }],
  )
}

/** Normalizes a URL, so that two spellings of one address are equal; undefined if the text is not a URL. */
export function comparableUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`
}

/** The members of the Alertmanager cluster that sent an alert, found by its external URL. */
export function alertmanagersFor(
  externalUrl: string | undefined,
  { alertmanagers }: Pick<Settings, 'alertmanagers'>,
): Alertmanager[] {
  const wanted = comparableUrl(externalUrl ?? '')
  return wanted === undefined ? [] : alertmanagers.filter((each) => each.externalUrl === wanted)
}
