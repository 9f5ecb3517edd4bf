/** A position within an address that a template writes: in the host and port, or behind them. */
export type AddressPart = 'host' | 'path'

/** Characters of an address. A bracket, quote, `*` or `|` belongs to the text around it. */
const ADDRESS = /[\w\-.~:/?#@!$&+,;=%]/

/**
 * Reads a template from left to right, and finds the variables within an address that it writes, such as
 * `https://host/?q=` or `[label](path/`. Linear in the length of the template.
 */
export class AddressScan {
  /** True after `](`, where a link's address begins. */
  #isTarget = false
  #part: AddressPart | undefined

  /** Continues with text between variables. */
  add(text: string): void {
    let from = text.length
    while (from > 0 && ADDRESS.test(text[from - 1] as string)) from -= 1
    if (from > 0) {
      this.#isTarget = text.slice(0, from).endsWith('](')
      this.#part = undefined
    }
    const rest = text.slice(from)
    const scheme = rest.lastIndexOf('://')
    if (scheme > 0 || (scheme === 0 && from === 0))
      this.#part = /[/?#]/.test(rest.slice(scheme + 3)) ? 'path' : 'host'
    else if (rest !== '' && (this.#isTarget || (this.#part === 'host' && /[/?#]/.test(rest))))
      this.#part = 'path'
  }

  /** The position of a variable here; undefined where its value stands for itself, a whole address included. */
  get part(): AddressPart | undefined {
    return this.#part
  }
}

/** Encodes a value for its position in an address. A host keeps its port, and an IPv6 address its brackets. */
export function urlEncoded(value: string, part: AddressPart): string {
  const encoded = encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return part === 'path'
    ? encoded
    : encoded.replace(/%3A|%5B|%5D/g, (each) => decodeURIComponent(each))
}
