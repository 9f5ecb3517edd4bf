import { standsIn } from '../../../model/whole-word.ts'

type Texts = Readonly<Record<string, string>>

/** Annotations in which an alert speaks of what it is about. */
const SPOKEN = ['summary', 'description', 'message', 'title'] as const

/** Of longer words only the beginning is looked at. */
const MAX_TEXT_LENGTH = 8_000
/** A longer value stands in no sentence. */
const MAX_VALUE_LENGTH = 500

/**
 * The labels whose value stands as a word in summary, description, message or title. Values that a measured value could
 * be as well (numbers, with or without a unit) and lists of all labels (`LABELS = map[…]`) do not count, so that an alert
 * and its recovery, whose words give another measured value, name the same labels.
 */
export function namedLabels(labels: Texts, annotations: Texts): ReadonlySet<string> {
  const text = SPOKEN.map((name) => spoken(annotations[name])).join('\n')
  const named = new Set<string>()
  for (const name of Object.keys(labels)) {
    const value = labels[name] as string
    if (value.length <= MAX_VALUE_LENGTH && standsIn(text, value) && isTelling(value))
      named.add(name)
  }
  return named
}

/** Without what Go prints for all labels, as widespread collections of rules do: it names everything. */
function spoken(text = ''): string {
  const beginning = text.slice(0, MAX_TEXT_LENGTH)
  if (!LISTING.test(beginning)) return beginning
  return beginning
    .replace(/\bmap\[[^\]]*\]?/g, '')
    .replace(/\{[\w.]+="[^}]*\}?/g, '')
    .replace(/\b(?:LABELS|labels|Labels)\s*[=:][^\n]*/g, '')
}

const LISTING = /map\[|="|[Ll](?:abels|ABELS)/

/** A number with what may follow it as its unit. */
const QUANTITY =
  /\d+(?:\.\d+)?\s?(?:[KMGTPE]i?B?|kB?|B|ms|[µun]s|[smhdwy]|%|°?[CF]|[VWA]|Hz|rpm|e(?=[+-]?\d))?(?:\/s|ps)?(?![a-zA-Z])/g

const VAGUE: ReadonlySet<string> = new Set(
  'true false yes no on off unknown none null ok up down'.split(' '),
)

function isTelling(value: string): boolean {
  return (
    (value.length > 1 || value === '/') && !isMeasured(value) && !VAGUE.has(value.toLowerCase())
  )
}

/** Nothing but quantities, as a template prints a measured value, a duration or an instant; no address is. */
function isMeasured(value: string): boolean {
  return value.replace(QUANTITY, '').replace(/[-+~,:\s]/g, '') === ''
}
