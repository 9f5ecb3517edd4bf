import type { PrerenderedText } from '../../model/alert.ts'
import type { JsonObject } from '../parsing/json.ts'
import { textOf } from '../parsing/text.ts'

/** What a chat platform's body says, and the fields that stand beside it. */
export interface ChatBody {
  prerendered: PrerenderedText
  url?: string
  others: JsonObject
}

/** A title; one into which OCP put nothing is none. */
export function titleOf(value: unknown): string | undefined {
  const title = textOf(value)?.trim()
  return title === undefined || /^(?:\$\{[\w.-]{1,80}\})?$/.test(title) ? undefined : title
}

/** Words that lead somewhere, in Markdown. */
export function linkOf(words: unknown, address: unknown): string | undefined {
  const [text, url] = [textOf(words), textOf(address)]
  return text === undefined || url === undefined ? undefined : `[${text}](${url})`
}
