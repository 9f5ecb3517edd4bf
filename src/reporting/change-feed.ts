import type { Clock } from '../clock.ts'
import type { Events } from '../events.ts'

/** The shortest time between two notifications, so that a storm does not make browsers reload all the time. */
const MIN_INTERVAL_MS = 1_000

/** The longest time between two notifications, because time itself and most work of other processes trigger none. */
const MAX_INTERVAL_MS = 15_000

interface Listener {
  changed(): void
  /** The receiver stops; no more notifications follow. */
  closed(): void
}

/** Notifies listeners of changes, at most once a second. Costs almost nothing without listeners. */
export class ChangeFeed {
  readonly #clock: Clock
  readonly #listeners = new Set<Listener>()
  readonly #end = new AbortController()
  #isPending = false
  #running = false
  #sleep: AbortController | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get listeners(): number {
    return this.#listeners.size
  }

  notify(): void {
    if (this.#isPending || this.#listeners.size === 0) return
    this.#isPending = true
    this.#sleep?.abort()
  }

  /** Returns a function that ends the subscription. */
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

  /** Ends all subscriptions. */
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
      if (!this.#isPending) {
        this.#sleep = new AbortController()
        await this.#clock.sleep(MAX_INTERVAL_MS, this.#sleep.signal)
        this.#sleep = undefined
      }
      this.#isPending = false
      for (const listener of [...this.#listeners]) listener.changed()
      await this.#clock.sleep(MIN_INTERVAL_MS, this.#end.signal)
    }
    this.#running = false
  }
}

/** Events that may change what a page shows. */
const NOTIFYING_EVENTS = [
  'requestAccepted',
  'attemptEnded',
  'messageSent',
  'messageDead',
  'messageSplit',
  'robotPaused',
  'robotPausedByHand',
  'robotResumed',
  'messagesResent',
  'messagesDismissed',
  'silenceCreated',
  'silenceEnded',
  'reassigned',
  'configLoaded',
  'configRefused',
] as const satisfies readonly (keyof Events)[]

/** Wraps the events so that those in NOTIFYING_EVENTS also call `notify`. */
export function notifyOnEvent(events: Events, notify: () => void): Events {
  const wrapped = NOTIFYING_EVENTS.map((name) => {
    const original = events[name] as (...values: unknown[]) => void
    return [
      name,
      (...values: unknown[]) => {
        original(...values)
        notify()
      },
    ]
  })
  return { ...events, ...Object.fromEntries(wrapped) }
}
