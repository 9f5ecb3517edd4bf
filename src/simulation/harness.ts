import { SteadyClock } from '../clock.ts'
import { reasonToSuppress } from '../decisions/aggregate.ts'
import { createEvents } from '../events.ts'
import { LargeReads } from '../large-reads.ts'
import { createMetrics } from '../metrics.ts'
import type { SourceName } from '../model/alert.ts'
import type { Attempt } from '../model/message.ts'
import type { Robot, Settings } from '../model/settings.ts'
import { createDingtalk } from '../notifiers/dingtalk/index.ts'
import { createReceiver, type Receiver } from '../receiver.ts'
import { createRenderer } from '../rendering/renderer.ts'
import { SandboxGroup } from '../sandbox/group.ts'
import { inThisThread } from '../stores/sqlite/client.ts'
import { sqliteStore } from '../stores/sqlite/store.ts'
import { VirtualClock } from './virtual-clock.ts'

type Intercept = (robot: Robot, body: string, now: Date) => Attempt | undefined

/** Runs a real receiver on a virtual clock, with an in-memory store and a sandbox group that enforces DingTalk's limits. */
export class Harness {
  readonly clock: VirtualClock
  readonly group = new SandboxGroup()
  readonly sqlite = sqliteStore({ path: ':memory:', reasonToSuppress })
  readonly store = inThisThread(this.sqlite)
  readonly sent: { at: Date; robot: string; attempt: Attempt }[] = []
  /** Replaces the group's answer unless it returns undefined. */
  intercept: Intercept = () => undefined
  settings: Settings
  #receiver: Receiver | undefined
  #serial = 0

  constructor(settings: Settings, start = new Date('2026-11-24T04:00:00Z')) {
    this.clock = new VirtualClock(start)
    this.settings = settings
  }

  /** Starts every robot, as a new process does. */
  async start(): Promise<this> {
    const events = {
      ...createEvents(
        { debug() {}, info() {}, warn() {}, error() {} },
        createMetrics({ version: '1', node: 'v' }),
      ),
      passFailed: (robot: string, why: string): void => {
        throw new Error(`${robot}: ${why}`)
      },
    }
    const dingtalk = createDingtalk({
      clock: this.clock,
      sandbox: (robot, request, now) => this.group.receive(robot, request, now),
    })
    const renderer = createRenderer(this.settings, this.settings.channels.values())
    const elapsed = (): number => this.clock.now().getTime()
    const clock = new SteadyClock({ elapsed, wall: elapsed }, (...args) =>
      this.clock.sleep(...args),
    )
    this.#receiver = createReceiver({
      store: this.store,
      notifier: {
        ...dingtalk,
        send: async (robot, body, now) => {
          const attempt =
            this.intercept(robot, body, now) ?? (await dingtalk.send(robot, body, now))
          this.sent.push({ at: now, robot: robot.name, attempt })
          return attempt
        },
      },
      clock,
      settings: () => this.settings,
      renderer: () => renderer,
      events,
      uuid: () => this.#next(),
      random: () => 0.5,
      reads: new LargeReads(),
    })
    await this.#running.recover()
    await this.#running.reconcile()
    await this.clock.pass(0)
    return this
  }

  /** Posts a body, or a value as JSON, to a channel. */
  post(source: SourceName, content: unknown, channel = 'ops'): ReturnType<Receiver['accept']> {
    const body = typeof content === 'string' ? content : JSON.stringify(content)
    return this.#running.accept({ source, channel, body })
  }

  /** The operator's actions on messages and robots. */
  get actions(): Receiver['actions'] {
    return this.#running.actions
  }

  get #running(): Receiver {
    if (this.#receiver === undefined) throw new Error('the receiver is not started')
    return this.#receiver
  }

  /** Applies other settings. */
  async reload(settings: Settings): Promise<void> {
    this.settings = settings
    const reconciled = this.#receiver?.reconcile()
    await this.clock.pass(0)
    await reconciled
  }

  async stop(): Promise<void> {
    const ended = this.#receiver?.stop()
    await this.clock.pass(0)
    await ended
    this.#receiver = undefined
  }

  #next(): string {
    this.#serial += 1
    return `uuid-${this.#serial}`
  }
}
