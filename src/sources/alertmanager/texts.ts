import { isObject } from '../parsing/json.ts'
import { cleanText, textOf } from '../parsing/text.ts'

/** Named values as text, whatever a sender made them; no prototype, so that every name is only a name. */
export function textsOf(values: unknown, except?: ReadonlySet<string>): Record<string, string> {
  const texts: Record<string, string> = Object.create(null)
  if (!isObject(values)) return texts
  for (const [name, value] of Object.entries(values)) {
    const text = except?.has(name) === true ? undefined : textOf(value)
    if (text !== undefined) texts[cleanText(name)] = text
  }
  return texts
}

/** Annotations as text, a line break where a template wrote `\n` for one. */
export function writtenTexts(annotations: unknown): Record<string, string> {
  return writtenIn(textsOf(annotations))
}

/** The same of texts, in place. */
export function writtenIn(texts: Record<string, string>): Record<string, string> {
  for (const name in texts) {
    const text = texts[name] as string
    if (text.includes('\\n') && !WINDOWS_PATH.test(text))
      texts[name] = text.replace(/(?:\\r)?\\n/g, '\n')
  }
  return texts
}

/** In `C:\new` and `\\server\name` a backslash divides names. */
const WINDOWS_PATH = /\b[A-Za-z]:\\|\\\\\w/
