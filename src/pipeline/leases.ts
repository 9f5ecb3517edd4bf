import type { Clock } from '../clock.ts'
import { later } from '../model/instant.ts'
import type { Store } from '../stores/store.ts'

/**
 * How long a lease lasts. If a process ends, another takes over its robots within this time and the poll interval, 12 s
 * in total. An attempt in flight may take longer: its claim extends the lease to the end of the robot's timeout.
 */
export const LEASE_MS = 10_000

/** A lease that lasts at least this long is not renewed. */
export const MIN_LEASE_LEFT_MS = 6_000

/** Poll interval for a robot that another process has leased. */
export const LEASE_RETRY_MS = 2_000

const RENEW_EVERY_MS = 3_000

/** Poll interval for changes by another process, in case its notification was lost. */
const CHECK_EVERY_MS = 5_000

/** Renews the leases of this process's robots, idle ones too; returns when to renew again. */
export async function renewLeases({
  store,
  clock,
  owner,
  robots,
}: {
  store: Pick<Store, 'renew'>
  clock: Clock
  owner: string
  robots: () => Iterable<string>
}): Promise<Date> {
  const now = clock.now()
  const until = later(now, LEASE_MS)
  await store.renew({ owner, robots: [...robots()], now, until })
  return later(now, RENEW_EVERY_MS)
}

/** When to check a robot again in a shared store: at the planned time, or at the poll interval if that is sooner. */
export function nextCheckAt(planned: Date | undefined, now: Date): Date {
  const soon = later(now, CHECK_EVERY_MS)
  return planned !== undefined && planned < soon ? planned : soon
}
