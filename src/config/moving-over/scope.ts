import type { GoType } from './functions.ts'

/** The JavaScript expression for a value of a Go template. */
export interface Value {
  code: string
  type: GoType
  /** The text, if the value is a string literal in the template. */
  literal?: string
  /** True if the value may be nil. In Go, every field and method of nil is nil. */
  isNil?: boolean | undefined
}

type Variable = Pick<Value, 'type' | 'isNil'>

/** What an action of a template can refer to: the dot, and variables by name. */
export class Scope {
  readonly dot: Value
  readonly #outer: Scope | undefined
  readonly #own = new Map<string, Variable>()

  constructor(dot: Value, outer?: Scope) {
    this.dot = dot
    this.#outer = outer
  }

  /** The scope of an inner block, which may redeclare variables. */
  within(dot: Value = this.dot): Scope {
    return new Scope(dot, this)
  }

  /** Declares a variable; false if this block has already declared it. */
  declare(name: string, type: GoType, isNil?: boolean): boolean {
    const isNew = !this.#own.has(name)
    this.#own.set(name, { type, isNil })
    return isNew
  }

  find(name: string): Variable | undefined {
    return this.#own.get(name) ?? this.#outer?.find(name)
  }
}
