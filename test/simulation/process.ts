import { SteadyClock } from '../../src/clock.ts'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { createEvents, type Events } from '../../src/events.ts'
import { LargeReads } from '../../src/large-reads.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { SourceName } from '../../src/model/alert.ts'
import type { Settings } from '../../src/model/settings.ts'
import { compose, MAX_BODY_BYTES } from '../../src/notifiers/dingtalk/body.ts'
import { DeadlineError, verdictOnFailure } from '../../src/notifiers/dingtalk/failure.ts'
import type { Notifier } from '../../src/notifiers/notifier.ts'
import { accept } from '../../src/pipeline/accept.ts'
import { Dispatchers } from '../../src/pipeline/dispatchers.ts'
import { Loop } from '../../src/pipeline/loop.ts'
import { keepTime } from '../../src/pipeline/timekeeper.ts'
import type { Renderer } from '../../src/rendering/render.ts'
import type { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { sources } from '../../src/sources/index.ts'
import type { Accepted, AcceptRequest } from '../../src/stores/incoming.ts'
import { inThisThread } from '../../src/stores/sqlite/client.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import type { Settlement, Store } from '../../src/stores/store.ts'
import { noTurns } from '../../src/turns.ts'
import type { Call, Dingtalk } from './dingtalk.ts'
import { Life, storeIn } from './life.ts'
import type { Random } from './random.ts'

export interface ProcessOptions {
  path: string
  settings: Settings
  renderer: Renderer
  clock: VirtualClock
  /** How far the machine's clock is from real time. */
  skewMs: () => number
  dingtalk: Dingtalk
  random: Random
  serial: () => string
  diesAt: (point: string, when: 'before' | 'after') => boolean
  isFull: () => boolean
  /** Makes a store that breaks a promise, to see that it is noticed. */
  sabotage: (store: Store) => Store
  /** What the disk holds from now on. */
  committed: (arrival: AcceptRequest, accepted: Accepted) => void
  /** Which alerts a message was made for. */
  claimed: (uuid: string, alerts: readonly string[]) => void
}

/** One run of the service, from its store to its robots; the parts are put together as app.ts does. */
export class Process {
  readonly life: Life
  readonly store: Store
  readonly clock: SteadyClock
  settings: Settings
  renderer: Renderer
  /** Errors that a pass threw. */
  readonly failed: string[] = []
  readonly #options: ProcessOptions
  readonly #sqlite
  readonly #inside: Store
  readonly #robots: Dispatchers
  readonly #events: Events
  readonly #timekeeper: Loop
  readonly #calls = new WeakMap<object, Call>()

  constructor(options: ProcessOptions) {
    this.#options = options
    const { clock, skewMs } = options
    this.settings = options.settings
    this.renderer = options.renderer
    this.life = new Life(options.diesAt)
    this.#sqlite = sqliteStore({ path: options.path, reasonToSuppress })
    this.store = this.#watched(options.sabotage(inThisThread(this.#sqlite)))
    this.#inside = storeIn(this.life, { store: this.store, isFull: options.isFull })
    const elapsed = (): number => clock.now().getTime()
    const ticks = { elapsed, wall: () => elapsed() + skewMs() }
    this.clock = new SteadyClock(ticks, (ms, signal) =>
      this.life.meets('sleep', () => clock.sleep(ms, signal)),
    )
    const events = createEvents({ debug() {}, info() {}, warn() {}, error() {} }, METRICS)
    this.#events = events
    this.#robots = new Dispatchers({
      store: this.#inside,
      sources,
      notifier: this.#notifier(),
      clock: this.clock,
      settings: () => this.settings,
      renderer: () => this.renderer,
      events,
      owner: `process ${options.serial()}`,
      uuid: options.serial,
      random: () => options.random.next(),
      turns: noTurns,
      reads: new LargeReads(),
    })
    this.#timekeeper = new Loop({
      pass: () => keepTime({ clock: this.clock, store: this.#inside, events }),
      clock: this.clock,
      failed: (error) => this.failed.push(String(error)),
    })
  }

  /** As at a start of the service; rejects where that would end it. */
  async start(): Promise<void> {
    await this.#inside.recover(this.clock.now())
    await this.#robots.reconcile()
    this.#timekeeper.start()
  }

  async reload(settings: Settings, renderer: Renderer): Promise<void> {
    this.settings = settings
    this.renderer = renderer
    await this.#robots.reconcile()
  }

  /** Whether the sender was answered 200; never ends when the process dies before. */
  async post(source: SourceName, body: object, channel: string): Promise<boolean> {
    return this.life.meets('reply', () =>
      accept(
        { source, channel, body: JSON.stringify(body) },
        {
          store: this.#inside,
          sources,
          clock: this.clock,
          settings: () => this.settings,
          wake: (queues) => this.#robots.wake(queues),
          events: this.#events,
          turns: noTurns,
        },
      ).then(
        () => true,
        () => false,
      ),
    )
  }

  /** What was under way ends; then the file is free. */
  async stop(): Promise<void> {
    await Promise.all([this.#robots.stop(), this.#timekeeper.stop()])
    this.life.end()
    this.#sqlite.close()
  }

  /** Dies where it stands; what it had committed is in the file. */
  die(): void {
    this.life.end()
    this.#sqlite.close()
  }

  /** Tells the models what is on disk, the moment it is, whether or not the process lives on. */
  #watched(store: Store): Store {
    return {
      ...store,
      accept: async (arrival: AcceptRequest) => {
        const accepted = await store.accept(arrival)
        this.#options.committed(arrival, accepted)
        return accepted
      },
      claim: async (claim) => {
        const claimed = await store.claim(claim)
        if (claimed === undefined) return undefined
        const made = await store.message(claimed.id)
        this.#options.claimed(claimed.uuid, made?.alerts.map((alert) => alert.id) ?? [])
        return claimed
      },
      settle: async (settlement: Settlement) => {
        const told = await store.settle(settlement)
        const call = this.#calls.get(settlement.attempt)
        if (call !== undefined)
          this.#options.dingtalk.learned(call, settlement.attempt.outcome.kind)
        return told
      },
    }
  }

  #notifier(): Notifier {
    const { dingtalk, clock } = this.#options
    const now = (): number => clock.now().getTime()
    return {
      compose,
      maxBodyBytes: MAX_BODY_BYTES,
      send: async (robot, body) => {
        const { call, heard } = await this.life.meets('send', () =>
          dingtalk.send(robot, body, () => this.life.isOver),
        )
        // After standing still the timer is looked at before the socket.
        const isLate = now() - call.startedAt > robot.timeoutMs
        const attempt = isLate
          ? {
              ...verdictOnFailure(new DeadlineError('no answer'), { reached: true }),
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

/** Made once: what is counted in them is of no interest here. */
const METRICS = createMetrics({ version: '1', node: 'v' })
