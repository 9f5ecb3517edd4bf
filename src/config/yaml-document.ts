import { isNode, isScalar, LineCounter, parseDocument, YAMLMap } from 'yaml'
import { faultLine } from './fault-line.ts'
import { offsetInScalar } from './scalar-offset.ts'
import type { Path } from './settings-context.ts'

/** A parsed file with the position of each value. */
export interface ConfigDocument {
  value: unknown
  /**
   * `file:line:column` of a value, of its key with `key`, or of a character of its text with a number. If there is none,
   * that of the nearest parent.
   */
  placeOf(path: Path, at?: 'key' | 'value' | number): string
}

/** Parses YAML; faults are `file:line:column: reason`. */
export function parseConfig(
  text: string,
  file: string,
): { document?: ConfigDocument; faults: string[] } {
  const lines = new LineCounter()
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
  if (parsed.errors.length > 0)
    return {
      faults: parsed.errors.map(({ code, message, pos }) => {
        const [first = ''] = message.split('\n')
        if (code !== 'DUPLICATE_KEY') return faultLine(placeAt(pos[0]), undefined, first)
        // After a key without a value, the position is that of the missing value.
        const at = pos[0] + (/^(?:\s|#.*)*/.exec(text.slice(pos[0]))?.[0].length ?? 0)
        return faultLine(placeAt(at), undefined, `the key ${keyAt(at)} is here twice`)
      }),
    }
  let value: unknown
  try {
    value = parsed.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return { faults: [faultLine(`${file}:1:1`, undefined, (error as Error).message)] }
  }
  return { faults: [], document: { value, placeOf } }

  function keyAt(offset: number): string {
    return /^[^:\n]{1,100}/.exec(text.slice(offset))?.[0].trim() ?? ''
  }

  function placeOf(path: Path, at: 'key' | 'value' | number = 'value'): string {
    const node = typeof at === 'number' ? parsed.getIn(path, true) : undefined
    const inside = isScalar(node) ? offsetInScalar(node, text, at as number) : undefined
    if (inside !== undefined) return placeAt(inside)
    for (let length = path.length; length >= 0; length -= 1) {
      const offset =
        at === 'key' && length > 0
          ? keyOffset(path.slice(0, length))
          : valueOffset(path.slice(0, length))
      if (offset !== undefined) return placeAt(offset)
    }
    return `${file}:1:1`
  }

  function valueOffset(path: Path): number | undefined {
    const node = path.length === 0 ? parsed.contents : parsed.getIn(path, true)
    return isNode(node) ? node.range?.[0] : undefined
  }

  function keyOffset(path: Path): number | undefined {
    const parent = path.length === 1 ? parsed.contents : parsed.getIn(path.slice(0, -1), true)
    if (!(parent instanceof YAMLMap)) return undefined
    const pair = parent.items.find(
      (item) => isNode(item.key) && String(item.key) === String(path.at(-1)),
    )
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined
  }
}
