import { markdownToHtml, withMentions, withoutDingtalk } from './markdown.ts'

/** One message as DingTalk shows it in a chat. */
interface Bubble {
  /** Title in the chat list; empty for a text message. */
  title: string
  html: string
  plain: boolean
  /** Buttons of a card. */
  buttons: { title: string; url: string }[]
  people: string[]
  all: boolean
}

/** Converts a posted body to a bubble; shows `text` if the body has an unknown shape. */
export function bubbleOf(body: string, text = ''): Bubble {
  const json = objectIn(body)
  const type = textOf(json['msgtype'])
  const part = recordOf(json[type])
  const at = recordOf(json['at'])
  const shown = {
    msgtype: type === 'text' ? 'text' : 'markdown',
    title: textOf(part['title']),
    text: textOf(part[type === 'text' ? 'content' : 'text']) || text,
    mobiles: textsOf(at['atMobiles']),
    users: textsOf(at['atUserIds']),
    all: at['isAtAll'] === true,
    buttons: buttonsIn(part),
  }
  return bubbleOfContent(shown)
}

/** A card's buttons; with a single link DingTalk ignores the others. */
function buttonsIn(part: Record<string, unknown>): Bubble['buttons'] {
  const single = { title: textOf(part['singleTitle']), url: textOf(part['singleURL']) }
  const several = Array.isArray(part['btns']) ? part['btns'].map(recordOf) : []
  if (single.url !== '') return [single]
  return several.map((each) => ({
    title: textOf(each['title']),
    url: textOf(each['actionURL']),
  }))
}

/** The buttons that lead to an http(s) URL. */
function linksOf(buttons: readonly Bubble['buttons'][number][]): Bubble['buttons'] {
  return buttons
    .map(({ title, url }) => ({ title, url: withoutDingtalk(url) }))
    .filter(({ url }) => /^https?:\/\//.test(url))
}

/** Longest text that DingTalk accepts. */
const MAX_SHOWN_LENGTH = 20_000

/** Converts a message's content to a bubble. */
export function bubbleOfContent(shown: {
  msgtype: string
  title: string
  text: string
  mobiles: readonly string[]
  users: readonly string[]
  all: boolean
  buttons: readonly { title: string; url: string }[]
}): Bubble {
  const people = [...shown.mobiles, ...shown.users]
  const text = shown.text.slice(0, MAX_SHOWN_LENGTH).toWellFormed()
  const plain = shown.msgtype === 'text'
  const mentioned = new Set(people)
  return {
    title: shown.title,
    html: plain ? withMentions(text, mentioned) : outsideOutline(markdownToHtml(text, mentioned)),
    plain,
    buttons: linksOf(shown.buttons),
    people,
    all: shown.all,
  }
}

/** Removes a message's headings from the page's outline, which screen readers navigate by. */
function outsideOutline(html: string): string {
  return html.replace(/<h([1-6])>/g, '<h$1 role="presentation">')
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
