/** `host`: in the host and port of an address. `path`: after them, in the path, query or fragment. */
export type AddressPart = 'host' | 'path'

/** Characters of an address. A bracket, quote, `*` or `|` belongs to the text around it. */
const ADDRESS = /[\w\-.~:/?#@!$&+,;=%]/

/**
 * Tracks, from left to right through a template, whether a variable at this point is within an address, such as
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

  /** Position of a variable at this point; undefined outside an address, or if the variable is a whole address. */
  get part(): AddressPart | undefined {
    return this.#part
  }
}

/** Encodes a value for its position in an address. A host keeps its port, and an IPv6 address its brackets. */
export function urlEncoded(value: string, part: AddressPart): string {
  const encoded = percentEncoded(value)
  return part === 'path'
    ? encoded
    : encoded.replace(/%3A|%5B|%5D/g, (each) => decodeURIComponent(each))
}

/** Percent-encodes a text like encodeURIComponent, and also the given marks, which it leaves. */
export function percentEncoded(text: string, marks = /[!'()*]/g): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    marks,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
