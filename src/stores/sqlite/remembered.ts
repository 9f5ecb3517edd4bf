import { randomBytes } from 'node:crypto'

/** What is remembered of a key: numbers of rows, 0 for none. */
export interface Entry {
  firing: number
  resolved: number
  repeats: number
}

/** So that a part that grows or forgets holds up accepting for well under a millisecond. */
const PARTS = 256

/** Of a part: 2.5 million entries in all, in 134 MB. One that needs more forgets the older half of its entries. */
const MOST_SLOTS = 16_384
const FIRST_SLOTS = 16
const FULLEST = 0.6

/** Rows of each table that are worth reading again when the store is opened. */
export const MOST_REMEMBERED = 2_000_000

/**
 * The newest rows of each key, in memory and bounded: what each accept looks up. On disk it would be an index in
 * random order, whose pages cost more to write than everything else of an accept together (320 of 590 µs for 100
 * alerts). It is made again from the rows when the store is opened, and takes part in transactions.
 *
 * Two texts may have the same key, with a chance of one in 10^9 for a million of them: whoever finds an entry
 * compares the rows it names.
 */
export class Remembered {
  readonly #parts = Array.from({ length: PARTS }, () => new Part())
  readonly #seeds = new Uint32Array(new Uint8Array(randomBytes(8)).buffer)
  /** Four numbers for each change: the key, and what it had before. */
  readonly #undo: number[] = []

  /** A number that stands for a text within a space; never 0, different in each process. */
  keyOf(space: number, text: string): number {
    let low = (this.#seeds[0] as number) ^ Math.imul(space + 1, 0x9e3779b1)
    let high = (this.#seeds[1] as number) ^ text.length
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      low = Math.imul(low ^ code, 0x85ebca6b)
      low ^= low >>> 15
      high = Math.imul(high ^ code, 0xc2b2ae35)
      high ^= high >>> 13
    }
    low = Math.imul(low ^ (high >>> 16), 0x27d4eb2f)
    high = Math.imul(high ^ (low >>> 15), 0x165667b1)
    return (high & 0x1fffff) * 0x1_0000_0000 + ((low ^ (low >>> 14)) >>> 0) + 1
  }

  get(key: number): Entry | undefined {
    return this.#partOf(key).get(key)
  }

  set(key: number, entry: Entry): void {
    this.#partOf(key).set(key, entry, this.#undo)
  }

  /** What was set since the last commit stays. */
  commit(): void {
    this.#undo.length = 0
  }

  /** What was set since the last commit is as it was before. */
  rollback(): void {
    for (let at = this.#undo.length - 4; at >= 0; at -= 4) {
      const [key, firing, resolved, repeats] = this.#undo.slice(at, at + 4) as FourNumbers
      this.#partOf(key).set(key, { firing, resolved, repeats })
    }
    this.#undo.length = 0
  }

  #partOf(key: number): Part {
    return this.#parts[key & (PARTS - 1)] as Part
  }
}

type FourNumbers = [number, number, number, number]

/** Of a slot: its key (0: free), firing, resolved, repeats; side by side, so that a look is one at the memory. */
const NUMBERS = 4

/** A table with open addressing: numbers instead of objects, 32 bytes a slot. */
class Part {
  #size = 0
  #slots = FIRST_SLOTS
  #numbers = new Float64Array(FIRST_SLOTS * NUMBERS)

  get(key: number): Entry | undefined {
    const numbers = this.#numbers
    const at = this.#find(key)
    const [firing, resolved] = [numbers[at + 1] as number, numbers[at + 2] as number]
    if (firing === 0 && resolved === 0) return undefined
    return { firing, resolved, repeats: numbers[at + 3] as number }
  }

  set(key: number, { firing, resolved, repeats }: Entry, undo?: number[]): void {
    let at = this.#find(key)
    if (this.#numbers[at] === 0) {
      if (this.#size >= this.#slots * FULLEST) {
        this.#rebuild()
        at = this.#find(key)
      }
      this.#size += 1
      this.#numbers[at] = key
    }
    const numbers = this.#numbers
    undo?.push(key, numbers[at + 1] as number, numbers[at + 2] as number, numbers[at + 3] as number)
    numbers[at + 1] = firing
    numbers[at + 2] = resolved
    numbers[at + 3] = repeats
  }

  /** Where the slot with the key begins, or a free one for it. */
  #find(key: number): number {
    const mask = this.#slots - 1
    let slot = (key / PARTS) & mask
    for (;;) {
      const found = this.#numbers[slot * NUMBERS]
      if (found === key || found === 0) return slot * NUMBERS
      slot = (slot + 1) & mask
    }
  }

  /** Grows to twice its slots, or, where it is as large as it may be, forgets the half that is older. */
  #rebuild(): void {
    const old = this.#numbers
    const isFull = this.#slots >= MOST_SLOTS
    const newest = (at: number): number => Math.max(old[at + 1] as number, old[at + 2] as number)
    const all: number[] = []
    for (let at = 0; at < old.length; at += NUMBERS) if (newest(at) > 0) all.push(newest(at))
    const forgotten = isFull ? medianOf(all) : 0
    if (!isFull) this.#slots *= 2
    this.#size = 0
    this.#numbers = new Float64Array(this.#slots * NUMBERS)
    for (let at = 0; at < old.length; at += NUMBERS)
      if (newest(at) > forgotten)
        this.set(old[at] as number, {
          firing: old[at + 1] as number,
          resolved: old[at + 2] as number,
          repeats: old[at + 3] as number,
        })
  }
}

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0
}
