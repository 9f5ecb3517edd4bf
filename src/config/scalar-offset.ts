import { type Scalar, Scalar as ScalarNode } from 'yaml'

/**
 * The offset in the source of the character `at` of a scalar's value. Undefined for folded notations, in which the
 * offset of a character is unknown.
 */
export function offsetInScalar(node: Scalar, source: string, at: number): number | undefined {
  const [start, end] = node.range ?? [0, 0]
  const value = String(node.value)
  const written = source.slice(start, end)
  switch (node.type) {
    case ScalarNode.PLAIN:
      return written === value ? start + at : undefined
    case ScalarNode.QUOTE_SINGLE:
    case ScalarNode.QUOTE_DOUBLE:
      return inQuotes(written, at, start)
    case ScalarNode.BLOCK_LITERAL:
      return inBlock(written, value, { at, start })
    default:
      return undefined
  }
}

/** Matches one character, escapes included, within double quotes and within single ones. */
const QUOTED = {
  '"': /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[^\n])|[^\n]/y,
  "'": /''|[^\n]/y,
} as const

function inQuotes(written: string, at: number, start: number): number | undefined {
  const pattern = QUOTED[written[0] as '"' | "'"]
  pattern.lastIndex = 1
  for (let passed = 0; passed < at; passed += 1) if (!pattern.test(written)) return undefined
  return start + pattern.lastIndex
}

/** In a literal block, every line of the value is a line of the source, after its indentation. */
function inBlock(
  written: string,
  value: string,
  { at, start }: { at: number; start: number },
): number | undefined {
  const before = value.slice(0, at).split('\n')
  const line = value.split('\n')[before.length - 1] ?? ''
  const lines = written.split('\n')
  const found = lines[before.length]?.replace(/\r$/, '')
  if (found === undefined || !found.endsWith(line)) return undefined
  const passed = lines.slice(0, before.length).join('\n').length + 1
  return start + passed + found.length - line.length + (before.at(-1) as string).length
}
