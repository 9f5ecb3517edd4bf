import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Channel, Settings } from '../../src/model/settings.ts'
import { createRenderer, type Renderer } from '../../src/rendering/render.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import type { Accepted, AcceptRequest } from '../../src/stores/incoming.ts'
import type { Store } from '../../src/stores/store.ts'
import { channelNamed, robotNamed, settingsOf } from '../support/settings.ts'
import { type Count, countOf } from './checker.ts'
import { Dingtalk } from './dingtalk.ts'
import type { Event, History, Setup, Shape } from './history.ts'
import { Process } from './process.ts'
import { Random } from './random.ts'
import { replyNamed } from './replies.ts'
import { type Post, Senders } from './senders.ts'

const START = new Date('2026-11-24T04:00:00Z')

/** After the last event everything works again: whatever was accepted must be told within so long. */
const QUIET_MS = 30 * 60_000

/** A crash that waits for its point happens all the same after so long. */
const CRASH_WITHIN_MS = 20_000

/** A supervisor starts what could not start again after so long. */
const RESTART_MS = 1_000

/** One request that was committed, and what the store said of it. */
export interface Committed {
  arrival: AcceptRequest
  accepted: Accepted
}

/** Plays a history and counts what became of every alert. */
export async function play(
  history: History,
  folder: string,
  sabotage: (store: Store) => Store = (store) => store,
): Promise<Count> {
  const theatre = new Theatre(history, { folder, sabotage })
  try {
    return await theatre.play()
  } finally {
    theatre.close()
  }
}

class Theatre {
  readonly #history: History
  readonly #folder: string
  readonly #sabotage: (store: Store) => Store
  readonly #clock = new VirtualClock(START)
  readonly #random: Random
  readonly #dingtalk: Dingtalk
  readonly #senders: Senders
  readonly #committed: Committed[] = []
  readonly #claimed = new Map<string, readonly string[]>()
  #shape: Shape
  #process: Process | undefined
  #died = Promise.withResolvers<void>()
  #armed: { point: string; when: string; downMs: number } | undefined
  #skewMs = 0
  #fullUntil = 0
  #generation = 0
  #serial = 0
  #crashes = 0
  #starts = 0

  constructor(
    history: History,
    { folder, sabotage }: { folder: string; sabotage: (store: Store) => Store },
  ) {
    this.#sabotage = sabotage
    const { seed, setup } = history
    this.#history = history
    this.#folder = folder
    this.#shape = setup.shape
    this.#random = new Random(seed ^ 0x5eed)
    const parts = { clock: this.#clock, setup, random: this.#random }
    this.#dingtalk = new Dingtalk(parts)
    const post: Post = async (source, body, channel) => {
      const process = this.#process
      if (process === undefined) return false
      return Promise.race([
        process.post(source, body, channel),
        this.#died.promise.then(() => false),
      ])
    }
    this.#senders = new Senders({ ...parts, post, channel: (alert) => this.#channelOf(alert) })
  }

  async play(): Promise<Count> {
    await this.#start()
    this.#senders.start()
    for (const event of this.#history.events) {
      const waitMs = START.getTime() + event.at - this.#now()
      if (waitMs > 0) await this.#clock.pass(waitMs)
      this.#happen(event)
    }
    await this.#clock.pass(CRASH_WITHIN_MS)
    this.#heal()
    const store = await this.#untilQuiet()
    const { setup } = this.#history
    return countOf({
      setup,
      store,
      dingtalk: this.#dingtalk,
      senders: this.#senders,
      committed: this.#committed,
      claimed: this.#claimed,
      crashes: this.#crashes,
      oneGroup:
        setup.shape !== 'all' &&
        this.#history.events.every((each) => each.kind !== 'reload' || each.shape !== 'all'),
    })
  }

  close(): void {
    this.#process?.die()
    this.#process = undefined
    for (let each = 0; each <= this.#generation; each += 1)
      for (const end of ['', '-wal', '-shm', '-journal'])
        rmSync(`${this.#path(each)}${end}`, { force: true })
  }

  #happen(event: Event): void {
    const now = this.#now()
    switch (event.kind) {
      case 'turn':
        this.#senders.turn(event.alert)
        return
      case 'burst':
        this.#senders.burst(event.from, event.count)
        return
      case 'replies':
        this.#dingtalk.script(replyNamed(event.reply), event.count)
        return
      case 'spell':
        this.#dingtalk.spell(replyNamed(event.reply), event.forMs)
        return
      case 'crash': {
        const armed = event
        this.#armed = armed
        void this.#clock.sleep(CRASH_WITHIN_MS).then(() => {
          if (this.#armed === armed) this.#crash(armed.downMs)
        })
        return
      }
      case 'restart':
        this.#stop(event.downMs)
        return
      case 'step':
        this.#skewMs += event.byMs
        return
      case 'full':
        this.#fullUntil = now + event.forMs
        return
      case 'stall':
        this.#process?.life.freeze(this.#clock.sleep(event.forMs))
        return
      case 'gossip_lost':
        this.#senders.gossipLostUntil = now + event.forMs
        return
      case 'reload':
        this.#shape = event.shape
        this.#reload()
        return
    }
  }

