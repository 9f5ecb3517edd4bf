import { messageOf } from '../errors.ts'
import { queuesOf, type Settings } from '../model/settings.ts'
import { type DispatchDeps, pass } from './dispatch.ts'
import { Loop } from './loop.ts'

const REHOME_RETRY_MS = 500

type Again = (planned: Date | undefined) => Date | undefined

/** The loops of all robots: one for each that the settings in force have, none for others. */
export class Robots {
  readonly #deps: DispatchDeps
  readonly #again: Again
  readonly #loops = new Map<string, { loop: Loop; work: string }>()
  /** Who works a queue; each accept asks. */
  #byQueue = new Map<string, Loop[]>()
  #following = Promise.resolve()
  #stopped = false

  /** `again` says when to look at a robot again, given when its pass would. */
  constructor({ again, ...deps }: Omit<DispatchDeps, 'wake'> & { again?: Again }) {
    this.#deps = { ...deps, wake: (queues) => this.wake(queues) }
    this.#again = again ?? ((planned) => planned)
  }

  names(): Iterable<string> {
    return this.#loops.keys()
  }

  /**
   * Runs what the settings now ask for. Robots whose queues have changed stand still until what waited in those that
   * are gone has found new ones: nothing newer may be told before it, and nothing that is under way once more.
   */
  follow(): Promise<void> {
    this.#following = this.#following.then(() => this.#follow())
    return this.#following
  }

  /** Something waits in these queues. */
  wake(queues: readonly string[] | 'all'): void {
    if (queues === 'all') for (const { loop } of this.#loops.values()) loop.wake()
    else for (const queue of queues) for (const loop of this.#byQueue.get(queue) ?? []) loop.wake()
  }

  /** Resolves when the attempts under way have ended; no other begins. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#loops.values()].map(({ loop }) => loop.stop()))
  }

  async #follow(): Promise<void> {
    const { settings, clock, events } = this.#deps
    const now = settings()
    const changed = [...this.#loops].filter(([name, { work }]) => work !== workOf(name, now))
    for (const [name] of changed) this.#loops.delete(name)
    await Promise.all(changed.map(([, { loop }]) => loop.stop()))
    await this.#rehome(now)
    if (this.#stopped) return
    for (const name of now.robots.keys()) {
      const running = this.#loops.get(name)
      if (running !== undefined) {
        // Limits and the like may have changed.
        running.loop.wake()
        continue
      }
      const failed = (error: unknown): void => events.passFailed(name, messageOf(error))
      const loop = new Loop({
        pass: async () => this.#again(await pass(name, this.#deps)),
        clock,
        failed,
      })
      this.#loops.set(name, { loop: loop.start(), work: workOf(name, now) as string })
    }
    // In the same turn as the loops: whoever is not woken by the old ones has its first pass before it.
    this.#byQueue = this.#loopsByQueue(now)
  }

  #loopsByQueue({ channels }: Settings): Map<string, Loop[]> {
    const found = new Map<string, Loop[]>()
    for (const channel of channels.values())
      for (const [index, queue] of queuesOf(channel).entries()) {
        const names =
          channel.mode === 'pool' ? channel.robots : channel.robots.slice(index, index + 1)
        const loops = names.flatMap((name) => this.#loops.get(name)?.loop ?? [])
        found.set(queue, [...new Set([...(found.get(queue) ?? []), ...loops])])
      }
    return found
  }

  /** For as long as the store takes: without room it would take no claim either. */
  async #rehome({ channels }: Settings): Promise<void> {
    const { store, clock, events } = this.#deps
    const homes = [...channels.values()].map((channel) => ({
      channel: channel.name,
      queues: queuesOf(channel),
    }))
    while (!this.#stopped)
      try {
        return events.rehomed(await store.rehome(homes, clock.now()))
      } catch (error) {
        events.storeFailed('rehome', messageOf(error))
        await clock.sleep(REHOME_RETRY_MS)
      }
  }
}

/** Names the queues that a robot works, for each channel; undefined where there is no such robot. */
function workOf(name: string, { robots, channels }: Settings): string | undefined {
  if (!robots.has(name)) return undefined
  const ours = [...channels.values()].filter((channel) => channel.robots.includes(name))
  return ours.map((channel) => [channel.name, ...queuesOf(channel)].join(' ')).join('\n')
}
