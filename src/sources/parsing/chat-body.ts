import { type Mention, NO_MENTION, type PrerenderedText } from '../../model/alert.ts'
import { renderedForFeishu } from './feishu-body.ts'
import { isObject, type JsonObject } from './json.ts'
import { type ChatBody, linkOf, titleOf, webAddressOf } from './prerendered.ts'
import { textOf } from './text.ts'

/** The fields with the text: of DingTalk and WeCom (`msgtype`), and of Feishu's plain texts (`msg_type`). */
const PARTS = ['markdown', 'actionCard', 'text', 'link', 'feedCard', 'content'] as const
const PLAIN_TYPES: ReadonlySet<string> = new Set(['text', 'link', 'content'])

/** The text and mentions of a body for DingTalk, WeCom or Feishu; undefined for any other body. */
export function renderedIn(json: JsonObject): ChatBody | undefined {
  const { msgtype, msg_type, at, ...rest } = json
  const type = (textOf(msgtype ?? msg_type) ?? '').trim()
  const feishu = renderedForFeishu(rest)
  if (feishu !== undefined) return feishu
  const name = [type, ...PARTS].find((each) => isObject(rest[each]))
  if (name === undefined) return undefined
  const { [name]: part, ...others } = rest
  if (!isObject(part)) return undefined
  const content =
    name === 'feedCard' ? linksOf(part['links']) : textOf(part['text'] ?? part['content'])
  if (content === undefined) return undefined
  const title = titleOf(part['title'])
  const url = webAddressOf(part['singleURL'] ?? part['messageUrl'])
  const prerendered: PrerenderedText = {
    title,
    text:
      name === 'link'
        ? [title, content, url].filter(Boolean).join('\n')
        : content + buttonsOf(part),
    format: PLAIN_TYPES.has(name) ? 'text' : 'markdown',
    mention: mentionOf(at, part),
  }
  return { prerendered, ...(url === undefined ? {} : { url }), others }
}

/** The buttons of an action card as links below its text. */
function buttonsOf(part: JsonObject): string {
  const buttons = Array.isArray(part['btns']) ? part['btns'] : []
  const links = [
    { title: part['singleTitle'], url: part['singleURL'] },
    ...buttons.filter(isObject).map((each) => ({ title: each['title'], url: each['actionURL'] })),
  ].flatMap(({ title, url }) => linkOf(title, url) ?? [])
  return links.length === 0 ? '' : `\n\n${links.join('  \n')}`
}

function linksOf(links: unknown): string | undefined {
  const lines = (Array.isArray(links) ? links : [])
    .filter(isObject)
    .flatMap((each) => linkOf(each['title'], each['messageURL']) ?? [])
  return lines.length === 0 ? undefined : lines.map((line) => `- ${line}`).join('\n')
}

/** Mentions from DingTalk's `at` and from WeCom's lists beside the text. */
function mentionOf(at: unknown, part: JsonObject): Mention {
  const dingtalk = isObject(at) ? at : {}
  const mobiles = [...list(dingtalk['atMobiles']), ...list(part['mentioned_mobile_list'])]
  const users = list(dingtalk['atUserIds'])
  const everyone = [...mobiles, ...list(part['mentioned_list'])].includes('@all')
  const all = everyone || textOf(dingtalk['isAtAll'])?.toLowerCase() === 'true'
  if (!all && mobiles.length === 0 && users.length === 0) return NO_MENTION
  return { mobiles: mobiles.filter((each) => each !== '@all'), users, all }
}

/** Items of a list or of a comma-separated text, without unresolved placeholders. */
function list(value: unknown): string[] {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  return items
    .map((each) => (textOf(each) ?? '').trim())
    .filter((each) => each !== '' && !each.includes('${'))
}
