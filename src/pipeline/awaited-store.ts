import type { Clock } from '../clock.ts'
import { AppError, messageOf } from '../errors.ts'
import type { MultiProcess } from '../stores/multi-process.ts'
import type { Store } from '../stores/store.ts'

type SharedStore = Store & MultiProcess

/** How long a start waits for the database before it continues without it. */
const START_WITHOUT_MS = 2_000
/** A database that does not answer is logged after this time, then once a minute. */
const LOG_FIRST_MS = 3_000
const LOG_EVERY_MS = 60_000
const RETRY_MS = 1_000

export interface AwaitOptions {
  /** Tries once to open the store. */
  open: () => Promise<SharedStore>
  /** Whether a retry may succeed. `after_repair`: only after a person has acted, so it is logged at once. */
  retryHelps: (error: unknown) => 'by_itself' | 'after_repair' | undefined
  clock: Clock
  signal: AbortSignal
  /** Called with the reason why the store cannot be opened yet. */
  onWaiting: (why: string) => void
}

export interface Awaited {
  /** Until the database is open, verbs reject with store_unavailable; `close` and `release` do nothing. */
  store: SharedStore
  /** Whether the store was already open when the start continued. */
  isOpen: boolean
  /**
   * Resolves with true when the store is open, with false if the signal fired first. Rejects if retrying cannot help.
   */
  opened: Promise<boolean>
}

/**
 * Opens a store whose database may be unavailable, and retries without end. Resolves within two seconds, so that the
 * receiver can listen meanwhile. Rejects if an attempt in this time fails for a reason that retrying cannot fix.
 */
export async function awaitStore(options: AwaitOptions): Promise<Awaited> {
  const { clock, signal } = options
  const found: { store?: SharedStore } = {}
  const opened = openWhenUp(options).then((store) => {
    if (store !== undefined) found.store = store
    return store !== undefined
  })
  const early = new AbortController()
  const isOpen = await Promise.race([
    opened,
    clock.sleep(START_WITHOUT_MS, AbortSignal.any([signal, early.signal])).then(() => false),
  ])
  early.abort()
  return { store: found.store ?? placeholderFor(found), isOpen, opened }
}

async function openWhenUp(options: AwaitOptions): Promise<SharedStore | undefined> {
  const { open, retryHelps, clock, signal } = options
  const logged = { at: Number.NEGATIVE_INFINITY, repair: false }
  const report = (why: string, repair: boolean): void => {
    const now = clock.now().getTime()
    if (now - logged.at < LOG_EVERY_MS && !(repair && !logged.repair)) return
    Object.assign(logged, { at: now, repair })
    options.onWaiting(why)
  }
  while (!signal.aborted) {
    const answered = new AbortController()
    void clock
      .sleep(LOG_FIRST_MS, AbortSignal.any([signal, answered.signal]))
      .then(() => answered.signal.aborted || signal.aborted || report('it does not answer', false))
    try {
      const store = await open()
      if (!signal.aborted) return store
      await store.close()
    } catch (error) {
      const how = retryHelps(error)
      if (how === undefined) throw error
      if (!signal.aborted) report(messageOf(error), how === 'after_repair')
    } finally {
      answered.abort()
    }
    await clock.sleep(RETRY_MS, signal)
  }
  return undefined
}

/** The error of every verb until the store is open. */
export function notOpenYet(): AppError {
  return new AppError(
    'store_unavailable',
    'the store is unavailable: the database cannot be opened yet; see the log',
  )
}

/** A placeholder for a store that is not open yet; forwards its verbs once the store is open. */
function placeholderFor(found: { store?: SharedStore }): SharedStore {
  let listener: Parameters<MultiProcess['onWake']>[0] | undefined
  let joined = false
  const call = async (verb: string | symbol, values: unknown[]): Promise<unknown> => {
    const { store } = found
    if (store !== undefined) {
      if (!joined && listener !== undefined) store.onWake(listener)
      joined = true
      return (Reflect.get(store, verb) as (...values: unknown[]) => unknown)(...values)
    }
    // Nothing is open or leased yet.
    if (verb === 'close' || verb === 'release') return undefined
    throw notOpenYet()
  }
  const onWake: MultiProcess['onWake'] = (each) => {
    listener = each
    found.store?.onWake(each)
  }
  return new Proxy({} as SharedStore, {
    get(_, verb) {
      // Without a `then` method, so that `await` does not mistake this object for a promise.
      if (verb === 'then') return undefined
      return verb === 'onWake' ? onWake : (...values: unknown[]) => call(verb, values)
    },
  })
}
