import type { PrerenderedText } from '../../../model/alert.ts'
import { renderedIn } from '../chat-body.ts'
import { isObject, type JsonObject, parsedJson } from '../json.ts'
import { cleanText, textOf } from '../text.ts'
import { fieldsInText } from './default-text.ts'
import { currentName, isContent, isKnownName } from './names.ts'
import { fieldsOfEvent, isNightingaleEvent } from './nightingale.ts'

/** A body in uniform form: fields under OCP's names, and the text that the sender rendered, if any. */
export interface Parsed {
  fields: Record<string, string>
  prerendered: PrerenderedText | undefined
}

/** Reads a body as plain text. */
export function plainText(text: string): Parsed {
  const fields: Record<string, string> = Object.create(null)
  fields['message'] = cleanText(text)
  return parsedFrom(fields)
}

/** OCP documents 59 variables; an object with far more fields is not OCP's. */
const MAX_FIELDS = 2_000

/** Reads an object as a chat message or as flat fields. Its JSON becomes the message if no field is known. */
export function parsedBody(json: JsonObject): Parsed {
  if (Object.keys(json).length > MAX_FIELDS) return plainText(JSON.stringify(json))
  if (isNightingaleEvent(json)) return parsedFrom(fieldsFrom(fieldsOfEvent(json)))
  const rendered = renderedIn(json)
  if (rendered !== undefined) {
    const { prerendered, url, others } = rendered
    const { title, text } = prerendered
    const fields = fieldsFrom({ alarm_url: url, title, ...others, message: text })
    return parsedFrom(fields, prerendered)
  }
  const fields = fieldsFrom(json)
  const unquoted = textInJson(fields['message_json'])
  if (unquoted !== undefined) fields['message'] ??= unquoted
  const inner = isObject(json['message']) ? json['message'] : objectIn(fields['message'])
  if (inner !== undefined) {
    // The operator's message template produced JSON: variables, or a body for a chat platform.
    const isBody = renderedIn(inner) !== undefined
    if (isBody || Object.keys(inner).some(isKnownName)) {
      delete fields['message']
      delete fields['message_json']
      if (isBody) return parsedBody({ ...fields, ...inner })
      return parsedFrom(Object.assign(fields, fieldsFrom(inner)))
    }
  }
  const message = fields['message'] ?? fields['text'] ?? fields['content']
  if (message !== undefined) fields['message'] = message
  else if (!Object.keys(fields).some(isContent)) {
    const found = Object.entries(json).find(
      ([, each]) => isObject(each) && Object.keys(each).map(currentName).some(isContent),
    )
    if (found !== undefined && isObject(found[1])) {
      const { [found[0]]: nested, ...rest } = json
      return parsedBody({ ...rest, ...found[1] })
    }
    fields['message'] = cleanText(JSON.stringify(json))
  }
  return parsedFrom(fields)
}

/** Fields under OCP's own names, as texts; unresolved variables are missing. */
export function fieldsFrom(values: JsonObject): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (const [written, value] of Object.entries(values)) {
    const text = textOf(value)
    if (text === undefined) continue
    const name = cleanText(currentName(written))
    const placeholder = PLACEHOLDER.exec(text)?.[1]
    if (placeholder === undefined || currentName(placeholder) !== name) fields[name] = text
  }
  return fields
}

const PLACEHOLDER = /^\s*\$\{([\w.-]{1,80})\}\s*$/

/** OCP's templates produce shorter texts; longer ones are not searched for labels. */
const MAX_TEMPLATE_LENGTH = 256 * 1024

/** Adds the variables from a message of OCP's own templates; any other message becomes the description. */
function parsedFrom(fields: Record<string, string>, prerendered?: PrerenderedText): Parsed {
  const parsed = { fields, prerendered }
  const { message } = fields
  if (message === undefined) return parsed
  if (message.length > MAX_TEMPLATE_LENGTH) {
    fields['alarm_description'] ??= message
    return parsed
  }
  const found = fieldsInText(message)
  if (!found.isComplete) fields['alarm_description'] ??= message
  for (const [name, value] of Object.entries(found.fields)) fields[name] ??= value
  return parsed
}

/** Decodes `message_json`: a JSON string or, in some versions, the content of one without its quotes. */
function textInJson(json: string | undefined): string | undefined {
  if (json === undefined) return undefined
  for (const text of [json, `"${json}"`]) {
    const read = parsedJson(text)
    if (read !== undefined) return textOf(read.value)
  }
  return json
}

function objectIn(text: string | undefined): JsonObject | undefined {
  if (text === undefined || !text.trimStart().startsWith('{')) return undefined
  const read = parsedJson(text)
  return read !== undefined && isObject(read.value) ? read.value : undefined
}
