import { conceal } from '../redact.ts'
import type { Fault, Path } from './settings-context.ts'

/**
 * Formats one fault or warning: place, key and reason. Anything that looks like a secret is masked in key and reason,
 * because a secret may have been put in the wrong place.
 */
export function faultLine(place: string, path: Path | undefined, what: string): string {
  const key =
    path === undefined
      ? ''
      : `${path.map((each) => conceal(String(each))).join('.') || 'configuration'}: `
  return `${place}: ${key}${conceal(what)}`
}

/** Returns a function that adds each reported fault to `lines`, with its place. */
export function faultsInto(lines: string[], placeOf: (path: Path, at?: number) => string): Fault {
  return (path, what, at) => void lines.push(faultLine(placeOf(path, at), path, what))
}
