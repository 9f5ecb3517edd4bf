/** A token or signature in a URL, also an encoded one, or in JSON. */
const WRITTEN_TOKEN = /((?:access_token|sign|token)(?:=|%3D|["']\s*:\s*["']))[^&\s"'<>]+/gi
const WRITTEN_SECRET = /\bSEC(?:[0-9a-fA-F]{8,}|[0-9a-zA-Z]{16,})/g

/** Removes known secrets from a text: tokens and signatures, signing secrets, passwords before a host. */
export function redact(text: string): string {
  return text
    .replace(WRITTEN_TOKEN, '$1[redacted]')
    .replace(WRITTEN_SECRET, '[redacted]')
    .replace(/(\/silence\/)[\w.-]+/g, '$1[redacted]')
    .replace(/(:\/\/)[^/\s:@]+:[^/\s@]+@/g, '$1[redacted]@')
}

/**
 * Also removes texts that only resemble a secret: paths of URLs, and long words of letters and digits. For messages
 * about a configuration file, where any text may be a secret.
 */
export function conceal(text: string): string {
  return redact(text)
    .replace(/(https?:\/\/[^/\s"'?]+)[/?][^\s"']*/gi, '$1/[redacted]')
    .replace(/[\w+/=-]{20,}/g, (word) => (looksRandom(word) ? '[redacted]' : word))
}

/** Whether a word mixes letters and digits over a length that is unusual for a name. */
function looksRandom(word: string): boolean {
  const mixed = word.split(/[^A-Za-z0-9]+/).some((run) => run.length >= 16 && isMixed(run))
  const isHex = /^[\da-f-]{32,}$/i.test(word) && isMixed(word)
  const isBase64 =
    !word.startsWith('/') && /[a-z]/.test(word) && /[A-Z]/.test(word) && isMixed(word)
  return mixed || isHex || isBase64
}

function isMixed(text: string): boolean {
  return (text.match(/\d/g)?.length ?? 0) >= 2 && /[A-Za-z]/.test(text)
}
