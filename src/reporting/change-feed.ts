import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'

/** Between two tellings, so that a storm does not make those who look ask all the time. */
const MIN_INTERVAL_MS = 1_000

/** However quiet it is: what only time changes, or another process, shows as well. */
const MAX_INTERVAL_MS = 15_000

export interface Listener {
  changed(): void
  /** Nothing more will be told: the receiver stops. */
  closed(): void
}

/** Tells those who look that something has changed, at most once a second. Costs next to nothing while nobody looks. */
export class ChangeFeed {
  readonly #clock: Clock
  readonly #listeners = new Set<Listener>()
  readonly #end = new AbortController()
  #rung = false
  #running = false
  #sleep: AbortController | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get listeners(): number {
    return this.#listeners.size
  }

  /** Something has changed. */
  notify(): void {
    if (this.#rung || this.#listeners.size === 0) return
    this.#rung = true
    this.#sleep?.abort()
  }

  /** Gives what ends the listening. */
  subscribe(listener: Listener): () => void {
    if (this.#end.signal.aborted) {
      listener.closed()
      return () => {}
    }
    this.#listeners.add(listener)
    if (!this.#running) void this.#run()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#sleep?.abort()
    }
  }

  /** Tells all that nothing more will come. */
  close(): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    this.#end.abort()
    this.#sleep?.abort()
    for (const listener of listeners) listener.closed()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#listeners.size > 0) {
      if (!this.#rung) {
        this.#sleep = new AbortController()
        await this.#clock.sleep(MAX_INTERVAL_MS, this.#sleep.signal)
        this.#sleep = undefined
      }
      this.#rung = false
      for (const listener of [...this.#listeners]) listener.changed()
      await this.#clock.sleep(MIN_INTERVAL_MS, this.#end.signal)
    }
    this.#running = false
  }
}

/** Events after which a page may look different. */
const NOTIFYING_EVENTS = [
  'requestAccepted',
  'attemptEnded',
  'messageSent',
  'messageDead',
  'messageSplit',
  'robotPaused',
  'reassigned',
  'configLoaded',
] as const satisfies readonly (keyof Events)[]

/** The same events, each of which also rings. */
export function notifyOnEvent(events: Events, ring: () => void): Events {
  const rung = NOTIFYING_EVENTS.map((name) => {
    const happen = events[name] as (...values: unknown[]) => void
    return [
      name,
      (...values: unknown[]) => {
        happen(...values)
        ring()
      },
    ]
  })
  return { ...events, ...Object.fromEntries(rung) }
}
