import { RE2JS } from 're2js'
import { TemplateError } from '../templates/template-error.ts'
import { cutTo } from '../text/escape.ts'

/** Length of text that is searched; finding all matches can take time quadratic in it. */
const MAX_SEARCHED = 4_000
const MAX_COMPILED = 100
/**
 * Limit of steps of one template part in a message, over all alerts and all sizes that are tried. A step is one
 * instruction of a pattern at one character; it takes at most 5 ns (measured, re2js 2.10).
 */
const MAX_STEPS = 100_000_000
/** Cost of compiling, for each instruction of a pattern. */
const STEPS_TO_COMPILE = 1_000

/** One match, with its groups by number or name. */
export interface Match {
  start: number
  end: number
  group(name: number | string): string
}

/** Compiles each pattern of a message's templates once, and stops a part that exceeds its limit of steps. */
export class Patterns {
  readonly #compiled = new Map<string, RE2JS>()
  readonly #steps = new Map<string, number>()
  #part = ''

  /** Renders a part and counts its steps. A nested part has its own count. */
  within<T>(part: string, make: () => T): T {
    const outer = this.#part
    this.#part = part
    try {
      return make()
    } finally {
      this.#part = outer
    }
  }

  /** The part of a text that is searched, and whether it was cut. */
  searched(text: string): { text: string; isCut: boolean } {
    return { text: cutTo(text, MAX_SEARCHED, ''), isCut: text.length > MAX_SEARCHED }
  }

  /** Yields all matches in order. */
  *matches(pattern: string, text: string): Generator<Match, void, void> {
    const compiled = this.#compile(pattern)
    const size = compiled.programSize()
    const matcher = compiled.matcher(text)
    for (let from = 0; ; from = matcher.end()) {
      this.#spend(size * (text.length - from + 1))
      if (!matcher.find()) return
      yield {
        start: matcher.start(),
        end: matcher.end(),
        group: (name) => matcher.group(name) ?? '',
      }
    }
  }

  #compile(pattern: string): RE2JS {
    const known = this.#compiled.get(pattern)
    if (known !== undefined) return known
    this.#spend(STEPS_TO_COMPILE * pattern.length)
    const compiled = RE2JS.compile(pattern)
    this.#spend(STEPS_TO_COMPILE * compiled.programSize())
    const [oldest] = this.#compiled.keys()
    if (oldest !== undefined && this.#compiled.size >= MAX_COMPILED) this.#compiled.delete(oldest)
    this.#compiled.set(pattern, compiled)
    return compiled
  }

  #spend(steps: number): void {
    const spent = (this.#steps.get(this.#part) ?? 0) + steps
    this.#steps.set(this.#part, spent)
    if (spent > MAX_STEPS)
      throw new TemplateError('the regular expressions of this part take too long')
  }
}
