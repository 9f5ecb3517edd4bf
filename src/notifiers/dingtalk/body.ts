import type { Content } from '../../model/message.ts'
import type { Robot } from '../../model/settings.ts'

/** DingTalk refuses larger bodies with 460101. Its words say body, so the whole JSON counts, in bytes of UTF-8. */
export const MAX_BODY_BYTES = 20_000

/** DingTalk: people mentioned in one message. */
const MOST_MENTIONED = 50

/** The JSON that /robot/send takes, the same for every attempt of a message: `uuid` lets DingTalk drop a repeat. */
export function compose(content: Content, robots: readonly Robot[], uuid: string): string {
  const keywords = missingKeywords(robots)
  const mobiles = content.mention.mobiles.slice(0, MOST_MENTIONED)
  const users = content.mention.users.slice(0, MOST_MENTIONED - mobiles.length)
  // A card without a link is refused.
  const format =
    content.format === 'actionCard' && content.link === undefined ? 'markdown' : content.format
  const title = withKeywordsInFront(content.title.trim() || 'Alert', keywords)
  const named = withMentions(content.text.trim() === '' ? title : content.text, [
    ...mobiles,
    ...users,
  ])
  const text = withKeywordsBelow(named, keywords, format)
  const at = { atMobiles: mobiles, atUserIds: users, isAtAll: content.mention.all }
  const message = { msgtype: format, msgUuid: uuid }
  switch (format) {
    case 'text':
      // A text message has no title of its own; people see it as the first line.
      return JSON.stringify({ ...message, text: { content: text }, at })
    case 'markdown':
      return JSON.stringify({ ...message, markdown: { title, text }, at })
    case 'actionCard':
      return JSON.stringify({
        ...message,
        actionCard: {
          title,
          text,
          btnOrientation: '0',
          singleTitle: 'Details',
          singleURL: content.link,
        },
        at,
      })
  }
}

/** For each robot a function that says which keyword a text still needs. */
function missingKeywords(robots: readonly Robot[]): (text: string) => string[] {
  return (text) => {
    const needed: string[] = []
    for (const { keywords } of robots) {
      const has =
        keywords.length === 0 ||
        keywords.some((each) => text.includes(each) || needed.includes(each))
      if (!has) needed.push(keywords[0] as string)
    }
    return needed
  }
}

function withKeywordsInFront(title: string, missing: (text: string) => string[]): string {
  const needed = missing(title)
  return needed.length === 0 ? title : `${needed.map((each) => `[${each}]`).join('')} ${title}`
}

function withKeywordsBelow(
  text: string,
  missing: (text: string) => string[],
  format: Content['format'],
): string {
  const needed = missing(text)
  return needed.length === 0 ? text : `${text}${paragraph(format)}${needed.join(' ')}`
}

/** DingTalk notifies only those whose number or id also stands in the text. */
function withMentions(text: string, people: readonly string[]): string {
  const missing = people.filter((each) => !mentions(text, each)).map((each) => `@${each}`)
  return missing.length === 0 ? text : `${text}\n\n${missing.join(' ')}`
}

function mentions(text: string, person: string): boolean {
  const at = text.indexOf(`@${person}`)
  return at >= 0 && !/[\w-]/.test(text[at + person.length + 1] ?? ' ')
}

function paragraph(format: Content['format']): string {
  return format === 'text' ? '\n' : '\n\n'
}
