const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

const ESCAPE = /\\(?:x([\da-fA-F]{2})|([0-3][0-7]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gsu

/**
 * Decodes a string or character of Go, given with its quotes. Escapes may be single bytes, which must form valid UTF-8
 * together. Throws the error that `fail` returns for a reason and the index of the wrong character.
 */
export function goUnquoted(quoted: string, fail: (why: string, at: number) => Error): string {
  const inner = quoted.slice(1, -1)
  const pieces: Uint8Array[] = []
  let run = ''
  let from = 0
  for (const found of inner.matchAll(ESCAPE)) {
    run += inner.slice(from, found.index)
    from = found.index + found[0].length
    const [whole, hex, octal] = found
    if (hex === undefined && octal === undefined) {
      const character = characterIn(found, quoted[0] as string)
      if (character === undefined)
        throw fail(
          `${whole} is not an escape; write \\${whole} for the characters themselves`,
          found.index + 1,
        )
      run += character
    } else {
      const byte = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16)
      pieces.push(Buffer.from(run), Uint8Array.of(byte))
      run = ''
    }
  }
  pieces.push(Buffer.from(run + inner.slice(from)))
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(pieces))
  } catch {
    throw fail('has escapes that are not UTF-8', 0)
  }
}

/** Decodes an escape that is a whole character, not a single byte. */
function characterIn(
  [, , , short, long, simple]: RegExpExecArray,
  quote: string,
): string | undefined {
  const code = Number.parseInt(short ?? long ?? '-1', 16)
  if (code < 0) return simple === quote ? quote : SIMPLE_ESCAPES[simple ?? '']
  const isSurrogate = code >= 0xd800 && code <= 0xdfff
  return code > 0x10ffff || isSurrogate ? undefined : String.fromCodePoint(code)
}
