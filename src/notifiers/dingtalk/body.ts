import type { Button, Content } from '../../model/message.ts'
import type { Format, Robot } from '../../model/settings.ts'

/**
 * DingTalk refuses larger bodies with 460101. Its documentation limits the body, so the whole JSON counts, in bytes of
 * UTF-8.
 */
export const MAX_BODY_BYTES = 20_000

/** The most people that DingTalk lets one message mention. */
export const MAX_MENTIONED = 50

/**
 * The JSON for /robot/send, equal for every attempt of a message: `uuid` (DingTalk's `msgUuid`) lets DingTalk drop a
 * repeat. Title and text are never empty and contain a keyword of each robot. The text contains all mentions.
 */
export function compose(content: Content, robots: readonly Robot[], uuid: string): string {
  const atMobiles = peopleIn(content.mention.mobiles).slice(0, MAX_MENTIONED)
  const atUserIds = peopleIn(content.mention.users).slice(0, MAX_MENTIONED - atMobiles.length)
  const buttons = buttonsOf(content)
  // DingTalk refuses a card without a link.
  const format =
    content.format === 'actionCard' && buttons.length === 0 ? 'markdown' : content.format
  const title = withKeywordsInFront(lineOf(content.title) || 'Alert', robots)
  const base = content.text.trim() === '' ? title : content.text.toWellFormed()
  const everyone = content.mention.all ? ['all'] : []
  const { mention, mentionAt: place = 'end' } = content
  const people = [...everyone, ...atMobiles, ...atUserIds]
  const named = withMentions(base, people, { format, place, names: mention.names ?? [] })
  const text = withKeywordsBelow(named, robots, format)
  const message = { msgtype: format, msgUuid: uuid }
  const at = { atMobiles, atUserIds, isAtAll: content.mention.all }
  switch (format) {
    case 'text':
      // A text message has no title field.
      return JSON.stringify({ ...message, text: { content: text }, at })
    case 'markdown':
      return JSON.stringify({ ...message, markdown: { title, text }, at })
    case 'actionCard': {
      const card = { title, text, btnOrientation: '0', ...jumpOf(buttons) }
      return JSON.stringify({ ...message, actionCard: card, at })
    }
  }
}

/** The most buttons that leave the text visible on a phone; DingTalk documents no limit. */
const MAX_BUTTONS = 5

function buttonsOf({ buttons = [], link }: Content): readonly Button[] {
  const leading = buttons.filter(({ title, url }) => title.trim() !== '' && url.trim() !== '')
  if (leading.length > 0) return leading.slice(0, MAX_BUTTONS)
  const url = link?.trim() ?? ''
  return url === '' ? [] : [{ title: 'Details', url }]
}

/** A single button makes the card itself a link; each of several buttons has its own link. */
function jumpOf(buttons: readonly Button[]) {
  const [only] = buttons
  return only !== undefined && buttons.length === 1
    ? { singleTitle: only.title, singleURL: only.url }
    : { btns: buttons.map(({ title, url }) => ({ title, actionURL: url })) }
}

/** One keyword for each robot whose keywords are all missing from the text. Case-sensitive. */
function missingKeywords(text: string, robots: readonly Robot[]): string[] {
  const missing: string[] = []
  for (const { keywords } of robots) {
    const [first] = keywords
    if (first === undefined) continue
    if (!keywords.some((each) => text.includes(each) || missing.includes(each))) missing.push(first)
  }
  return missing
}

function withKeywordsInFront(title: string, robots: readonly Robot[]): string {
  const missing = missingKeywords(title, robots)
  return missing.length === 0 ? title : `${missing.map((each) => `[${each}]`).join('')} ${title}`
}

function withKeywordsBelow(text: string, robots: readonly Robot[], format: Format): string {
  const missing = missingKeywords(text, robots)
  return missing.length === 0 ? text : `${text}${paragraph(format)}${missing.join(' ')}`
}

/**
 * DingTalk notifies only people whose number or id is also in the text. Whether `isAtAll` needs `@all` there is not
 * documented; DingTalk's own command-line tool adds it.
 */
function withMentions(
  text: string,
  people: readonly string[],
  { format, place, names }: { format: Format; place: 'heading' | 'end'; names: readonly string[] },
): string {
  const tokens = people.filter((each) => !isMentioned(text, each, people)).map((each) => `@${each}`)
  const missing = [...tokens, ...names]
  if (missing.length === 0) return text
  const line = missing.join(' ')
  const end = place === 'heading' ? headingEnd(text, format) : undefined
  if (end === undefined) return `${text}${paragraph(format)}${line}`
  return `${text.slice(0, end)}${paragraph(format)}${line}${text.slice(end)}`
}

/**
 * The end of the heading; in plain text the first line is the heading. Undefined if there is no heading, or nothing
 * after it.
 */
function headingEnd(text: string, format: Format): number | undefined {
  const start = format === 'text' || text.startsWith('#') ? 0 : text.indexOf('\n#') + 1
  if (start === 0 && format !== 'text' && !text.startsWith('#')) return undefined
  const end = text.indexOf('\n', start)
  return end < 0 ? undefined : end
}

/**
 * Whether `@person` occurs in the text by itself or beside another mention, not as part of a longer number, name or
 * address.
 */
function isMentioned(text: string, person: string, people: readonly string[]): boolean {
  const wanted = `@${person}`
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const end = at + wanted.length
    const begins =
      !/\w/.test(text.slice(Math.max(0, at - 1), at)) ||
      people.some((each) => text.endsWith(`@${each}`, at))
    const ends =
      !/^(?:[\w-]|[.@]\w)/.test(text.slice(end, end + 2)) ||
      people.some((each) => text.startsWith(`@${each}`, end))
    if (begins && ends) return true
  }
  return false
}

/** No number or user id is longer; a longer text could make the body exceed the limit. */
const MAX_PERSON_LENGTH = 64

/** Removes duplicates, and the leading `@` that some people write. */
function peopleIn(written: readonly string[]): string[] {
  const people = written.map((each) => each.trim().replace(/^@+/, '').toWellFormed())
  return [...new Set(people)].filter((each) => each !== '' && each.length <= MAX_PERSON_LENGTH)
}

/** Puts a title on one line, for the list of conversations. */
function lineOf(title: string): string {
  return title.replace(/\s+/g, ' ').trim().toWellFormed()
}

function paragraph(format: Format): string {
  return format === 'text' ? '\n' : '\n\n'
}
