import { type Variables, variablesFrom } from '../../model/variables.ts'

/** Longer keys have more labels than the link to a silence form can hold. */
const MAX_KEY_LENGTH = 2_000

const PAIR = /(?:([\p{L}_][\p{L}\p{N}_]*)|("(?:[^"\\]|\\.)*"))=("(?:[^"\\]|\\.)*")/uy

/**
 * The group's labels in Alertmanager's group key, `ROUTE:{name="value", …}` (notify.ExtractGroupKey and
 * model.LabelSet.String); undefined if the group has none.
 */
export function groupLabelsIn(key: string): Variables | undefined {
  if (key.length > MAX_KEY_LENGTH || !key.endsWith('}')) return undefined
  for (let at = key.indexOf(':{'); at >= 0; at = key.indexOf(':{', at + 1)) {
    const labels = labelSetIn(key, at + 2)
    if (labels !== undefined) return labels
  }
  return undefined
}

/** Reads all pairs from `start` to the brace that ends the key; undefined if there is anything else. */
function labelSetIn(key: string, start: number): Variables | undefined {
  const pairs: [string, string | undefined][] = []
  let at = start
  while (at < key.length - 1) {
    PAIR.lastIndex = at
    const match = PAIR.exec(key)
    if (match === null) return undefined
    const { 0: whole, 1: name, 2: quoted = '', 3: value = '' } = match
    pairs.push([name ?? unquoted(quoted) ?? '', unquoted(value)])
    at += whole.length
    if (key.startsWith(', ', at)) at += 2
    else if (at !== key.length - 1) return undefined
  }
  const isRead =
    pairs.length > 0 && pairs.every(([name, value]) => name !== '' && value !== undefined)
  return isRead ? variablesFrom(pairs) : undefined
}

/** Decodes a quoted Go string that is also valid JSON; undefined for others. */
function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}
