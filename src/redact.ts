/** A text without what is known to be secret: tokens and signatures of URLs, signing secrets, passwords before a host. */
export function redact(text: string): string {
  return text
    .replace(/((?:access_token|sign|token)=)[^&\s"']+/gi, '$1[redacted]')
    .replace(/\bSEC[0-9a-zA-Z]{16,}/g, '[redacted]')
    .replace(/(:\/\/)[^/\s:@]+:[^/\s@]+@/g, '$1[redacted]@')
}

/**
 * The same, and without what only looks like a secret: the path of a web address, and long words of letters and digits.
 * For words about a configuration, where somebody may have written a secret in any place.
 */
export function conceal(text: string): string {
  return redact(text)
    .replace(/(https?:\/\/[^/\s"'?]+)[/?][^\s"']*/gi, '$1/[redacted]')
    .replace(/[\w+/=-]{20,}/g, (word) => (looksRandom(word) ? '[redacted]' : word))
}

/** Letters and digits mixed over a length that no name has. */
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
