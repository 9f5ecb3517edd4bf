import type { PrerenderedText } from '../../model/alert.ts'
import type { JsonObject } from './json.ts'
import { textOf } from './text.ts'

/** A chat message and the other fields of its body. */
export interface ChatBody {
  prerendered: PrerenderedText
  url?: string
  others: JsonObject
}

/** A trimmed title; undefined if it is empty or an unresolved placeholder. */
export function titleOf(value: unknown): string | undefined {
  const title = textOf(value)?.trim()
  return title === undefined || /^(?:\$\{[\w.-]{1,80}\})?$/.test(title) ? undefined : title
}

/** A Markdown link; undefined without a text or an address. */
export function linkOf(words: unknown, address: unknown): string | undefined {
  const [text, url] = [textOf(words), textOf(address)]
  return text === undefined || url === undefined ? undefined : `[${text}](${url})`
}

/** The web address inside a DingTalk client link (`dingtalk://…?url=`); other addresses are unchanged. */
export function webAddressOf(address: unknown): string | undefined {
  const text = textOf(address)
  if (text === undefined || !text.startsWith('dingtalk://') || !URL.canParse(text)) return text
  const inner = new URL(text).searchParams.get('url')
  return inner !== null && /^https?:\/\//.test(inner) ? inner : text
}
