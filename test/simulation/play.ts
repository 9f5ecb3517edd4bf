import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { inThisThread } from '../../src/stores/sqlite/client.ts'
import { type SqliteStore, sqliteStore } from '../../src/stores/sqlite/store.ts'
import type { Store } from '../../src/stores/store.ts'
import { type Count, countOf } from './checker.ts'
import { Dingtalk } from './dingtalk.ts'
import type { Event, History, Point } from './history.ts'
import { channelFor, type Layout, settingsFor } from './layout.ts'
import { Ledger } from './ledger.ts'
import { Process } from './process.ts'
import { Random } from './random.ts'
import { replyNamed } from './replies.ts'
import type { Sabotage } from './sabotage.ts'
import { type Post, Senders } from './senders.ts'

const START = new Date('2026-11-24T04:00:00Z')

/** After the last event nothing fails any more. Everything accepted must be shown within this time. */
const QUIET_MS = 30 * 60_000

/** A crash that waits for its point happens after this time at the latest. */
const CRASH_WITHIN_MS = 20_000

/** A supervisor restarts a process that could not start after this time. */
const RESTART_MS = 1_000

/** Interval between two presses of the test button. */
const PRESS_MS = 100

/** Replicas take a new configuration within this time. */
const RELOAD_WITHIN_MS = 5_000

