import { standsIn } from '../../../model/whole-word.ts'

type Texts = Readonly<Record<string, string>>

/** Annotations that may name what the alert is about. */
const TEXT_ANNOTATIONS = ['summary', 'description', 'message', 'title'] as const

/** Longer texts are searched only up to this length. */
const MAX_TEXT_LENGTH = 8_000
/** A longer value does not occur in a sentence. */
const MAX_VALUE_LENGTH = 500

/**
 * The labels whose value occurs as a word in summary, description, message or title. Values that may be measured values
 * (numbers, with or without a unit) do not count. So an alert and its recovery, whose texts contain different measured
 * values, name the same labels. Lists of all labels (`LABELS = map[…]`) do not count either.
 */
export function namedLabels(labels: Texts, annotations: Texts): ReadonlySet<string> {
  const text = TEXT_ANNOTATIONS.map((name) => withoutLabelLists(annotations[name])).join('\n')
  const named = new Set<string>()
  for (const name of Object.keys(labels)) {
    const value = labels[name] as string
    if (value.length <= MAX_VALUE_LENGTH && standsIn(text, value) && isDistinctive(value))
      named.add(name)
  }
  return named
}

/** Removes printed lists of all labels, which widespread collections of rules contain: they would name every label. */
function withoutLabelLists(text = ''): string {
  const beginning = text.slice(0, MAX_TEXT_LENGTH)
  if (!LISTING.test(beginning)) return beginning
  return beginning
    .replace(/\bmap\[[^\]]*\]?/g, '')
    .replace(/\{[\w.]+="[^}]*\}?/g, '')
    .replace(/\b(?:LABELS|labels|Labels)\s*[=:][^\n]*/g, '')
}

const LISTING = /map\[|="|[Ll](?:abels|ABELS)/

/** A number with an optional unit. */
const QUANTITY =
  /\d+(?:\.\d+)?\s?(?:[KMGTPE]i?B?|kB?|B|ms|[µun]s|[smhdwy]|%|°?[CF]|[VWA]|Hz|rpm|e(?=[+-]?\d))?(?:\/s|ps)?(?![a-zA-Z])/g

const COMMONPLACE: ReadonlySet<string> = new Set(
  'true false yes no on off unknown none null ok up down'.split(' '),
)

function isDistinctive(value: string): boolean {
  return (
    (value.length > 1 || value === '/') &&
    !isMeasured(value) &&
    !COMMONPLACE.has(value.toLowerCase())
  )
}

/**
 * Whether a value consists only of quantities, such as a measured value, a duration or an instant; an address does not.
 */
function isMeasured(value: string): boolean {
  return value.replace(QUANTITY, '').replace(/[-+~,:\s]/g, '') === ''
}
