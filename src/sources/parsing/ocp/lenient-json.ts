import { MAX_DEPTH } from '../json.ts'
import { isContentName, isKnownName } from './names.ts'

type Open = { kind: 'object'; fields: Record<string, unknown>; wrapped: boolean } | OpenList
type OpenList = { kind: 'list'; items: unknown[] }

const SPACE = /\s*/y
const KEY = /"([^"\\\u0000-\u001f]{1,100})"\s*:\s*/y
const PLAIN = /[^"\\{}]+/y
/** An unquoted value, up to a character that may end it. */
const BARE = /[^,}\]]+/y
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/y
const PLACEHOLDER = /\$\{[\w.-]{1,80}\}/y
const LITERAL = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/
/** A value that begins like this makes the text before it a key, whatever its name. */
const VALUE_BEGINS = /["{[]|(?:-?\d+(?:\.\d+)?|true|false|null)\s*[,}\]]|\$\{/y
const ITEM_BEGINS = /["{[$\d-]|true|false|null/y
/** A quoted JSON object: an operator put quotes around a JSON message template. */
const WRAPPED = /"\s*(?=\{\s*"[^"\\\u0000-\u001f]{1,100}"\s*:)/y

const ESCAPED: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

/**
 * Repairs JSON that OCP broke by inserting raw values into the operator's template: quotes, backslashes, line breaks,
 * and missing values. A string ends only at a quote after which the template continues: a comma and the next key, or
 * the open brackets and the end. A truncated body is read up to the cut. Undefined if the body cannot be repaired.
 * Linear.
 */
export function repaired(text: string): unknown {
  return new Repair(text, true).read() ?? new Repair(text, false).read()
}

/** One pass over a text; a class because its methods share the position. */
class Repair {
  readonly #text: string
  readonly #unwraps: boolean
  readonly #open: Open[] = []
  #at = 0
  #result: unknown

  constructor(text: string, unwraps: boolean) {
    this.#text = text
    this.#unwraps = unwraps
  }

  read(): unknown {
    let expects: 'value' | 'key' | 'more' = 'value'
    let key = ''
    for (;;) {
      this.#at = this.#past(SPACE, this.#at)
      const character = this.#text[this.#at]
      if (character === undefined) return this.#result
      const top = this.#open.at(-1)
      if (top === undefined && expects === 'more') return undefined
      const closes = character === (top?.kind === 'object' ? '}' : ']')
      if (top !== undefined && closes && (expects !== 'value' || top.kind === 'list')) {
        this.#close(top)
        expects = 'more'
      } else if (expects === 'more') {
        if (character !== ',') return undefined
        this.#at += 1
        expects = top?.kind === 'object' ? 'key' : 'value'
      } else if (expects === 'key') {
        const name = this.#key(this.#at)
        if (name === undefined) return undefined
        key = name
        this.#at = KEY.lastIndex
        expects = 'value'
      } else if (character === '{' || character === '[') {
        if (this.#open.length === MAX_DEPTH) return undefined
        this.#begin(character, { key, wrapped: false })
        expects = character === '{' ? 'key' : 'value'
      } else if (this.#isWrapped(key)) {
        this.#at = WRAPPED.lastIndex
        this.#begin('{', { key, wrapped: true })
        expects = 'key'
      } else {
        this.#put(key, character === '"' ? this.#quoted() : this.#bare())
        expects = 'more'
      }
    }
  }

  #begin(bracket: '{' | '[', { key, wrapped }: { key: string; wrapped: boolean }): void {
    this.#at += 1
    const begun: Open =
      bracket === '{'
        ? { kind: 'object', fields: Object.create(null), wrapped }
        : { kind: 'list', items: [] }
    this.#put(key, begun.kind === 'object' ? begun.fields : begun.items)
    this.#open.push(begun)
  }

  #close(top: Open): void {
    this.#open.pop()
    this.#at += 1
    if (top.kind === 'object' && top.wrapped) this.#at = this.#pastWrapping(this.#at)
  }

  #put(key: string, value: unknown): void {
    const top = this.#open.at(-1)
    if (top === undefined) this.#result = value
    else if (top.kind === 'list') top.items.push(value)
    // A key smuggled into a value must not replace the first one.
    else top.fields[key] ??= value
  }

  #isWrapped(key: string): boolean {
    return this.#unwraps && key === 'message' && this.#past(WRAPPED, this.#at) > this.#at
  }

  /** Reads a string from its opening quote, and moves past its closing quote. */
  #quoted(): string {
    const parts: string[] = []
    let braces = 0
    let at = this.#at + 1
    for (;;) {
      const plain = this.#past(PLAIN, at)
      if (plain > at) parts.push(this.#text.slice(at, plain))
      at = plain
      const character = this.#text[at]
      if (character === undefined || (character === '"' && this.#endsAt(at + 1, braces > 0))) {
        this.#at = at + 1
        return parts.join('')
      }
      if (character === '\\' && !(this.#text[at + 1] === '"' && this.#endsAt(at + 2, true))) {
        const escaped = this.#escapeAt(at)
        parts.push(escaped?.text ?? '\\')
        at = escaped?.end ?? at + 1
        continue
      }
      // Keys of JSON within the string must not end the string.
      if (character === '{' && this.#key(this.#past(SPACE, at + 1)) !== undefined) braces += 1
      else if (character === '}' && braces > 0) braces -= 1
      parts.push(character)
      at += 1
    }
  }

  #escapeAt(at: number): { text: string; end: number } | undefined {
    ESCAPE.lastIndex = at
    const [, code, letter] = ESCAPE.exec(this.#text) ?? []
    if (code !== undefined)
      return { text: String.fromCharCode(Number.parseInt(code, 16)), end: at + 6 }
    return letter === undefined ? undefined : { text: ESCAPED.get(letter) ?? letter, end: at + 2 }
  }

  /** A value without quotes: a number, an unresolved placeholder, nothing, or unquoted words. */
  #bare(): unknown {
    const from = this.#at
    let at = this.#past(PLACEHOLDER, from)
    for (;;) {
      at = this.#past(BARE, at)
      if (at === this.#text.length || this.#endsAt(at, false)) break
      at += 1
    }
    this.#at = at
    const value = this.#text.slice(from, at).trim()
    if (value === '') return null
    return LITERAL.test(value) ? JSON.parse(value) : value
  }

  /**
   * Whether the template continues after a value that ends here. `inside`: the value has opened a brace itself, so only
   * a typical OCP name counts as the template's next key.
   */
  #endsAt(from: number, inside: boolean): boolean {
    const text = this.#text
    let at = this.#past(SPACE, from)
    let level = this.#open.length
    let top = this.#open[level - 1]
    for (;;) {
      const character = text[at]
      if (character === undefined) return true
      if (top === undefined) return false
      if (character === (top.kind === 'object' ? '}' : ']')) {
        at += 1
        if (top.kind === 'object' && top.wrapped) at = this.#pastWrapping(at)
        level -= 1
        top = this.#open[level - 1]
        at = this.#past(SPACE, at)
        continue
      }
      if (character !== ',') return false
      at = this.#past(SPACE, at + 1)
      const next = text[at]
      if (next === '}' || next === ']') continue
      if (top.kind === 'list') return !inside && this.#past(ITEM_BEGINS, at) > at
      const name = this.#key(at)
      if (name === undefined) return false
      if (isContentName(name)) return true
      if (inside) return false
      return isKnownName(name) || this.#past(VALUE_BEGINS, KEY.lastIndex) > KEY.lastIndex
    }
  }

  #key(at: number): string | undefined {
    KEY.lastIndex = at
    return KEY.exec(this.#text)?.[1]
  }

  #pastWrapping(at: number): number {
    const quote = this.#past(SPACE, at)
    return this.#text[quote] === '"' ? quote + 1 : at
  }

  /** The position after a sticky match; the same position where nothing matches. */
  #past(pattern: RegExp, at: number): number {
    pattern.lastIndex = at
    return pattern.test(this.#text) ? pattern.lastIndex : at
  }
}
