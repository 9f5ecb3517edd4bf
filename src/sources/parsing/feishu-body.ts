import { NO_MENTION } from '../../model/alert.ts'
import { isObject, type JsonObject, parsedJson } from './json.ts'
import { type ChatBody, linkOf, titleOf } from './prerendered.ts'
import { textOf } from './text.ts'

/** `<at user_id="all">…</at>` in texts, `<at id=all></at>` in cards. */
const AT = /<at (?:user_)?id=["']?([\w-]{1,64})["']?>([^<]{0,64})<\/at>/g
/** The fields in which a part of a card may contain other parts. */
const INNER = ['text', 'fields', 'elements', 'actions', 'columns'] as const

/**
 * Reads Feishu's text, rich text (`post`) and cards (`interactive`). DingTalk has no users with Feishu's ids, so names
 * stay in the text; only a mention of everyone is kept. Undefined for any other body.
 */
export function renderedForFeishu(json: JsonObject): ChatBody | undefined {
  const { content, card, ...others } = json
  const message = isObject(content) ? messageIn(content) : cardIn(card)
  if (message === undefined) return undefined
  const all = [...message.text.matchAll(AT)].some(([, id]) => id === 'all')
  const text = message.text
    .replace(AT, (_, id: string, name: string) => (id === 'all' || name === '' ? name : `@${name}`))
    .trim()
  return { prerendered: { ...message, text, mention: { ...NO_MENTION, all } }, others }
}

interface FeishuMessage {
  title: string | undefined
  text: string
  format: 'text' | 'markdown'
}

function messageIn(content: JsonObject): FeishuMessage | undefined {
  const languages = isObject(content['post']) ? Object.values(content['post']) : []
  const post = languages.find(isObject)
  if (post === undefined) {
    const text = textOf(content['text'])
    return text === undefined ? undefined : { title: undefined, text, format: 'text' }
  }
  const title = titleOf(post['title'])
  const lines = arrayIn(post['content']).map((line) => arrayIn(line).map(spanIn).join(''))
  // DingTalk shows no title above a text.
  const text = [title, ...lines].filter((line) => line !== undefined).join('\n')
  return text.trim() === '' ? undefined : { title, text, format: 'text' }
}

function spanIn(span: unknown): string {
  if (!isObject(span)) return textOf(span) ?? ''
  if (span['tag'] === 'at')
    return `<at id="${textOf(span['user_id']) ?? ''}">${textOf(span['user_name']) ?? ''}</at>`
  const [text, href] = [textOf(span['text']) ?? '', textOf(span['href'])]
  return href === undefined || href === text ? text : `${text} ${href}`
}

function cardIn(card: unknown): FeishuMessage | undefined {
  const whole = typeof card === 'string' ? parsedJson(card)?.value : card
  if (!isObject(whole)) return undefined
  const { header, body } = whole
  const title = isObject(header) ? titleOf(partIn(header['title'])) : undefined
  const elements = arrayIn(isObject(body) ? body['elements'] : whole['elements'])
  const heading = title === undefined ? '' : `### ${title}`
  const text = [heading, ...elements.map(partIn)].filter((each) => each.trim() !== '').join('\n\n')
  return text === '' ? undefined : { title, text, format: 'markdown' }
}

/** The text of a card element and of all elements in it. */
function partIn(part: unknown): string {
  if (!isObject(part)) return textOf(part) ?? ''
  const link = linkOf(isObject(part['text']) ? part['text']['content'] : undefined, part['url'])
  if (link !== undefined) return link
  const inner = INNER.flatMap((name) =>
    Array.isArray(part[name]) ? part[name].map(partIn) : partIn(part[name]),
  )
  return [textOf(part['content']) ?? '', ...inner].filter((each) => each !== '').join('\n')
}

function arrayIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
