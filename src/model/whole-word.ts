/** Limit on the positions at which a value is searched. */
const MAX_PLACES = 20

/**
 * Whether a text contains a value as a whole word or number, not within a longer one, such as `5` in `15`, `1.5` or
 * `db-5`.
 */
export function standsIn(text: string, value: string): boolean {
  let at = text.indexOf(value)
  for (let places = 0; at >= 0 && places < MAX_PLACES; places += 1) {
    if (endsBefore(text, at, value) && endsAfter(text, at + value.length, value)) return true
    at = text.indexOf(value, at + 1)
  }
  return false
}

const WORD = /[A-Za-z0-9_]/
/** Joins two words into one name, as in `pay-1` and `db.example`. */
const JOINT = /[-.]/

function endsBefore(text: string, at: number, value: string): boolean {
  const [previous = '', first = ''] = [text[at - 1], value[0]]
  if (!WORD.test(first)) return isCjk(first) || !WORD.test(previous)
  return !WORD.test(previous) && !(JOINT.test(previous) && WORD.test(text[at - 2] ?? ''))
}

function endsAfter(text: string, at: number, value: string): boolean {
  const [next = '', last = ''] = [text[at], value.at(-1)]
  if (WORD.test(next)) return isCjk(last)
  // `/data` is not a word of `/data/logs`, nor `/` of `/data`.
  if (next === '/' && value.startsWith('/')) return false
  return !(JOINT.test(next) && WORD.test(text[at + 1] ?? ''))
}

function isCjk(character: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(character)
}
