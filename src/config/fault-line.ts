import { conceal } from '../redact.ts'
import type { Path } from './settings-context.ts'

/**
 * One fault or warning of a configuration: where it stands, at which key, and what is wrong. Somebody may have written a
 * secret in any place, so neither key nor words repeat what looks like one.
 */
export function faultLine(place: string, path: Path | undefined, what: string): string {
  const key =
    path === undefined
      ? ''
      : `${path.map((each) => conceal(String(each))).join('.') || 'configuration'}: `
  return `${place}: ${key}${conceal(what)}`
}
