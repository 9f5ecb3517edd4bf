import type { Clock } from '../clock.ts'
import type { Store } from '../stores/store.ts'

/**
 * How long a lease lasts, and so how long a robot stands still when its process is gone: another takes it after this
 * and the time between two looks, 12 s together. A claim extends it to cover the attempt.
 */
export const LEASE_MS = 10_000

/** One that lasts so long still is not written anew. */
export const LEASE_ENOUGH_MS = 6_000

/** Between two looks at a robot that another process works. */
export const LEASE_RETRY_MS = 2_000

const RENEW_EVERY_MS = 3_000

/** However quiet it is, what another process has put into the store is found after this, should nobody wake us. */
const LOOK_EVERY_MS = 5_000

/** Keeps the robots that this process works, also while nothing is to do; gives when to renew again. */
export async function keepLeases({
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
  const until = new Date(now.getTime() + LEASE_MS)
  await store.renew({ owner, robots: [...robots()], now, until })
  return new Date(now.getTime() + RENEW_EVERY_MS)
}

/** When to look again where other processes may have put something: as planned, but soon. */
export function lookAgainAt(planned: Date | undefined, now: Date): Date {
  const soon = new Date(now.getTime() + LOOK_EVERY_MS)
  return planned !== undefined && planned < soon ? planned : soon
}
