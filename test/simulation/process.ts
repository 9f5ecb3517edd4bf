import { SteadyClock } from '../../src/clock.ts'
import { createEvents } from '../../src/events.ts'
import { LargeReads } from '../../src/large-reads.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { SourceName } from '../../src/model/alert.ts'
import type { Settings } from '../../src/model/settings.ts'
import { compose, MAX_BODY_BYTES } from '../../src/notifiers/dingtalk/body.ts'
import { classifyFailure, DeadlineError } from '../../src/notifiers/dingtalk/classify-failure.ts'
import { probe } from '../../src/notifiers/dingtalk/probe.ts'
import type { Notifier } from '../../src/notifiers/notifier.ts'
import { createReceiver, type Receiver } from '../../src/receiver.ts'
import type { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { inThisThread } from '../../src/stores/sqlite/client.ts'
import type { SqliteStore } from '../../src/stores/sqlite/store.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Call, Dingtalk } from './dingtalk.ts'
import { type Layout, rendererFor } from './layout.ts'
import { type Ledger, watched } from './ledger.ts'
import { Life, storeIn } from './life.ts'
import type { Random } from './random.ts'
import type { Sabotage } from './sabotage.ts'

export interface ProcessOptions {
  /** Replicas share it. */
  sqlite: SqliteStore
  isShared: boolean
  layout: Layout
  configure: (layout: Layout) => Settings
  clock: VirtualClock
  /** Deviation of the machine's clock from real time. */
  skewMs: () => number
  dingtalk: Dingtalk
  ledger: Ledger
  random: Random
  serial: () => string
  diesAt: (point: string, when: 'before' | 'after') => boolean
  isFull: () => boolean
  /** Breaks a guarantee of the store, to verify that the checker notices. */
  sabotage: Sabotage
}

/** One run of the service, from its store to its robots, on a store and a group that may fail. */
export class Process {
  readonly life: Life
  readonly store: Store
  readonly clock: SteadyClock
  /** Senders that wait for a reply; they notice when the process ends. */
  readonly #posting = new Set<() => void>()
  layout: Layout
  settings: Settings
  readonly #options: ProcessOptions
  readonly #inside: Store
  readonly #receiver: Receiver
  readonly #calls = new WeakMap<object, Call>()

  constructor(options: ProcessOptions) {
    this.#options = options
    const { clock, skewMs, sqlite, sabotage, ledger, dingtalk } = options
    this.layout = options.layout
    this.settings = options.configure(options.layout)
    this.life = new Life(options.diesAt)
    const inThread = inThisThread(sqlite)
    this.store = watched(sabotage.store?.(inThread, sqlite.database) ?? inThread, {
      ledger,
      dingtalk,
      settings: () => this.settings,
      callOf: (attempt) => this.#calls.get(attempt),
    })
    this.#inside = storeIn(this.life, { store: this.store, isFull: options.isFull })
    const elapsed = (): number => clock.now().getTime()
    this.clock = new SteadyClock({ elapsed, wall: () => elapsed() + skewMs() }, (ms, signal) =>
      this.life.meets('sleep', () => clock.sleep(ms, signal)),
    )
    this.#receiver = createReceiver({
      // Like a shared store, but without notifications between processes.
      store: { ...this.#inside, ...(options.isShared ? { onWake: () => {} } : {}) },
      notifier: this.#notifier(),
      clock: this.clock,
      settings: () => this.settings,
      renderer: () => rendererFor(this.settings),
      events: createEvents({ debug() {}, info() {}, warn() {}, error() {} }, METRICS),
      uuid: options.serial,
      random: () => options.random.next(),
      reads: new LargeReads(),
    })
  }

  /** Starts the service; rejects where the real one would exit. */
  async start(): Promise<void> {
    await this.#receiver.recover()
    await this.#receiver.start()
  }

  async reload(layout: Layout): Promise<void> {
    this.layout = layout
    this.settings = this.#options.configure(layout)
    await this.#receiver.reconcile()
  }

  /** Whether the sender got a 200; false also when the process died before. */
  async post(source: SourceName, body: object, channel: string): Promise<boolean> {
    const answered = this.life.meets('reply', () =>
      this.#receiver.accept({ source, channel, body: JSON.stringify(body) }).then(
        () => true,
        () => false,
      ),
    )
    return new Promise((resolve) => {
      const died = (): void => resolve(false)
      this.#posting.add(died)
      void answered.then((taken) => {
        this.#posting.delete(died)
        resolve(taken)
      })
    })
  }

  /** Presses the test button of `ops`. */
  async test(): Promise<void> {
    if (this.settings.channels.has('ops')) await this.#receiver.sendTest('ops')
  }

  /** Resends every dead message; the service may refuse some. */
  async resend(): Promise<void> {
    const { items } = await this.#inside.messages({ state: 'dead', limit: 100 })
    for (const { id } of items)
      await this.#receiver.actions.resend(id, 'sim').catch(() => undefined)
  }

  /** Stops gracefully: ends current work and releases the robots. */
  async stop(): Promise<void> {
    await this.#receiver.stop()
    this.die()
  }

  /** Dies at once; the file contains what it committed. */
  die(): void {
    this.life.end()
    for (const died of this.#posting) died()
    this.#posting.clear()
  }

  #notifier(): Notifier {
    const { dingtalk, clock } = this.#options
    const now = (): number => clock.now().getTime()
    return {
      compose,
      probe,
      maxBodyBytes: MAX_BODY_BYTES,
      send: async (robot, body) => {
        const { call, heard } = await this.life.meets('send', () =>
          dingtalk.send(robot, body, () => this.life.isOver),
        )
        // After a suspension, timers fire before sockets are read.
        const isLate = now() - call.startedAt > robot.timeoutMs
        const attempt = isLate
          ? {
              ...classifyFailure(new DeadlineError('no answer'), { reached: true }),
              durationMs: now() - call.startedAt,
            }
          : heard
        this.#calls.set(attempt, call)
        return attempt
      },
      warm: async () => {},
      close: async () => {},
    }
  }
}

/** Shared by all processes: the simulation does not read metrics. */
const METRICS = createMetrics({ version: '1', node: 'v' })
