import { AppError } from '../../errors.ts'
import { type Mention, NO_MENTION, type ReadyText } from '../../model/alert.ts'
import { cleanText } from '../text.ts'
import { ALIASES, isKnownName, snakeCase } from './names.ts'
import { readBroken } from './tolerant.ts'

/** A body in one shape: fields by OCP's names, or a text that was rendered by OCP. */
export interface Parsed {
  fields: Record<string, string>
  ready: ReadyText | undefined
}

type Json = Record<string, unknown>

/**
 * The alerts in whatever an operator's template made. Strict JSON first, then JSON that raw values broke, then form
 * fields and `key=value` lines, at last the whole body as the message. AppError bad_payload: the body is empty.
 */
export function parseBody(text: string): Parsed[] {
  const body = text.trim()
  if (body === '')
    throw new AppError(
      'bad_payload',
      'the body is empty: give the HTTP channel in OCP a body template',
    )
  const json = jsonIn(body)
  if (Array.isArray(json) && json.length > 0 && json.every(isObject)) return json.map(shapeOf)
  if (isObject(json)) return [shapeOf(json)]
  const broken = body.startsWith('{') ? readBroken(body) : undefined
  const fields = broken ?? pairsIn(body)
  if (fields === undefined) return [{ fields: { message: cleanText(body) }, ready: undefined }]
  return [{ fields: named(fields), ready: undefined }]
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** DingTalk-shaped, WeCom- and Feishu-shaped bodies keep their text; all else is read as flat fields. */
function shapeOf(json: Json): Parsed {
  const type = String(json['msgtype'] ?? json['msg_type'] ?? '').trim()
  const part = json[type] ?? json['content'] ?? json['markdown'] ?? json['text']
  if (type !== '' && isObject(part)) {
    const text = textOf(part['text'] ?? part['content'])
    if (text !== undefined) return rendered(text, { part, type, at: json['at'] })
  }
  const fields = named(json)
  const message = fields['message'] ?? fields['text']
  const inner = message === undefined ? undefined : jsonIn(message)
  // A message template in JSON form carries the variables itself.
  if (isObject(inner) && Object.keys(inner).some(isKnownName))
    return { fields: { ...fields, ...named(inner) }, ready: undefined }
  if (message !== undefined) fields['message'] ??= message
  return { fields, ready: undefined }
}

function rendered(
  text: string,
  { part, type, at }: { part: Json; type: string; at: unknown },
): Parsed {
  const title = textOf(part['title'])
  const format = type === 'text' ? 'text' : 'markdown'
  const fields: Record<string, string> = { message: text }
  if (title !== undefined) fields['alarm_name'] = title
  return { fields, ready: { title, text, format, mention: mentionOf(at) } }
}

function mentionOf(at: unknown): Mention {
  if (!isObject(at)) return NO_MENTION
  return {
    mobiles: textsOf(at['atMobiles']),
    users: textsOf(at['atUserIds']),
    all: at['isAtAll'] === true || at['isAtAll'] === 'true',
  }
}

function textsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  return list
    .map((each) => String(each).trim())
    .filter((each) => each !== '' && !each.includes('${'))
}

/** Fields by OCP's own names, old names read as new ones besides; each value as text. */
function named(values: Json | Record<string, string>): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(values)) {
    const text = textOf(value)
    if (text !== undefined) fields[snakeCase(name)] = text
  }
  for (const [old, current] of Object.entries(ALIASES)) {
    const value = fields[old]
    if (value !== undefined) fields[current] ??= value
  }
  return fields
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined || value === '') return undefined
  return cleanText(typeof value === 'string' ? value : JSON.stringify(value))
}

/** `a=1&b=2`, or a pair on each line; undefined when no name in it is one of OCP's. */
function pairsIn(body: string): Record<string, string> | undefined {
  const fields: Record<string, string> = Object.create(null)
  const isForm =
    !body.includes('\n') &&
    /^[\w.-]+=/.test(body) &&
    (body.includes('&') || /%[0-9a-f]{2}|\+/i.test(body))
  if (isForm) for (const [name, value] of new URLSearchParams(body)) fields[name] = value
  else {
    let last: string | undefined
    for (const line of body.split(/\r?\n/)) {
      const [, name, value] = /^\s*([A-Za-z_][\w.-]{0,80})\s*=\s?(.*)$/.exec(line) ?? []
      if (name !== undefined && value !== undefined && (isKnownName(name) || last === undefined)) {
        fields[name] = value
        last = name
      } else if (last !== undefined) fields[last] += `\n${line}`
      else return undefined
    }
  }
  return Object.keys(fields).some(isKnownName) ? fields : undefined
}
