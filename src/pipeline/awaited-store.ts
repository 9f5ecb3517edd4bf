import type { Clock } from '../clock.ts'
import { AppError, messageOf } from '../errors.ts'
import type { MultiProcess } from '../stores/multi-process.ts'
import type { Store } from '../stores/store.ts'

type SharedStore = Store & MultiProcess

/** How long a start waits for the database before it goes on without it. */
const START_WITHOUT_MS = 2_000
/** The first log line about a database that does not answer comes after this, then one each minute. */
const SAY_FIRST_MS = 3_000
const SAY_EVERY_MS = 60_000
const RETRY_MS = 1_000

export interface AwaitOptions {
  /** Tries once to open the store. */
  open: () => Promise<SharedStore>
  /** Whether a retry may succeed. `after_repair`: only after a person has acted, so it is logged at once. */
  mayPass: (error: unknown) => 'by_itself' | 'after_repair' | undefined
  clock: Clock
  signal: AbortSignal
  /** Called with the reason why the store cannot be opened yet. */
  waiting: (why: string) => void
}

export interface Awaited {
  /** Every verb rejects with store_unavailable until the database is open. */
  store: SharedStore
  /** Whether the store was open before the start went on without it. */
  isOpen: boolean
  /**
   * Resolves with true when the store is open, with false when the signal fired first; rejects when waiting cannot
   * help.
   */
  opened: Promise<boolean>
}

/**
 * Opens a store whose database may not be available yet, and retries without end. Resolves within two seconds, so that
 * the receiver listens meanwhile; rejects when the first attempt failed in a way that waiting cannot mend.
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
  return { store: found.store ?? standInFor(found), isOpen, opened }
}

async function openWhenUp(options: AwaitOptions): Promise<SharedStore | undefined> {
  const { open, mayPass, clock, signal } = options
  const said = { at: Number.NEGATIVE_INFINITY, repair: false }
  const say = (why: string, repair: boolean): void => {
    const now = clock.now().getTime()
    if (now - said.at < SAY_EVERY_MS && !(repair && !said.repair)) return
    Object.assign(said, { at: now, repair })
    options.waiting(why)
  }
  while (!signal.aborted) {
    const answered = new AbortController()
    void clock
      .sleep(SAY_FIRST_MS, AbortSignal.any([signal, answered.signal]))
      .then(() => answered.signal.aborted || signal.aborted || say('it gives no answer', false))
    try {
      const store = await open()
      if (!signal.aborted) return store
      await store.close()
    } catch (error) {
      const how = mayPass(error)
      if (how === undefined) throw error
      if (!signal.aborted) say(messageOf(error), how === 'after_repair')
    } finally {
      answered.abort()
    }
    await clock.sleep(RETRY_MS, signal)
  }
  return undefined
}

/** Stands in for a store that is not open yet; forwards its verbs once it is. */
function standInFor(found: { store?: SharedStore }): SharedStore {
  let listener: Parameters<MultiProcess['onWake']>[0] | undefined
  let joined = false
  const ask = async (verb: string | symbol, values: unknown[]): Promise<unknown> => {
    const { store } = found
    if (store !== undefined) {
      if (!joined && listener !== undefined) store.onWake(listener)
      joined = true
      return (Reflect.get(store, verb) as (...values: unknown[]) => unknown)(...values)
    }
    // Nothing is open or leased yet.
    if (verb === 'close' || verb === 'release') return undefined
    throw new AppError(
      'store_unavailable',
      'the receiver waits for its database and accepts nothing until then; its log says which one',
    )
  }
  const onWake: MultiProcess['onWake'] = (each) => {
    listener = each
    found.store?.onWake(each)
  }
  return new Proxy({} as SharedStore, {
    get(_, verb) {
      // A promise that resolves with this must not take it for a thenable.
      if (verb === 'then') return undefined
      return verb === 'onWake' ? onWake : (...values: unknown[]) => ask(verb, values)
    },
  })
}
