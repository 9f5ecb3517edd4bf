import { reasonToSuppress } from './decisions/aggregate.ts'
import type { Events } from './events.ts'
import type { Settings } from './model/settings.ts'
import { type Awaited, awaitStore } from './pipeline/awaited-store.ts'
import { type OpenOptions, openShared, openStore, remoteOf } from './stores/index.ts'
import type { MultiProcess } from './stores/multi-process.ts'
import type { Store } from './stores/store.ts'
import { StoreUnreachable } from './stores/unreachable.ts'

/** Opens the store, or returns a placeholder that waits for its database. */
export async function openOrAwait(
  url: Settings['store'],
  options: Pick<OpenOptions, 'clock'> & {
    onFailure: (part: 'store', why: string) => void
    events: Events
    signal: AbortSignal
  },
): Promise<Omit<Awaited, 'store'> & { store: Store & Partial<MultiProcess> }> {
  const { clock, onFailure, events, signal } = options
  const opening: OpenOptions = {
    reasonToSuppress,
    // A slow disk must not stall the process.
    thread: true,
    clock,
    notice: (notice) => events.storeReported(notice),
    onFailure: (why) => onFailure('store', why),
  }
  const remote = remoteOf(url)
  if (remote === undefined)
    return { store: await openStore(url, opening), isOpen: true, opened: Promise.resolve(true) }
  return awaitStore({
    open: () => openShared(url, opening),
    retryHelps: (error) => (error instanceof StoreUnreachable ? error.passes : undefined),
    clock,
    signal,
    onWaiting: (why) => events.storeAwaited(remote, why),
  })
}
