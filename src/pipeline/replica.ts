import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { MultiProcess, WakeListener } from '../stores/multi-process.ts'
import type { Store } from '../stores/store.ts'
import { nextCheckAt, renewLeases } from './leases.ts'
import { storeLoop } from './loop.ts'

/** This process among those that may share its store. */
export interface Replica {
  /** Identifies the process: host name, process id and a random part. */
  owner: string
  /** Whether the store belongs to this process only, as SQLite's does. */
  alone: boolean
  /** When to check a robot again: at the planned time, or sooner if another process may have stored something. */
  nextPassAt(planned: Date | undefined): Date | undefined
  /** Starts renewing the leases. */
  start(): void
  /** Releases the leases, so that other processes can take over the robots. */
  releaseLeases(): Promise<void>
}

export function createReplica({
  store,
  clock,
  events,
  robots,
  onWake,
}: {
  store: Pick<Store, 'release' | 'renew'> & Partial<MultiProcess>
  clock: Clock
  events: Pick<Events, 'storeFailed' | 'storeWorks'>
  /** The robots of this process, including those that wait for their lease. */
  robots: () => Iterable<string>
  onWake: WakeListener
}): Replica {
  const owner = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`
  // Without `onWake` no other process can open the store, so its leases need no renewal.
  const keeper =
    store.onWake === undefined
      ? undefined
      : storeLoop('renew', () => renewLeases({ store, clock, owner, robots }), { clock, events })
  store.onWake?.(onWake)
  return {
    owner,
    alone: keeper === undefined,
    nextPassAt: (planned) => (keeper === undefined ? planned : nextCheckAt(planned, clock.now())),
    start: () => void keeper?.start(),
    releaseLeases: async () => {
      await keeper?.stop()
      await store
        .release(owner)
        .catch((error) => events.storeFailed('release', messageOf(error), clock.now()))
    },
  }
}
