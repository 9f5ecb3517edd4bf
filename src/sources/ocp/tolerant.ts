import { isKnownName } from './names.ts'

/**
 * Reads flat JSON that OCP broke by putting values with raw quotes, line breaks and backslashes into a template: a value
 * ends only where the next known key or the closing brace begins. Undefined when no known key is there. Linear.
 */
export function readBroken(text: string): Record<string, string> | undefined {
  const keys = knownKeys(text)
  if (keys.length === 0) return undefined
  const fields: Record<string, string> = Object.create(null)
  for (const [index, { name, valueAt }] of keys.entries()) {
    const end = keys[index + 1]?.keyAt ?? endOfObject(text)
    fields[name] ??= unquoted(text.slice(valueAt, Math.max(valueAt, end)))
  }
  return fields
}

interface Key {
  name: string
  keyAt: number
  valueAt: number
}

/** `"name":` wherever a known name stands behind a brace or a comma; a value that quotes one of them is no key. */
function knownKeys(text: string): Key[] {
  const keys: Key[] = []
  for (const match of text.matchAll(/"([A-Za-z_][\w-]{0,80})"[ \t\r\n]{0,20}:/g)) {
    const name = match[1] as string
    const before = text
      .slice(Math.max(0, match.index - 40), match.index)
      .trimEnd()
      .at(-1)
    if (!isKnownName(name) || (before !== '{' && before !== ',' && before !== undefined)) continue
    keys.push({ name, keyAt: match.index, valueAt: match.index + match[0].length })
  }
  return keys
}

function endOfObject(text: string): number {
  const brace = text.lastIndexOf('}')
  return brace < 0 ? text.length : brace
}

/** The value between a colon and the next key, without its own quotes and the comma behind them. */
function unquoted(part: string): string {
  let value = part.trim()
  if (value.endsWith(',')) value = value.slice(0, -1).trimEnd()
  if (!value.startsWith('"')) return value === 'null' ? '' : value
  value = value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value.slice(1)
  return unescaped(value)
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '"': '"',
  '\\': '\\',
  '/': '/',
}

/** Escapes that JSON knows are undone; any other backslash was meant as one. */
function unescaped(value: string): string {
  return value.replace(/\\(u[0-9a-fA-F]{4}|[ntr"\\/])/g, (whole, escaped: string) =>
    escaped.startsWith('u')
      ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
      : (ESCAPES[escaped] ?? whole),
  )
}
