import { markdownToHtml, plainToHtml, withoutDingtalk } from './markdown.ts'

/** What a group sees of one message. */
export interface Bubble {
  /** Of the list of chats; a text message has none. */
  title: string
  html: string
  plain: boolean
  /** Where a card leads. */
  buttons: { title: string; url: string }[]
  people: string[]
  all: boolean
}

/** What a group sees of a body that was posted; a body of another shape shows as its text. */
export function bubbleOf(body: string, text = ''): Bubble {
  const json = objectIn(body)
  const type = textOf(json['msgtype'])
  const part = recordOf(json[type])
  const at = recordOf(json['at'])
  const said = {
    msgtype: type === 'text' ? 'text' : 'markdown',
    title: textOf(part['title']),
    text: textOf(part[type === 'text' ? 'content' : 'text']) || text,
    mobiles: textsOf(at['atMobiles']),
    users: textsOf(at['atUserIds']),
    all: at['isAtAll'] === true,
  }
  return { ...bubbleFrom(said), buttons: buttonsIn(part) }
}

/** With a single link DingTalk ignores the other buttons; only what leads to a page is one. */
function buttonsIn(part: Record<string, unknown>): Bubble['buttons'] {
  const single = { title: textOf(part['singleTitle']), url: textOf(part['singleURL']) }
  const several = Array.isArray(part['btns']) ? part['btns'].map(recordOf) : []
  const all =
    single.url === ''
      ? several.map((each) => ({ title: textOf(each['title']), url: textOf(each['actionURL']) }))
      : [single]
  return all
    .map(({ title, url }) => ({ title, url: withoutDingtalk(url) }))
    .filter(({ url }) => /^https?:\/\//.test(url))
}

/** DingTalk takes no message that is longer. */
const MAX_SHOWN_LENGTH = 20_000

/** The same of what the sandbox's group was shown. */
export function bubbleFrom(said: {
  msgtype: string
  title: string
  text: string
  mobiles: readonly string[]
  users: readonly string[]
  all: boolean
}): Bubble {
  const people = [...said.mobiles, ...said.users]
  const text = said.text.slice(0, MAX_SHOWN_LENGTH).toWellFormed()
  const plain = said.msgtype === 'text'
  const mentioned = { people: new Set(people) }
  return {
    title: said.title,
    html: plain ? plainToHtml(text, mentioned) : markdownToHtml(text, mentioned),
    plain,
    buttons: [],
    people,
    all: said.all,
  }
}

function objectIn(text: string): Record<string, unknown> {
  try {
    return recordOf(JSON.parse(text))
  } catch {
    return {}
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
