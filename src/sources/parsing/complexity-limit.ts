import { yieldTurn } from '../../time-slices.ts'
import { isLarge } from '../source.ts'

/** Limit on quotes and commas between two brackets; no legitimate object or string list has more. */
const MAX_BETWEEN_CONTAINERS = 100_000

/** Bytes that are counted before other work may run. */
const PIECE = 1024 * 1024

/**
 * Whether a large body has more parts than any sender of alerts writes: parsing it could take seconds and hundreds of
 * megabytes. Counts opening brackets and double quotes, within strings too. Linear; stops at the first exceeded limit.
 */
export async function exceedsComplexity(
  body: string | Uint8Array,
  limits: { brackets: number; quotes: number },
): Promise<boolean> {
  // A smaller body is parsed in a few milliseconds, whatever it contains.
  if (!isLarge(body)) return false
  let { brackets, quotes } = limits
  let between = MAX_BETWEEN_CONTAINERS
  for (let from = 0; from < body.length; from += PIECE) {
    const piece = bytesOf(body, from)
    for (let at = 0; at < piece.length; at += 1) {
      const code = piece[at] as number
      if (code === QUOTE) {
        quotes -= 1
        between -= 1
      } else if (code === COMMA) between -= 1
      else if ((code | CASE) === OPEN_BRACE) {
        brackets -= 1
        between = MAX_BETWEEN_CONTAINERS
      } else if ((code | CASE) === CLOSE_BRACE) between = MAX_BETWEEN_CONTAINERS
      if (between < 0) return true
    }
    if (brackets < 0 || quotes < 0) return true
    await yieldTurn()
  }
  return false
}

/** A piece of a body as UTF-8. */
function bytesOf(body: string | Uint8Array, from: number): Uint8Array {
  return typeof body === 'string'
    ? Buffer.from(body.slice(from, from + PIECE), 'utf8')
    : body.subarray(from, from + PIECE)
}

const QUOTE = 34
const COMMA = 44
/** The bit that differs between capital and small letters, and between `[` and `{`, `]` and `}`. */
const CASE = 0x20
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
