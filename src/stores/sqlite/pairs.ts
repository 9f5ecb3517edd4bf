/** Numbers by two texts, without putting a key together for each look. */
export class Pairs {
  readonly #byFirst = new Map<string, Map<string, number>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get(first: string, second: string): number | undefined {
    return this.#byFirst.get(first)?.get(second)
  }

  set(first: string, second: string, value: number): void {
    let bySecond = this.#byFirst.get(first)
    if (bySecond === undefined) {
      bySecond = new Map()
      this.#byFirst.set(first, bySecond)
    }
    if (!bySecond.has(second)) this.#size += 1
    bySecond.set(second, value)
  }

  clear(): void {
    this.#byFirst.clear()
    this.#size = 0
  }
}
