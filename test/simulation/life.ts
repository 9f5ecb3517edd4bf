import { AppError } from '../../src/errors.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Point } from './history.ts'

/** A promise that never settles, for a dead process. */
function never(): Promise<never> {
  return new Promise(() => {})
}

/** Verbs that need free disk space. */
const WRITING: ReadonlySet<string> = new Set<keyof Store>([
  'accept',
  'lease',
  'claim',
  'claimRetry',
  'settle',
  'recover',
  'shift',
  'enqueue',
  'warn',
  'resend',
  'reassign',
])

/** One run of a process, which may die or be suspended at every await. */
export class Life {
  isOver = false
  readonly #diesAt: (point: string, when: 'before' | 'after') => boolean
  #frozen: Promise<void> | undefined

  constructor(diesAt: (point: string, when: 'before' | 'after') => boolean) {
    this.#diesAt = diesAt
  }

  end(): void {
    this.isOver = true
  }

  /** Suspends the process; its pending work continues afterwards. */
  freeze(until: Promise<void>): void {
    this.#frozen = until.then(() => {
      this.#frozen = undefined
    })
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined
  }

  /** Runs an external effect unless the process dies before it; returns its result unless the process dies after it. */
  async meets<T>(point: Point | string, work: () => Promise<T>): Promise<T> {
    if (this.isOver) return never()
    if (this.#diesAt(point, 'before')) return never()
    try {
      const value = await work()
      await this.#alive(point)
      return value
    } catch (error) {
      await this.#alive(point)
      throw error
    }
  }

  async #alive(point: string): Promise<void> {
    if (this.isOver || this.#diesAt(point, 'after')) return never()
    while (this.#frozen !== undefined) await this.#frozen
    if (this.isOver) return never()
  }
}

/** Wraps a store: the process may die at each verb, and the disk may be full. */
export function storeIn(
  life: Life,
  { store, isFull }: { store: Store; isFull: () => boolean },
): Store {
  const verbs = Object.entries(store).map(([name, verb]) => [
    name,
    (...values: unknown[]) =>
      life.meets(name, async () => {
        if (WRITING.has(name) && isFull())
          throw new AppError('store_unavailable', 'database or disk is full')
        return (verb as (...all: unknown[]) => Promise<unknown>)(...values)
      }),
  ])
  return Object.fromEntries(verbs) as Store
}
