/** What the places of several alerts have in common: from the cluster down, and at their ends. */
export interface SharedPlace {
  /** What is shown once. */
  parts: readonly string[]
  /** How many parts at the beginning and at the end are shared. */
  before: number
  after: number
}

export const NOTHING_SHARED: SharedPlace = { parts: [], before: 0, after: 0 }

/** The parts that all places share; each keeps at least one part. */
export function sharedPlace(places: readonly (readonly string[])[]): SharedPlace {
  const [first] = places
  if (first === undefined || places.length < 2) return NOTHING_SHARED
  const spare = Math.max(0, Math.min(...places.map(({ length }) => length)) - 1)
  const isShared = (at: number): boolean => places.every((each) => each.at(at) === first.at(at))
  let before = 0
  while (before < spare && isShared(before)) before += 1
  let after = 0
  while (before + after < spare && isShared(-1 - after)) after += 1
  const parts = [...first.slice(0, before), ...first.slice(first.length - after)]
  return { parts, before, after }
}

/** A place without what is shared. */
export function ownPlace(place: readonly string[], { before, after }: SharedPlace): string[] {
  return place.slice(before, place.length - after)
}
