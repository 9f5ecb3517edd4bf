import { distance } from 'fastest-levenshtein'

/**
 * ` (did you mean "…"?)` with the closest known name, ignoring case; empty if none is close. For a name that is certainly
 * wrong.
 */
export function suggestion(wrong: string, known: readonly string[]): string {
  const near = known
    .map((each) => ({ each, far: distance(wrong.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)[0]
  return near !== undefined && near.far <= Math.max(2, Math.floor(wrong.length / 3))
    ? didYouMean(near.each)
    : ''
}

/** The message for an unknown name: with a hint if a known one is close, and with all known ones. */
export function unknownName(kind: string, name: string, names: readonly string[]): string {
  const available = names.length === 0 ? 'none is configured' : `available: ${names.join(', ')}`
  return `unknown ${kind} ${JSON.stringify(name)}${suggestion(name, names)}; ${available}`
}

/**
 * The first known name that differs in one letter, or two if the name has more than six. For a name that may be valid,
 * such as that of a label: stricter than `suggestion`.
 */
export function nearMiss(name: string, known: Iterable<string>): string | undefined {
  const far = name.length > 6 ? 2 : 1
  for (const each of known) if (distance(each, name) <= far) return each
  return undefined
}

/** The hint at a name, as the end of a sentence. */
export function didYouMean(name: string): string {
  return ` (did you mean "${name}"?)`
}
