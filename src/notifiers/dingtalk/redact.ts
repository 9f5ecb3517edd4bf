/** Shorter values would mask ordinary words, and are not secrets. */
const MIN_SECRET_LENGTH = 4

const WRITTEN_TOKEN = /((?:access_token|sign)(?:=|%3D|["']\s*:\s*["']))[^&\s"'<>,;]+/gi
const WRITTEN_SECRET = /\bSEC(?:[0-9a-fA-F]{8,}|[0-9a-zA-Z]{16,})/g

/** A text without access tokens, signatures and secrets, neither those given nor others that are written as such. */
export function redacted(text: string, secrets: readonly string[] = []): string {
  const written = new Set(
    secrets.flatMap((each) => [each, encodeURIComponent(each.toWellFormed())]),
  )
  // The longest first, so that none leaves the rest of a longer one behind.
  const hidden = [...written]
    .filter((each) => each.length >= MIN_SECRET_LENGTH)
    .sort((one, other) => other.length - one.length)
    .reduce((rest, each) => rest.replaceAll(each, '[redacted]'), text)
  return hidden.replace(WRITTEN_TOKEN, '$1[redacted]').replace(WRITTEN_SECRET, '[redacted]')
}

/** The first 500 characters of what a peer said, on one line and well formed. */
export function excerpt(text: string): string | undefined {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return line === '' ? undefined : line.slice(0, 500).toWellFormed()
}
