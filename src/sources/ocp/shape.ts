import { type Mention, NO_MENTION, type ReadyText } from '../../model/alert.ts'
import { isObject, type JsonObject, readJson } from '../json.ts'
import { cleanText, textOf } from '../text.ts'
import { currentName, isKnownName, isTold } from './names.ts'

/** A body in one shape: fields by OCP's names, and the text when the sender rendered it itself. */
export interface Parsed {
  fields: Record<string, string>
  ready: ReadyText | undefined
}

/** A body that is one text. */
export function plainText(text: string): Parsed {
  return { fields: fieldsFrom({ message: text }), ready: undefined }
}

/** An object as a chat platform's message, or as flat fields; with nothing in it to tell, its JSON is the message. */
export function shapeOf(json: JsonObject): Parsed {
  const rendered = renderedIn(json)
  if (rendered !== undefined) return rendered
  const fields = fieldsFrom(json)
  const inner = isObject(json['message']) ? json['message'] : objectIn(fields['message'])
  // A message template in JSON form carries the variables itself.
  if (inner !== undefined && Object.keys(inner).some(isKnownName)) {
    delete fields['message']
    return { fields: Object.assign(fields, fieldsFrom(inner)), ready: undefined }
  }
  const message = fields['message'] ?? fields['text'] ?? fields['content']
  if (message !== undefined) {
    fields['message'] = message
    if (fields['title'] !== undefined) fields['alarm_name'] ??= fields['title']
  } else if (!Object.keys(fields).some(isTold)) {
    fields['message'] = cleanText(JSON.stringify(json))
  }
  return { fields, ready: undefined }
}

/** Fields under OCP's own names, each value as text. */
export function fieldsFrom(values: JsonObject): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(values)) {
    const text = textOf(value)
    if (text !== undefined) fields[cleanText(currentName(name))] = text
  }
  return fields
}

function objectIn(text: string | undefined): JsonObject | undefined {
  if (text === undefined || !text.trimStart().startsWith('{')) return undefined
  const read = readJson(text)
  return read.kind === 'json' && isObject(read.value) ? read.value : undefined
}

/** Where DingTalk (`msgtype`), WeCom (the same) and Feishu (`msg_type`) have their text. */
const PARTS = ['markdown', 'actionCard', 'text', 'link', 'content'] as const
const PLAIN_TYPES: ReadonlySet<string> = new Set(['text', 'link', 'content'])

function renderedIn(json: JsonObject): Parsed | undefined {
  const { msgtype, msg_type, at, ...rest } = json
  const type = String(textOf(msgtype ?? msg_type) ?? '').trim()
  const name = [type, ...PARTS].find((each) => isObject(rest[each]))
  if (name === undefined) return undefined
  const { [name]: part, ...others } = rest
  if (!isObject(part)) return undefined
  const text = textOf(part['text'] ?? part['content'])
  if (text === undefined) return undefined
  const title = textOf(part['title'])
  const fields = fieldsFrom({
    ...others,
    alarm_name: others['alarm_name'] ?? title,
    alarm_url: others['alarm_url'] ?? part['singleURL'] ?? part['messageUrl'],
    message: text,
  })
  const format = PLAIN_TYPES.has(type === '' ? name : type) ? 'text' : 'markdown'
  return { fields, ready: { title, text, format, mention: mentionOf(at, part) } }
}

/** DingTalk's `at`, and WeCom's lists beside its text. */
function mentionOf(at: unknown, part: JsonObject): Mention {
  const dingtalk = isObject(at) ? at : {}
  const mobiles = [...list(dingtalk['atMobiles']), ...list(part['mentioned_mobile_list'])]
  const users = list(dingtalk['atUserIds'])
  const everyone = [...mobiles, ...list(part['mentioned_list'])].includes('@all')
  const all = everyone || String(dingtalk['isAtAll']).toLowerCase() === 'true'
  if (!all && mobiles.length === 0 && users.length === 0) return NO_MENTION
  return { mobiles: mobiles.filter((each) => each !== '@all'), users, all }
}

/** A list, or one text with commas; a placeholder that OCP left is nobody. */
function list(value: unknown): string[] {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  return items
    .map((each) => (textOf(each) ?? '').trim())
    .filter((each) => each !== '' && !each.includes('${'))
}