/** Plays a history and counts the fate of every alert. */
export async function play(
  history: History,
  folder: string,
  sabotage: Sabotage = {},
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
  readonly #sabotage: Sabotage
  readonly #clock = new VirtualClock(START)
  readonly #random: Random
  readonly #dingtalk: Dingtalk
  readonly #senders: Senders
  readonly #ledger = new Ledger(() => this.#now())
  readonly #replicas: number
  /** The latest configuration. */
  #layout: Layout
  #processes: Process[] = []
  #sqlite: SqliteStore | undefined
  #armed: { point: string; when: string; downMs: number } | undefined
  #stallAt: { point: Point; forMs: number } | undefined
  #skewMs = 0
  #fullUntil = 0
  #overlapUntil = 0
  #generation = 0
  #serial = 0
  #crashes = 0
  #lastOffsetMs: number | undefined

  constructor(history: History, { folder, sabotage }: { folder: string; sabotage: Sabotage }) {
    this.#sabotage = sabotage
    const { seed, setup } = history
    this.#history = history
    this.#folder = folder
    this.#replicas = setup.replicas ?? 1
    this.#layout = { shape: setup.shape }
    this.#random = new Random(seed ^ 0x5eed)
    const parts = { clock: this.#clock, setup, random: this.#random }
    this.#dingtalk = new Dingtalk(parts)
    const post: Post = async (source, body, channel) =>
      (await this.#anyone()?.post(source, body, channel)) ?? false
    this.#senders = new Senders({
      ...parts,
      post,
      channel: (alert) => channelFor(alert, this.#layout, setup),
    })
  }

  async play(): Promise<Count> {
    for (let each = 0; each < this.#replicas; each += 1) await this.#start(this.#layout)
    this.#senders.start()
    for (const event of this.#history.events) {
      const waitMs = START.getTime() + event.at - this.#now()
      if (waitMs > 0) await this.#clock.pass(waitMs)
      this.#happen(event)
    }
    await this.#clock.pass(CRASH_WITHIN_MS)
    this.#heal()
    const store = await this.#untilQuiet()
    return countOf({
      history: this.#history,
      start: START,
      store,
      dingtalk: this.#dingtalk,
      senders: this.#senders,
      ledger: this.#ledger,
      crashes: this.#crashes,
    })
  }

  close(): void {
    for (const process of this.#processes) process.die()
    this.#sqlite?.close()
    for (let each = 0; each <= this.#generation; each += 1)
      for (const end of ['', '-wal', '-shm', '-journal'])
        rmSync(`${this.#path(each)}${end}`, { force: true })
  }

  #happen(event: Event): void {
    switch (event.kind) {
      case 'turn':
        this.#senders.turn(event.alert, event.same)
        break
      case 'burst':
        this.#senders.burst(event.from, event.count)
        break
      case 'rise':
        this.#senders.rise(event.alert)
        break
      case 'stale':
        this.#senders.stale(event.alert)
        break
      case 'gossip_lost':
        this.#senders.gossipLostUntil = this.#now() + event.forMs
        break
      case 'replies':
        this.#dingtalk.script(replyNamed(event.reply), event.count)
        break
      case 'lost':
        this.#dingtalk.lose(replyNamed(event.reply), replyNamed(event.next))
        break
      case 'spell':
        this.#dingtalk.spell(replyNamed(event.reply), event.forMs)
        break
      case 'broken':
        this.#dingtalk.break(event.token, event.forMs)
        break
      default:
        this.#happenInside(event)
    }
  }

  /** Events of the processes, or of their machine. */
  #happenInside(event: Event): void {
    switch (event.kind) {
      case 'crash':
        this.#armCrash(event)
        break
      case 'restart':
        this.#stop(this.#anyone(), event.downMs)
        break
      case 'step':
        this.#skewMs += event.byMs
        this.#ledger.forgetDueTimes()
        break
      case 'full':
        this.#fullUntil = this.#now() + event.forMs
        break
      case 'stall':
        if (event.point !== undefined) this.#stallAt = { point: event.point, forMs: event.forMs }
        else this.#anyone()?.life.freeze(this.#clock.sleep(event.forMs))
        break
      case 'reload':
        void this.#reload(event)
        break
      case 'roll':
        void this.#roll(event, event.overlapMs)
        break
      case 'test':
        void this.#press(event.times)
        break
      case 'resend':
        void this.#anyone()?.resend()
        break
    }
  }

  async #start(layout: Layout): Promise<void> {
    this.#sqlite ??= this.#open()
    const process = new Process({
      sqlite: this.#sqlite,
      isShared: this.#replicas > 1,
      layout,
      configure: (each) => settingsFor(each, this.#history.setup),
      clock: this.#clock,
      skewMs: () => this.#skewMs,
      dingtalk: this.#dingtalk,
      ledger: this.#ledger,
      random: this.#random,
      serial: () => {
        this.#serial += 1
        return String(this.#serial)
      },
      diesAt: (point, when) => this.#diesAt(process, point, when),
      sabotage: this.#sabotage,
      isFull: () => this.#now() < this.#fullUntil,
    })
    this.#processes.push(process)
    this.#excuseUnnoticed()
    try {
      await process.start()
    } catch {
      // Not a crash: the service reports the reason and ends.
      if (!this.#processes.includes(process)) return
      this.#crashes -= 1
      this.#crash(process, RESTART_MS)
    }
  }

  #open(): SqliteStore {
    const reason = this.#sabotage.reason?.(reasonToSuppress) ?? reasonToSuppress
    return sqliteStore({ path: this.#path(this.#generation), reasonToSuppress: reason })
  }

  /** Sets the clock forward while no process runs: calls and penalties look older, and no process can notice. */
  #excuseUnnoticed(): void {
    const unnoticed = this.#lastOffsetMs === undefined ? 0 : this.#skewMs - this.#lastOffsetMs
    if (unnoticed <= 10) return
    const { limits, timeoutMs } = this.#history.setup
    this.#dingtalk.excusedUntil =
      this.#now() + Math.max(limits.perMs, limits.penaltyMs) + 2 * timeoutMs
  }

  /** The process that a load balancer chooses. */
  #anyone(): Process | undefined {
    const { length } = this.#processes
    return length > 1 ? this.#random.pick(this.#processes) : this.#processes[0]
  }

  #armCrash(event: { point: string; when: string; downMs: number }): void {
    this.#armed = event
    void this.#clock.sleep(CRASH_WITHIN_MS).then(() => {
      const process = this.#anyone()
      if (this.#armed === event && process !== undefined) this.#crash(process, event.downMs)
    })
  }

  #diesAt(process: Process, point: string, when: 'before' | 'after'): boolean {
    if (!this.#processes.includes(process)) return false
    if (this.#stallAt?.point === point && when === 'after') {
      process.life.freeze(this.#clock.sleep(this.#stallAt.forMs))
      this.#stallAt = undefined
    }
    const armed = this.#armed
    if (armed === undefined || armed.point !== point || armed.when !== when) return false
    this.#crash(process, armed.downMs)
    return true
  }

  /** Like kill -9: the file stays as it is, and senders without an answer see a broken connection. */
  #crash(process: Process, downMs: number): void {
    this.#armed = undefined
    this.#crashes += 1
    if (this.#replicas === 1) {
      const [from, to] = [this.#path(this.#generation), this.#path(this.#generation + 1)]
      for (const end of ['', '-wal'])
        if (existsSync(`${from}${end}`)) copyFileSync(`${from}${end}`, `${to}${end}`)
      this.#generation += 1
    }
    this.#leave(process)
    process.die()
    this.#comeBack(process.layout, downMs)
  }

  async #reload({ shape, renamed, without }: Layout): Promise<void> {
    this.#layout = { shape, renamed: renamed === true, without: without === true }
    this.#ledger.forgetDueTimes()
    for (const process of [...this.#processes]) {
      if (this.#replicas > 1) await this.#clock.sleep(this.#random.below(RELOAD_WITHIN_MS))
      void process.reload(this.#layout).catch(() => undefined)
    }
  }

  /** Replaces one process after another, as a rolling update does; a single process reloads. */
  async #roll(layout: Layout, overlapMs: number): Promise<void> {
    if (this.#replicas === 1) return this.#reload(layout)
    const { shape, renamed } = layout
    this.#layout = { shape, renamed: renamed === true }
    this.#ledger.forgetDueTimes()
    const old = [...this.#processes]
    this.#overlapUntil = this.#now() + old.length * overlapMs
    for (const process of old) {
      await this.#start(this.#layout)
      await this.#clock.sleep(overlapMs)
      if (this.#processes.includes(process)) this.#stop(process, undefined)
    }
  }

  async #press(times: number): Promise<void> {
    for (let each = 0; each < times; each += 1) {
      await this.#anyone()
        ?.test()
        .catch(() => undefined)
      await this.#clock.sleep(PRESS_MS)
    }
  }

  /** Stops a process gracefully. */
  #stop(process: Process | undefined, downMs: number | undefined): void {
    void process?.stop().then(() => {
      if (!this.#processes.includes(process)) return
      this.#leave(process)
      if (downMs !== undefined) this.#comeBack(process.layout, downMs)
    })
  }

  #leave(process: Process): void {
    this.#lastOffsetMs = process.clock.now().getTime() - this.#now()
    this.#processes = this.#processes.filter((each) => each !== process)
    if (this.#replicas > 1) return
    this.#sqlite?.close()
    this.#sqlite = undefined
  }

  /** Restarts with the same configuration while others are being replaced. */
  #comeBack(layout: Layout, downMs: number): void {
    void this.#clock.sleep(downMs).then(() => {
      const isOverlap = this.#now() < this.#overlapUntil
      if (this.#processes.length < this.#replicas)
        void this.#start(isOverlap ? layout : this.#layout)
    })
  }

  #heal(): void {
    this.#armed = undefined
    this.#stallAt = undefined
    this.#fullUntil = 0
    this.#dingtalk.heal()
    this.#senders.end()
  }

  /** Waits until every accepted alert has a final state. Returns the store. */
  async #untilQuiet(): Promise<Store> {
    const { penaltyMs } = this.#history.setup.limits
    const end = this.#now() + QUIET_MS + 2 * penaltyMs
    for (;;) {
      await this.#clock.pass(10_000)
      if (this.#processes.length === 0) continue
      const store = inThisThread(this.#sqlite as SqliteStore)
      const states = ['pending', 'sending'] as const
      const open = await Promise.all(
        states.flatMap((state) => [
          store.alerts({ state, limit: 1 }),
          store.messages({ state, limit: 1 }),
        ]),
      )
      const quiet = open.every((page) => page.items.length === 0) && this.#senders.isQuiet
      if (quiet || this.#now() > end) return store
    }
  }

  #path(generation: number): string {
    return join(this.#folder, `${this.#history.seed}-${generation}.db`)
  }

  #now(): number {
    return this.#clock.now().getTime()
  }
}
