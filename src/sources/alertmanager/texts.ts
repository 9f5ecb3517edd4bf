import { isObject } from '../parsing/json.ts'
import { cleanText, textOf } from '../parsing/text.ts'

/**
 * Converts the values of an object to texts, whatever their types. Without a prototype, so that `__proto__` is an
 * ordinary name.
 */
export function textsOf(values: unknown, except?: ReadonlySet<string>): Record<string, string> {
  const texts: Record<string, string> = Object.create(null)
  if (!isObject(values)) return texts
  for (const [name, value] of Object.entries(values)) {
    const text = except?.has(name) === true ? undefined : textOf(value)
    if (text !== undefined) texts[cleanText(name)] = text
  }
  return texts
}

/** Annotations as texts, with line breaks where a rule wrote a literal `\n`. */
export function annotationTexts(annotations: unknown): Record<string, string> {
  return withLineBreaks(textsOf(annotations))
}

/** Replaces each literal `\n` by a line break, in place. */
export function withLineBreaks(texts: Record<string, string>): Record<string, string> {
  for (const name in texts) {
    const text = texts[name] as string
    if (text.includes('\\n') && !WINDOWS_PATH.test(text))
      texts[name] = text.replace(/(?:\\r)?\\n/g, '\n')
  }
  return texts
}

/** In `C:\new` and `\\server\name` a backslash separates names. */
const WINDOWS_PATH = /\b[A-Za-z]:\\|\\\\\w/
