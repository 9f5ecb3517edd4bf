/** The parts that the locations of several alerts share, at the beginning and at the end. */
export interface SharedPlace {
  /** The shared parts, which are shown once. */
  parts: readonly string[]
  /** How many parts at the beginning and at the end are shared. */
  before: number
  after: number
}

export const NOTHING_SHARED: SharedPlace = { parts: [], before: 0, after: 0 }

/** Finds the parts that all locations share; at least one part of each location stays unshared. */
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

/** A location without its shared parts. */
export function ownPlace(place: readonly string[], { before, after }: SharedPlace): string[] {
  return place.slice(before, place.length - after)
}
