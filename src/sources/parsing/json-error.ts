const SPACE = /[ \t\r\n]*/y
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const MAX_EXCERPT_LENGTH = 24

/** What may come next in a JSON text, as error messages name it. */
const EXPECTED = {
  value: 'a value',
  firstItem: 'a value or ]',
  name: 'a name in double quotes',
  firstName: 'a name in double quotes or }',
  colon: 'a colon',
  nextMember: 'a comma or }',
  nextItem: 'a comma or ]',
  end: 'nothing more',
} as const

type Next = keyof typeof EXPECTED

/**
 * Describes the first JSON syntax error for a person: line, column, what was expected, and the first characters found.
 * Nesting deeper than `maxDepth` is an error. V8's own message has no position for half of the errors. Linear.
 */
export function jsonErrorIn(text: string, maxDepth: number): string {
  const open: ('{' | '[')[] = []
  let next = 'value' as Next
  let at = 0
  for (;;) {
    at = past(SPACE, text, at)
    const character = text[at]
    if (character === undefined || next === 'end') return describe(text, at, EXPECTED[next])
    const top = open.at(-1)
    const closes = character === '}' ? '{' : '['
    if ((character === '}' || character === ']') && MAY_CLOSE.has(next) && top === closes) {
      open.pop()
      next = afterValue(open)
      at += 1
    } else if (next === 'nextMember' || next === 'nextItem') {
      if (character !== ',') return describe(text, at, EXPECTED[next])
      next = next === 'nextMember' ? 'name' : 'value'
      at += 1
    } else if (next === 'colon') {
      if (character !== ':') return describe(text, at, EXPECTED[next])
      next = 'value'
      at += 1
    } else if (character === '"') {
      const { end, fault } = pastText(text, at)
      if (fault !== undefined) return describe(text, end, fault)
      next = next === 'name' || next === 'firstName' ? 'colon' : afterValue(open)
      at = end
    } else if (next === 'name' || next === 'firstName') {
      return describe(text, at, EXPECTED[next])
    } else if (character === '{' || character === '[') {
      if (open.length === maxDepth) return `${positionOf(text, at)}: ${tooDeep(maxDepth)}`
      open.push(character)
      next = character === '{' ? 'firstName' : 'firstItem'
      at += 1
    } else {
      const end = past(LITERAL, text, at)
      if (end === at) return describe(text, at, EXPECTED[next])
      next = afterValue(open)
      at = end
    }
  }
}

const MAY_CLOSE: ReadonlySet<Next> = new Set([
  'firstItem',
  'firstName',
  'nextMember',
  'nextItem',
] as const)

function afterValue(open: readonly ('{' | '[')[]): Next {
  const top = open.at(-1)
  if (top === undefined) return 'end'
  return top === '{' ? 'nextMember' : 'nextItem'
}

/** The end of a sticky match at a position; the same position where nothing matches. */
function past(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

function pastText(text: string, from: number): { end: number; fault?: string } {
  let at = from + 1
  for (;;) {
    at = past(PLAIN, text, at)
    const character = text[at]
    if (character === '"') return { end: at + 1 }
    if (character === undefined) return { end: at, fault: 'a double quote that ends the text' }
    const end = past(ESCAPE, text, at)
    if (end === at) {
      const raw = character === '\\' ? 'a known escape' : 'no raw control character in a text'
      return { end: at, fault: raw }
    }
    at = end
  }
}

function describe(text: string, at: number, expected: string): string {
  const excerpt = text.slice(at, at + MAX_EXCERPT_LENGTH).toWellFormed()
  const found = excerpt === '' ? 'it ends' : `there is ${JSON.stringify(excerpt)}`
  return `${positionOf(text, at)}: expected ${expected}, but ${found}`
}

function positionOf(text: string, at: number): string {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  const line = text.slice(0, lineStart).split('\n').length
  return `line ${line}, column ${at - lineStart + 1}`
}

export function tooDeep(maxDepth: number): string {
  return `nested deeper than ${maxDepth} levels`
}
