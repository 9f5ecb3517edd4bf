import { currentName, isContent, isContentName, isKnownName } from './names.ts'

const PAIR = /^\s{0,40}([A-Za-z_][\w.-]{0,80})[ \t]{0,20}=[ \t]?(.*)$/s
/**
 * Characters that a form encoder would escape. OCP's own substitution leaves them, and lone percent signs, unescaped.
 */
const NOT_ENCODED = /[^\x21-\x7e]|%(?![0-9a-fA-F]{2})/
/** Multi-line values, in which everyday words may precede an equals sign. */
const LONG: ReadonlySet<string> = new Set(['alarm_description', 'message'])

/**
 * Reads `a=1&b=2`, percent-encoded or not, or one pair per line. Undefined when no name is typical of an alert, because
 * a text may begin with `ob_cluster=`.
 */
export function pairsIn(body: string): Record<string, string> | undefined {
  if (!PAIR.test(body.slice(0, 200))) return undefined
  const fields = fieldsIn(body)
  return Object.keys(fields).some((name) => isContent(name) || name === 'text') ? fields : undefined
}

function fieldsIn(body: string): Record<string, string> {
  if (body.includes('\n')) return joined(body.split(/\r?\n/), '\n')
  return NOT_ENCODED.test(body) ? joined(body.split('&'), '&') : decoded(body)
}

function decoded(body: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(body)) fields[currentName(name)] ??= value
  return fields
}

/** Joins parts into pairs; a part that does not begin with a new OCP name continues the value before it. */
function joined(parts: readonly string[], by: string): Record<string, string> {
  const values = new Map<string, string[]>()
  let last: string[] | undefined
  let isLong = false
  for (const part of parts) {
    const [, written = '', value = ''] = PAIR.exec(part) ?? []
    const name = currentName(written)
    const begins =
      name !== '' &&
      !values.has(name) &&
      (last === undefined ||
        (isLong ? isContent(name) || isContentName(written) : isKnownName(name)))
    if (begins) {
      last = [value]
      values.set(name, last)
      isLong = LONG.has(name)
    } else last?.push(part)
  }
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of values) fields[name] = value.join(by)
  return fields
}
