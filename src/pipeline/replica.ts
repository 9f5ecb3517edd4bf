import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { Events } from '../events.ts'
import type { MultiProcess, WakeListener } from '../stores/multi-process.ts'
import type { Store } from '../stores/store.ts'
import { keepLeases, lookAgainAt } from './leases.ts'
import { Loop } from './loop.ts'

/** This process among those that may share its store. */
export interface Replica {
  /** Who works the robots here: host name, process id and a part that no other process ever has. */
  owner: string
  /** No other process can share the store. */
  alone: boolean
  /** When to look at a robot again: as planned, or soon where another process may have put something. */
  nextPassAt(planned: Date | undefined): Date | undefined
  /** Keeps from now on what is leased. */
  start(): void
  /** Others may work the robots from now on. */
  handOver(): Promise<void>
}

export function createReplica({
  store,
  clock,
  events,
  robots,
  woken,
}: {
  store: Pick<Store, 'release' | 'renew'> & Partial<MultiProcess>
  clock: Clock
  events: Pick<Events, 'storeFailed'>
  /** Those that are worked here, or would be if nobody else did. */
  robots: () => Iterable<string>
  woken: WakeListener
}): Replica {
  const owner = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`
  const failed = (doing: string) => (error: unknown) => events.storeFailed(doing, messageOf(error))
  // Leases in a file that no other process can open need not be renewed.
  const keeper =
    store.onWake === undefined
      ? undefined
      : new Loop({
          pass: () => keepLeases({ store, clock, owner, robots }),
          clock,
          failed: failed('renew'),
        })
  store.onWake?.(woken)
  return {
    owner,
    alone: keeper === undefined,
    nextPassAt: (planned) => (keeper === undefined ? planned : lookAgainAt(planned, clock.now())),
    start: () => void keeper?.start(),
    handOver: async () => {
      await keeper?.stop()
      await store.release(owner).catch(failed('release'))
    },
  }
}
