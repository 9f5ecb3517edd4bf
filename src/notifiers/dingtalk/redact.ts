import { redact } from '../../redact.ts'

/** Shorter values would mask ordinary words; no real secret is that short. */
const MIN_SECRET_LENGTH = 4

/** Removes access tokens, signatures and secrets: those given, and those recognized by their notation. */
export function redacted(text: string, secrets: readonly string[] = []): string {
  const written = new Set(
    secrets.flatMap((each) => [each, encodeURIComponent(each.toWellFormed())]),
  )
  // The longest first; otherwise a shorter secret could leave the rest of a longer one visible.
  const hidden = [...written]
    .filter((each) => each.length >= MIN_SECRET_LENGTH)
    .sort((one, other) => other.length - one.length)
    .reduce((rest, each) => rest.replaceAll(each, '[redacted]'), text)
  return redact(hidden)
}

/** The first 500 characters of a peer's text, well formed and on one line; undefined if nothing is left. */
export function excerpt(text: string): string | undefined {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return line === '' ? undefined : line.slice(0, 500).toWellFormed()
}
