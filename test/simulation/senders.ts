import type { SourceName, Status } from '../../src/model/alert.ts'
import type { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import type { Setup } from './history.ts'
import type { Random } from './random.ts'

/** One change of an alert's state, equal for all its repeats: `alert/episode/status/level`. */
export type News = string

export function newsParts(news: News): { alert: string; status: Status } {
  const [alert = '', , status] = news.split('/')
  return { alert, status: status as Status }
}

/** Posts to the service; returns whether the answer was 200, and false at once without a process. */
export type Post = (source: SourceName, body: object, channel: string) => Promise<boolean>

interface Truth {
  firing: boolean
  episode: number
  level: number
  since: number
  until: number
}

const LEVELS = ['critical', 'warning', 'info', 'Down', 'error'] as const

/** First and longest retry interval: Alertmanager's exponential backoff without its jitter. */
const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 60_000

/** Additional wait of each further Alertmanager peer. */
const PEER_MS = 15_000

/** Alertmanager and its peers send alerts with even numbers, OCP those with odd ones. */
export class Senders {
  /** Changes in the order of their first post, and those answered with 200. */
  readonly attempted = new Set<News>()
  readonly acknowledged = new Map<News, number>()
  gossipLostUntil = 0
  readonly #clock: VirtualClock
  readonly #setup: Setup
  readonly #random: Random
  readonly #post: Post
  readonly #channel: (alert: number) => string
  readonly #truth: Truth[]
  /** The notification log of each peer. */
  readonly #notified: Map<string, string>[]
  /** The previous episode of each alert while it fired. */
  readonly #past = new Map<number, Truth>()
  #ended = false
  #flushing = 0

  constructor(options: {
    clock: VirtualClock
    setup: Setup
    random: Random
    post: Post
    channel: (alert: number) => string
  }) {
    this.#clock = options.clock
    this.#setup = options.setup
    this.#random = options.random
    this.#post = options.post
    this.#channel = options.channel
    const { alerts, peers } = options.setup
    const since = this.#now()
    this.#truth = Array.from({ length: alerts }, (_, alert) => ({
      firing: false,
      episode: 0,
      level: usualLevel(alert),
      since,
      until: since,
    }))
    this.#notified = Array.from({ length: peers }, () => new Map())
  }

  start(): void {
    for (let peer = 0; peer < this.#setup.peers; peer += 1)
      for (let group = 0; group < this.#setup.groups; group += 1) void this.#flushes(peer, group)
  }

  /** Whether every peer has sent its final notifications. */
  get isQuiet(): boolean {
    return this.#flushing === 0
  }

  /** Stops all changes; posts in progress continue. */
  end(): void {
    this.#ended = true
  }

  /** The alert begins or ends; `same`: it begins again with its previous start. */
  turn(alert: number, same = false): void {
    const truth = this.#truth[alert]
    if (truth === undefined) return
    truth.firing = !truth.firing
    if (truth.firing) {
      this.#past.set(alert, { ...truth, firing: true })
      truth.episode += 1
      truth.level = usualLevel(alert)
      if (!same) truth.since = this.#now()
    } else truth.until = this.#now()
    if (alert % 2 === 1) void this.#tellOcp(alert, truth.episode)
  }

  /** A firing OCP alert becomes more severe; with Alertmanager that would be a different alert. */
  rise(alert: number): void {
    const truth = this.#truth[alert]
    if (truth === undefined || alert % 2 === 0 || !truth.firing || truth.level === 1) return
    truth.level -= 1
    void this.#tellOcpOnce(alert, truth)
  }

  /** Another Alertmanager group posts the previous episode's firing late. */
  stale(alert: number): void {
    const past = this.#past.get(alert)
    if (past === undefined || past.episode === 0) return
    if (alert % 2 === 1) void this.#tellOcpOnce(alert, past)
    else
      void this.#report('alertmanager', {
        body: {
          version: '4',
          groupKey: '{}:{late}',
          alerts: [this.#alertmanagerAlert(alert, past)],
        },
        news: [newsOf(alert, past)],
        channel: this.#channel(((alert / 2) % this.#setup.groups) * 2),
      })
  }

  /** Several alerts begin at once. */
  burst(from: number, count: number): void {
    for (let alert = from; alert < Math.min(from + count, this.#truth.length); alert += 1)
      if (this.#truth[alert]?.firing === false) this.turn(alert)
  }

  /** OCP posts once, and repeats at an interval while the alert lasts, regardless of the answer. */
  async #tellOcp(alert: number, episode: number): Promise<void> {
    const truth = this.#truth[alert] as Truth
    const { firing } = truth
    do {
      await this.#tellOcpOnce(alert, truth)
      await this.#clock.sleep(this.#setup.repeatMs)
    } while (!this.#ended && firing && truth.firing && truth.episode === episode)
  }

  #tellOcpOnce(alert: number, truth: Truth): Promise<boolean> {
    return this.#report('ocp', {
      body: this.#ocpBody(alert, truth),
      news: [newsOf(alert, truth)],
      channel: this.#channel(alert),
    })
  }

  /** One peer's notifications of one group: changes since the last one, retried until the next is due. */
  async #flushes(peer: number, group: number): Promise<void> {
    const { flushMs } = this.#setup
    this.#flushing += 1
    await this.#clock.sleep(this.#random.below(flushMs))
    for (;;) {
      await this.#clock.sleep(flushMs)
      if (this.#ended && this.#changed(peer, group).length === 0) {
        this.#flushing -= 1
        return
      }
      if (peer > 0) await this.#clock.sleep(PEER_MS * peer)
      const changed = this.#changed(peer, group)
      if (changed.length === 0) continue
      const endsAt = this.#now() + flushMs + PEER_MS * peer
      const isNotified = await this.#notify(group, { changed, endsAt })
      if (!isNotified) continue
      const others = this.#now() < this.gossipLostUntil ? [] : this.#notified
      for (const notified of [this.#notified[peer], ...others])
        for (const [alert, news] of changed) notified?.set(alert, news)
    }
  }

  async #notify(
    group: number,
    { changed, endsAt }: { changed: [string, News][]; endsAt: number },
  ): Promise<boolean> {
    const changedNow = new Set(changed.map(([alert]) => Number(alert)))
    const alerts = this.#alertsOf(group).filter(
      (alert) => changedNow.has(alert) || this.#truth[alert]?.firing,
    )
    const body = {
      version: '4',
      groupKey: `{}:{group="${group}"}`,
      externalURL: `http://alertmanager-${this.#random.below(9)}`,
      alerts: alerts.map((alert) => this.#alertmanagerAlert(alert)),
    }
    const news = alerts.map((alert) => newsOf(alert, this.#truth[alert] as Truth))
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 1.5, MAX_RETRY_MS)) {
      if (await this.#report('alertmanager', { body, news, channel: this.#channel(group * 2) }))
        return true
      if (this.#now() + waitMs > endsAt) return false
      await this.#clock.sleep(waitMs)
    }
  }

  async #report(
    source: SourceName,
    { body, news, channel }: { body: object; news: readonly News[]; channel: string },
  ): Promise<boolean> {
    for (const each of news) this.attempted.add(each)
    const taken = await this.#post(source, body, channel)
    if (taken) for (const each of news) this.acknowledged.set(each, this.#now())
    return taken
  }

  #alertsOf(group: number): number[] {
    return this.#truth.flatMap((_, alert) =>
      alert % 2 === 0 && (alert / 2) % this.#setup.groups === group ? [alert] : [],
    )
  }

  #changed(peer: number, group: number): [string, News][] {
    return this.#alertsOf(group).flatMap((alert): [string, News][] => {
      const truth = this.#truth[alert] as Truth
      const news = newsOf(alert, truth)
      const before = this.#notified[peer]?.get(String(alert))
      // A peer sends resolved only for alerts that it has sent firing.
      if (before === news || (!truth.firing && before === undefined)) return []
      return [[String(alert), news]]
    })
  }

  #alertmanagerAlert(alert: number, truth = this.#truth[alert] as Truth): object {
    return {
      status: statusOf(truth),
      labels: {
        alertname: `rule_${alert % 5}`,
        severity: LEVELS[alert % 5],
        instance: `a${alert}`,
      },
      annotations: { news: newsOf(alert, truth) },
      startsAt: new Date(truth.since).toISOString(),
      endsAt: truth.firing ? '0001-01-01T00:00:00Z' : new Date(truth.until).toISOString(),
      fingerprint: `a${alert}`,
    }
  }

  #ocpBody(alert: number, truth: Truth): object {
    return {
      alarm_type: `rule_${alert % 5}`,
      alarm_name: `rule_${alert % 5}`,
      alarm_target: `host=a${alert}`,
      alarm_level: String(truth.level),
      alarm_status: truth.firing ? 'Active' : 'Inactive',
      alarm_active_at: new Date(truth.since).toISOString(),
      alarm_updated_at: new Date(this.#now()).toISOString(),
      ...(truth.firing ? {} : { alarm_resolved_at: new Date(truth.until).toISOString() }),
      news: newsOf(alert, truth),
    }
  }

  #now(): number {
    return this.#clock.now().getTime()
  }
}

function statusOf({ firing }: Truth): Status {
  return firing ? 'firing' : 'resolved'
}

function newsOf(alert: number, truth: Truth): News {
  return `${alert}/${truth.episode}/${statusOf(truth)}/${truth.level}`
}

function usualLevel(alert: number): number {
  return 1 + (alert % 5)
}
