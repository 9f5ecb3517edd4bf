import { messageOf } from '../errors.ts'
import { groupsOf, queueOfRobot, queuesOf, type Settings } from '../model/settings.ts'
import { TimeSlices } from '../time-slices.ts'
import { type DispatchDeps, pass } from './dispatch.ts'
import { Loop, storeLoop } from './loop.ts'
import { assignmentsOf } from './queues.ts'

const RETRY_MS = 500

/** How often to look for queues without a robot, because another process may have put alerts there. */
const REASSIGN_EVERY_MS = 30_000

type NextPassAt = (planned: Date | undefined) => Date | undefined

/** Runs one dispatch loop for each robot of the current settings. */
export class Dispatchers {
  readonly #deps: DispatchDeps
  readonly #nextPassAt: NextPassAt
  readonly #slices: TimeSlices
  readonly #loops = new Map<string, { loop: Loop; queues: string }>()
  /** The loops of each queue; every accept looks them up. */
  #byQueue = new Map<string, Loop[]>()
  #reconciling = Promise.resolve()
  #stopped = false
  /** The current assignments, and when they took effect here. */
  #configuration = { assignments: '', since: new Date(0), isReloaded: false }
  readonly #reassigning: Loop

  /** `nextPassAt` converts the time that a pass planned into the time of the next pass. */
  constructor({ nextPassAt, ...deps }: Omit<DispatchDeps, 'wake'> & { nextPassAt: NextPassAt }) {
    this.#deps = { ...deps, wake: (queues) => this.wake(queues) }
    this.#nextPassAt = nextPassAt
    this.#slices = new TimeSlices(deps.clock)
    const reassign = async (): Promise<Date> => {
      await this.#reassign(deps.settings())
      return new Date(deps.clock.now().getTime() + REASSIGN_EVERY_MS)
    }
    this.#reassigning = storeLoop('reassign', reassign, deps)
  }

  names(): Iterable<string> {
    return this.#loops.keys()
  }

  /**
   * Applies the current settings. A robot whose queues changed sends nothing until the alerts of removed queues are
   * moved; otherwise newer alerts could overtake them.
   */
  reconcile(): Promise<void> {
    this.#reconciling = this.#reconciling.then(() => this.#reconcile())
    return this.#reconciling
  }

  /** Wakes the robots of these queues. */
  wake(queues: readonly string[] | 'all'): void {
    if (queues === 'all') {
      for (const { loop } of this.#loops.values()) loop.wake()
      // Another process may have stopped, and left queues that only it knows.
      this.#reassigning.wake()
    } else
      for (const queue of queues) {
        const loops = this.#byQueue.get(queue)
        // A reload has replaced the settings with which the alert was accepted.
        if (loops === undefined) this.#reassigning.wake()
        else for (const loop of loops) loop.wake()
      }
  }

  /** Resolves when the attempts in flight have ended; no new attempt begins. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all([
      this.#reassigning.stop(),
      ...[...this.#loops.values()].map(({ loop }) => loop.stop()),
    ])
  }

  async #reconcile(): Promise<void> {
    const { settings, clock, events } = this.#deps
    const current = settings()
    const assignments = JSON.stringify(assignmentsOf(current))
    const { assignments: before } = this.#configuration
    if (before !== assignments)
      this.#configuration = { assignments, since: clock.now(), isReloaded: before !== '' }
    const changed = [...this.#loops].filter(
      ([name, { queues }]) => queues !== queuesKey(name, current),
    )
    for (const [name] of changed) this.#loops.delete(name)
    await Promise.all(changed.map(([, { loop }]) => loop.stop()))
    const stopped = changed.map(([name]) => name)
    await this.#untilReassigned(current, stopped)
    if (this.#stopped) return
    for (const name of current.robots.keys()) {
      const running = this.#loops.get(name)
      if (running !== undefined) {
        // The robot's limits may have changed.
        running.loop.wake()
        continue
      }
      const loop = new Loop({
        pass: async () => this.#nextPassAt(await this.#slices.run(() => pass(name, this.#deps))),
        clock,
        onFailure: (error) => events.passFailed(name, messageOf(error), clock.now()),
        onSuccess: () => events.passWorks(name, clock.now()),
      })
      this.#loops.set(name, { loop: loop.start(), queues: queuesKey(name, current) as string })
    }
    // Set in the same event-loop turn as the loops: a wake either finds the loop, or comes before its first pass.
    this.#byQueue = this.#loopsByQueue(current)
    this.#reassigning.start()
    this.#reassigning.wake()
  }

  #loopsByQueue({ channels }: Settings): Map<string, Loop[]> {
    const found = new Map<string, Loop[]>(
      [...this.#loops].map(([name, { loop }]) => [queueOfRobot(name), [loop]]),
    )
    for (const channel of channels.values())
      for (const { queue, robots } of groupsOf(channel)) {
        const loops = robots.flatMap((name) => this.#loops.get(name)?.loop ?? [])
        found.set(queue, [...new Set([...(found.get(queue) ?? []), ...loops])])
      }
    return found
  }

  /** Retries until the store accepts it: a full store would accept no claim either. */
  async #untilReassigned(settings: Settings, stopped: readonly string[]): Promise<void> {
    const { clock, events } = this.#deps
    while (!this.#stopped)
      try {
        for (const robot of stopped) await this.#endLease(robot)
        await this.#reassign(settings)
        return events.storeWorks('reassign', clock.now())
      } catch (error) {
        events.storeFailed('reassign', messageOf(error), clock.now())
        await clock.sleep(RETRY_MS)
      }
  }

  /** The store moves no alerts out of a queue while its robot is leased. */
  async #endLease(robot: string): Promise<void> {
    const { store, clock, owner } = this.#deps
    const now = clock.now()
    await store.lease({ robot, owner, now, until: now, places: [] })
  }

  async #reassign(settings: Settings): Promise<void> {
    const { store, clock, events } = this.#deps
    const { since, isReloaded } = this.#configuration
    const time = { now: clock.now(), since, isReloaded }
    const reassigned = await store.reassign(assignmentsOf(settings), time)
    events.reassigned(reassigned)
    for (const queue of reassigned.queues)
      for (const loop of this.#byQueue.get(queue) ?? []) loop.wake()
  }
}

/** Changes when the token or the queues of a robot change; undefined for an unknown robot. */
function queuesKey(name: string, { robots, channels }: Settings): string | undefined {
  const robot = robots.get(name)
  if (robot === undefined) return undefined
  const ours = [...channels.values()].filter((channel) => channel.robots.includes(name))
  return [robot.key, ...ours.map((channel) => [channel.name, ...queuesOf(channel)].join(' '))].join(
    '\n',
  )
}
