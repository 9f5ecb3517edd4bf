import type { GiveWay } from '../../give-way.ts'
import { isLarge } from '../source.ts'

/** Objects and lists, and double quotes, that a body may have. */
export interface ComplexityLimits {
  brackets: number
  quotes: number
}

/** Quotes and commas between any two brackets: no object that somebody meant has so many fields, no list of texts. */
const MAX_BETWEEN_CONTAINERS = 100_000

/** Bytes that are counted in one piece. */
const PIECE = 1024 * 1024

/**
 * Whether a large body has so many parts that reading it would take seconds and hundreds of megabytes, however few
 * bytes they are: no sender of alerts makes such a one. Counts what opens a part, within texts as well; linear, and
 * looks no further than it must.
 */
export async function exceedsComplexity(
  body: string | Uint8Array,
  bounds: ComplexityLimits,
  giveWay: GiveWay,
): Promise<boolean> {
  // Any other is read in some milliseconds, whatever is in it.
  if (!isLarge(body)) return false
  let { brackets, quotes } = bounds
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
    await giveWay()
  }
  return false
}

/** A piece of a body as bytes of UTF-8. */
function bytesOf(body: string | Uint8Array, from: number): Uint8Array {
  return typeof body === 'string'
    ? Buffer.from(body.slice(from, from + PIECE), 'utf8')
    : body.subarray(from, from + PIECE)
}

const QUOTE = 34
const COMMA = 44
/** What makes a small letter of a capital, and `{` and `}` of `[` and `]`. */
const CASE = 0x20
const OPEN_BRACE = 123
const CLOSE_BRACE = 125
