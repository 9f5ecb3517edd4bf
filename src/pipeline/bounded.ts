import type { Alert, PrerenderedText } from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'

/** Limit on the characters kept of one text; a DingTalk message has at most 20,000 bytes. */
const MAX_TEXT = 20_000

/** Limit on the characters of variables kept of one alert, and again on those of its labels and annotations. */
export const MAX_KEPT_OF_ONE = 256 * 1024

/** Limit on the characters of variables kept of all alerts of one message, and of the first alerts of a page. */
export const MAX_KEPT = 16 * 1024 * 1024

/** Lower bound of each alert's share; more characters than a DingTalk message holds. */
export const MIN_KEPT = 32 * 1024

/** Limit on the characters kept of each further alert on a page that has reached MAX_KEPT. */
export const MIN_KEPT_ON_PAGE = 1024

const CUT = '…'

/** Limit for `boundedAlert`, by the number of a message's alerts. Pure. */
export function shareOf(alerts: number): number {
  return Math.min(MAX_KEPT_OF_ONE, Math.max(MIN_KEPT, Math.floor(MAX_KEPT / alerts)))
}

/**
 * Copies an alert with at most `maxCharacters` of variables, and at most as many of its labels and annotations. The copy
 * does not keep the payload in memory. Pure.
 */
export function boundedAlert(alert: Alert, maxCharacters: number): Alert {
  const { source, status, startsAt, endsAt, levelWord, retryWindowMs } = alert
  const copy = {
    ...{ source, status, startsAt, endsAt },
    fingerprint: copied(alert.fingerprint),
    variables: boundedVariables(alert.variables, maxCharacters).variables,
    ...boundedParts(alert, maxCharacters),
    name: copied(alert.name),
    cluster: copied(alert.cluster),
    levelWord: levelWord === undefined ? undefined : copied(levelWord),
    ...(retryWindowMs === undefined ? {} : { retryWindowMs }),
  }
  // Fails to compile if a field of an alert is neither copied nor named here.
  return copy satisfies Record<Exclude<keyof Alert, 'retryWindowMs'>, unknown>
}

/** In this order: a silence must match the labels, so they must not give way to texts. */
const PARTS = ['labels', 'groupLabels', 'annotations', 'texts'] as const

type Parts = Record<(typeof PARTS)[number], Variables | undefined>

function boundedParts(alert: Alert, maxCharacters: number): Parts {
  const { labels, groupLabels, annotations, texts } = alert
  const parts: Parts = { labels, groupLabels, annotations, texts }
  let left = maxCharacters
  for (const part of PARTS) {
    const values = parts[part]
    if (values === undefined) continue
    const { variables, characters } = boundedVariables(values, left)
    parts[part] = variables
    left -= characters
  }
  return parts
}

/**
 * Copies variables while there is room. A text that is cut ends in an ellipsis; variables without room are left
 * out. Pure.
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

/** Copies a sender's rendered text, at most MAX_TEXT characters of it. Pure. */
export function boundedPrerendered({
  title,
  text,
  format,
  mention,
}: PrerenderedText): PrerenderedText {
  return {
    title: title === undefined ? undefined : copied(title),
    text: copied(text),
    format,
    mention: {
      mobiles: mention.mobiles.slice(0, MAX_PRERENDERED_MENTIONS).map((each) => copied(each)),
      users: mention.users.slice(0, MAX_PRERENDERED_MENTIONS).map((each) => copied(each)),
      all: mention.all,
    },
  }
}

/** Limit on people mentioned in a sender's own text; a message has no room for more. */
const MAX_PRERENDERED_MENTIONS = 5_000

/** A slice in V8 is a view that keeps the whole text in memory; converting it to bytes and back makes a copy. */
function copied(text: string, maxCharacters = MAX_TEXT): string {
  // V8 itself copies shorter slices.
  if (text.length < SHORTEST_VIEW) return text
  if (text.length <= maxCharacters) return Buffer.from(text).toString()
  const end = maxCharacters - CUT.length
  return Buffer.from(`${text.slice(0, Math.max(0, end))}${CUT}`).toString()
}

const SHORTEST_VIEW = 13
