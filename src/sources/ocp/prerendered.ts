import type { PrerenderedText } from '../../model/alert.ts'
import type { JsonObject } from '../parsing/json.ts'
import { textOf } from '../parsing/text.ts'

/** A chat message, and the fields beside it. */
export interface ChatBody {
  prerendered: PrerenderedText
  url?: string
  others: JsonObject
}

/** A title; undefined where OCP filled in nothing. */
export function titleOf(value: unknown): string | undefined {
  const title = textOf(value)?.trim()
  return title === undefined || /^(?:\$\{[\w.-]{1,80}\})?$/.test(title) ? undefined : title
}

/** A link in Markdown. */
export function linkOf(words: unknown, address: unknown): string | undefined {
  const [text, url] = [textOf(words), textOf(address)]
  return text === undefined || url === undefined ? undefined : `[${text}](${url})`
}