  async #start(): Promise<void> {
    const [settings, renderer] = this.#configured()
    const process = new Process({
      path: this.#path(this.#generation),
      settings,
      renderer,
      clock: this.#clock,
      skewMs: () => this.#skewMs,
      dingtalk: this.#dingtalk,
      random: this.#random,
      serial: () => {
        this.#serial += 1
        return String(this.#serial)
      },
      diesAt: (point, when) => this.#diesAt(process, point, when),
      sabotage: this.#sabotage,
      isFull: () => this.#now() < this.#fullUntil,
      claimed: (uuid, alerts) => this.#claimed.set(uuid, alerts),
      committed: (arrival, accepted) => this.#committed.push({ arrival, accepted }),
    })
    this.#died = Promise.withResolvers()
    this.#process = process
    this.#starts += 1
    const unnoticed = this.#lastOffsetMs === undefined ? 0 : this.#skewMs - this.#lastOffsetMs
    // Set forward while no process ran, or as it died: calls and penalties look older, and nothing can tell.
    if (unnoticed > 10) {
      const { perMs, penaltyMs } = this.#history.setup.limits
      this.#dingtalk.excusedUntil =
        this.#now() + Math.max(perMs, penaltyMs) + 2 * this.#history.setup.timeoutMs
    }
    try {
      await process.start()
    } catch {
      // No crash: the service says why and ends.
      if (this.#process !== process) return
      this.#crashes -= 1
      this.#crash(RESTART_MS)
    }
  }

  #lastOffsetMs: number | undefined

  #diesAt(process: Process, point: string, when: 'before' | 'after'): boolean {
    const armed = this.#armed
    if (process !== this.#process || armed === undefined) return false
    if (armed.point !== point || armed.when !== when) return false
    this.#crash(armed.downMs)
    return true
  }

  /** As kill -9 does: the file is left as it is, and whoever was answered nothing knows that the connection broke. */
  #crash(downMs: number): void {
    const process = this.#process
    this.#armed = undefined
    if (process === undefined) return
    this.#crashes += 1
    this.#leave(process)
    const [from, to] = [this.#path(this.#generation), this.#path(this.#generation + 1)]
    for (const end of ['', '-wal'])
      if (existsSync(`${from}${end}`)) copyFileSync(`${from}${end}`, `${to}${end}`)
    this.#generation += 1
    process.die()
    this.#comeBack(downMs)
  }

  #reload(): void {
    const process = this.#process
    void process?.reload(...this.#configured()).catch(() => undefined)
  }

  #stop(downMs: number): void {
    const process = this.#process
    if (process === undefined) return
    void process.stop().then(() => {
      if (process !== this.#process) return
      this.#leave(process)
      this.#comeBack(downMs)
    })
  }

  #leave(process: Process): void {
    this.#lastOffsetMs = process.clock.now().getTime() - this.#now()
    this.#process = undefined
    this.#died.resolve()
  }

  #comeBack(downMs: number): void {
    void this.#clock.sleep(downMs).then(() => this.#start())
  }

  #heal(): void {
    this.#armed = undefined
    this.#fullUntil = 0
    this.#dingtalk.heal()
    this.#senders.end()
  }

  /** Until everything that was accepted is over; the store of the process that lives then. */
  async #untilQuiet(): Promise<Process['store']> {
    const { penaltyMs } = this.#history.setup.limits
    const end = this.#now() + QUIET_MS + 2 * penaltyMs
    for (;;) {
      await this.#clock.pass(10_000)
      const store = this.#process?.store
      if (store === undefined) continue
      const open = await Promise.all(
        (['pending', 'sending'] as const).map((state) => store.alerts({ state, limit: 1 })),
      )
      const quiet = open.every((page) => page.items.length === 0) && this.#senders.isQuiet
      if (quiet || this.#now() > end) return store
    }
  }

  #configured(): [Settings, Renderer] {
    const settings = settingsFor(this.#shape, this.#history.setup)
    return [settings, rendererFor(settings)]
  }

  #channelOf(alert: number): string {
    return this.#shape === 'two' && alert % 4 > 1 ? 'other' : 'ops'
  }

  #path(generation: number): string {
    return join(this.#folder, `${this.#history.seed}-${generation}.db`)
  }

  #now(): number {
    return this.#clock.now().getTime()
  }
}

function settingsFor(shape: Shape, { limits, timeoutMs, everyMs }: Setup): Settings {
  const robots = ['a', 'b']
    .slice(0, shape === 'all' || shape === 'pool' ? 2 : 1)
    .map((name) => robotNamed(name, { limits, timeoutMs }))
  const channel = (name: string): Channel =>
    channelNamed(name, {
      robots: robots.map((robot) => robot.name),
      mode: shape === 'pool' ? 'pool' : 'all',
      aggregate: everyMs === 0 ? undefined : { everyMs, by: undefined },
    })
  const channels = shape === 'two' ? [channel('ops'), channel('other')] : [channel('ops')]
  return settingsOf({ robots, channels }, { externalUrl: 'http://console' })
}

/** Templates depend on channels' names alone here, and are dear to read for every process. */
const RENDERERS = new Map<number, Renderer>()

function rendererFor(settings: Settings): Renderer {
  const renderer =
    RENDERERS.get(settings.channels.size) ?? createRenderer(settings, settings.channels.values())
  RENDERERS.set(settings.channels.size, renderer)
  return renderer
}
