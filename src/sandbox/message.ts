import type { Mention } from '../model/alert.ts'

/** The content of a body. */
export interface Shown {
  msgtype: 'text' | 'markdown' | 'actionCard'
  /** Empty for a text message. */
  title: string
  text: string
  /** Mentions whose `@…` also occurs in the text; DingTalk notifies no others. */
  mention: Mention
  /** The card's buttons; a card with `singleURL` has only that one. */
  buttons: { title: string; url: string }[]
  uuid: string | undefined
}

/** An error reply with DingTalk's text. */
export interface Refusal {
  errcode: number
  errmsg: string
}

/** DingTalk's limits for one message. */
const MAX_BYTES = 20_000
const MAX_MENTIONED = 50

const NO_JSON: Refusal = { errcode: 40035, errmsg: '缺少参数 json' }
const BAD_PARAMETER: Refusal = { errcode: 40035, errmsg: '不合法的参数' }
const BAD_TYPE: Refusal = { errcode: 400105, errmsg: '不支持的消息类型' }
const TOO_LONG: Refusal = { errcode: 460101, errmsg: 'message too long, exceed 20000 bytes' }

const NO_TEXT = { text: 400201, markdown: 400403, actionCard: 400403 } as const

/** Behavior of DingTalk for one message that its documentation leaves open. */
export interface ReadingRules {
  /** Which bytes the limit counts: those of the whole body, or only those of its text. */
  size: 'body' | 'text'
  /** When everyone is mentioned: with `isAtAll` and `@all` in the text, or with the flag alone. */
  everyone: 'text' | 'flag'
}

/** Parses a body as strictly as DingTalk, and rejects parts that DingTalk would drop silently. */
export function readMessage(
  body: string,
  { size, everyone }: ReadingRules = { size: 'body', everyone: 'text' },
): Shown | Refusal {
  if (size === 'body' && Buffer.byteLength(body) > MAX_BYTES) return TOO_LONG
  const json = objectIn(body)
  if (json === undefined) return NO_JSON
  const { msgtype, msgUuid } = json
  if (msgtype !== 'text' && msgtype !== 'markdown' && msgtype !== 'actionCard') return BAD_TYPE
  const part = recordOf(json[msgtype])
  if (part === undefined)
    return { errcode: msgtype === 'text' ? 400201 : 400401, errmsg: `miss param : ${msgtype}` }
  const title = msgtype === 'text' ? '' : textOf(part['title'])
  const text = textOf(part[msgtype === 'text' ? 'content' : 'text'])
  if (title === undefined) return { errcode: 400402, errmsg: `miss param : ${msgtype}->title` }
  if (text === undefined)
    return { errcode: NO_TEXT[msgtype], errmsg: `miss param : ${msgtype}->text` }
  if (Buffer.byteLength(text) > MAX_BYTES) return TOO_LONG
  const buttons = msgtype === 'actionCard' ? buttonsIn(part) : []
  if (buttons === undefined) return BAD_PARAMETER
  const mention = mentionIn(json['at'])
  if (mention === undefined) return BAD_PARAMETER
  const isInText = (person: string): boolean => text.includes(`@${person}`)
  const all = mention.all && (everyone === 'flag' || ['all', '所有人'].some(isInText))
  return {
    msgtype,
    title,
    text,
    mention: {
      mobiles: mention.mobiles.filter(isInText),
      users: mention.users.filter(isInText),
      all,
    },
    buttons,
    uuid: textOf(msgUuid),
  }
}

/** The card's buttons, or its single link as one. Undefined without any, or if a button has no URL. */
function buttonsIn(part: Record<string, unknown>): Shown['buttons'] | undefined {
  const single = buttonOf(part['singleTitle'], part['singleURL'])
  if (single !== undefined) return [single]
  const all = part['btns']
  if (!Array.isArray(all) || all.length === 0) return undefined
  const buttons = all.flatMap((each) => {
    const button = recordOf(each)
    return buttonOf(button?.['title'], button?.['actionURL']) ?? []
  })
  return buttons.length === all.length ? buttons : undefined
}

function buttonOf(title: unknown, url: unknown): Shown['buttons'][number] | undefined {
  const texts = { title: textOf(title), url: textOf(url) }
  if (texts.title === undefined || texts.url === undefined) return undefined
  return { title: texts.title, url: texts.url }
}

function mentionIn(value: unknown): Mention | undefined {
  const at = recordOf(value) ?? {}
  const mobiles = textsOf(at['atMobiles'])
  const users = textsOf(at['atUserIds'])
  if (mobiles === undefined || users === undefined) return undefined
  if (mobiles.length + users.length > MAX_MENTIONED) return undefined
  return { mobiles, users, all: at['isAtAll'] === true }
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    return recordOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Record<string, unknown>
}

/** The value, if it is a text with visible characters. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

function textsOf(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return undefined
  return value.every((each) => typeof each === 'string') ? value : undefined
}
