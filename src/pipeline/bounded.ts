import type { Alert, PrerenderedText } from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'

/** Characters of one text that are kept: a DingTalk message has at most 20,000 bytes. */
const MAX_TEXT = 20_000

/** Characters of variables that are kept of one alert. */
export const MAX_KEPT_OF_ONE = 256 * 1024

/** Characters of variables that are kept of all alerts of one message or page, where each needs more than the least. */
export const MAX_KEPT = 16 * 1024 * 1024

/** The least that is kept of one of many alerts of a message: more than a message has room for. */
export const MIN_KEPT = 32 * 1024

/** The least that is kept of an alert on a page that has MAX_KEPT already. */
export const MIN_KEPT_ON_PAGE = 1024

const CUT = '…'

/** Characters that may be kept of each of so many alerts. Pure. */
export function shareOf(alerts: number): number {
  return Math.min(MAX_KEPT_OF_ONE, Math.max(MIN_KEPT, Math.floor(MAX_KEPT / alerts)))
}

/** A copy of an alert that keeps nothing of its payload alive, with as much of its texts as a message can show. Pure. */
export function boundedAlert(alert: Alert, maxCharacters: number): Alert {
  const { source, status, startsAt, endsAt, levelWord, labels, texts } = alert
  return {
    source,
    status,
    fingerprint: copied(alert.fingerprint),
    variables: boundedVariables(alert.variables, maxCharacters).variables,
    ...(labels === undefined ? {} : { labels: boundedVariables(labels, maxCharacters).variables }),
    ...(texts === undefined ? {} : { texts: boundedVariables(texts, maxCharacters).variables }),
    name: copied(alert.name),
    cluster: copied(alert.cluster),
    levelWord: levelWord === undefined ? undefined : copied(levelWord),
    startsAt,
    endsAt,
  }
}

/**
 * Copies of variables: each text up to MAX_TEXT, then as many as there is room for. A text that is cut ends in an
 * ellipsis; a variable for which no room is left is missing. Pure.
 */
export function boundedVariables(
  variables: Variables,
  maxCharacters: number,
): { variables: Variables; characters: number } {
  const kept: Record<string, string> = Object.create(null)
  let characters = 0
  for (const name in variables) {
    const left = maxCharacters - characters - name.length
    if (left <= 0) continue
    const value = copied(variables[name] as string, Math.min(MAX_TEXT, left))
    kept[copied(name)] = value
    characters += name.length + value.length
  }
  return { variables: kept, characters }
}

/** A text that a sender rendered; what is cut would not fit into a message anyway. Pure. */
export function boundedReady({ title, text, format, mention }: PrerenderedText): PrerenderedText {
  return {
    title: title === undefined ? undefined : copied(title),
    text: copied(text),
    format,
    mention: {
      mobiles: mention.mobiles.slice(0, MAX_MENTIONED).map((each) => copied(each)),
      users: mention.users.slice(0, MAX_MENTIONED).map((each) => copied(each)),
      all: mention.all,
    },
  }
}

/** People whom a message has room to mention, by far. */
const MAX_MENTIONED = 5_000

/** V8 makes a part of a text a view of the whole, which keeps all of it alive: what goes through bytes is a copy. */
function copied(text: string, maxCharacters = MAX_TEXT): string {
  // V8 copies shorter ones by itself.
  if (text.length < SHORTEST_VIEW) return text
  if (text.length <= maxCharacters) return Buffer.from(text).toString()
  const end = maxCharacters - CUT.length
  return Buffer.from(`${text.slice(0, Math.max(0, end))}${CUT}`).toString()
}

const SHORTEST_VIEW = 13
