import type { GoType } from './functions.ts'

/** JavaScript that stands for a value of a Go template. */
export interface Value {
  code: string
  type: GoType
  /** Set of a text that the template itself holds. */
  literal?: string
}

interface Variable {
  type: GoType
}

/** What a place of a template can see: the dot, and variables by name. */
export class Scope {
  readonly dot: Value
  readonly #outer: Scope | undefined
  readonly #own = new Map<string, Variable>()

  constructor(dot: Value, outer?: Scope) {
    this.dot = dot
    this.#outer = outer
  }

  /** A block within, where a variable may be made anew. */
  within(dot: Value = this.dot): Scope {
    return new Scope(dot, this)
  }

  /** Makes a variable; false where this very block has it already. */
  declare(name: string, type: GoType): boolean {
    const isNew = !this.#own.has(name)
    this.#own.set(name, { type })
    return isNew
  }

  find(name: string): Variable | undefined {
    return this.#own.get(name) ?? this.#outer?.find(name)
  }
}
