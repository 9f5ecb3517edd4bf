/** The type of a value in a Go template, as far as known without running it. */
export type GoType =
  | 'payload'
  | 'alerts'
  | 'alert'
  | 'texts'
  | 'pairs'
  | 'pair'
  | 'list'
  | 'time'
  | 'duration'
  | 'string'
  | 'number'
  | 'bool'
  | 'any'

const NAMES_BY_RESULT: Partial<Record<GoType, string>> = {
  bool: `
    eq ne lt le gt ge match regexMatch contains hasPrefix hasSuffix empty has hasKey all any`,
  number: `
    len add add1 sub mul div mod max min ceil floor round int int64 atoi float64 addf add1f
    subf mulf divf maxf minf biggest`,
  string: `
    upper lower toUpper toLower title untitle trim trimSpace trimAll trimall trimLeft
    trimRight trimPrefix trimSuffix trunc abbrev substr nospace repeat replace markdown html
    quote squote cat indent nindent plural join toString print println printf urlquery
    reReplaceAll regexReplaceAll regexReplaceAllLiteral regexFind toJson toRawJson
    toPrettyJson b64enc b64dec base seq durationRound date dateInZone date_in_zone htmlDate
    htmlDateInZone unixEpoch humanizeDuration`,
  time: 'now dateModify date_modify tz',
  duration: 'duration since ago',
  list: `
    splitList stringSlice sortAlpha regexFindAll regexSplit list keys append prepend compact
    until untilStep tuple concat values`,
  any: `
    set unset pick omit split splitn default coalesce ternary dict get first last slice index
    rest initial reverse uniq without`,
}

/** The functions that `it.go` has under the same name, with their result type; `any` for maps and varying types. */
export const FUNCTIONS: ReadonlyMap<string, GoType> = new Map(
  Object.entries(NAMES_BY_RESULT).flatMap(([type, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name): [string, GoType] => [name, type as GoType]),
  ),
)

/** Removes the prefix `must`, with which sprig names variants that fail instead of returning an empty value. */
export function plainName(name: string): string {
  const [, first, rest] = /^must_?(\p{L})(.+)$/u.exec(name) ?? []
  return first === undefined ? name : `${first.toLowerCase()}${rest}`
}

/** Functions that return their argument unchanged, because printed values are not escaped anyway. */
export const RETURN_THEIR_ARGUMENT = new Set([
  'safeHtml',
  'safeHTML',
  'safeUrl',
  'safeURL',
  'str',
  'toStrings',
])

/** Fields of Alertmanager's payload by Go name, with their name in our templates and their type. */
export const FIELDS: Readonly<
  Partial<Record<GoType, Readonly<Record<string, readonly [string, GoType]>>>>
> = {
  payload: {
    Receiver: ['receiver', 'string'],
    Status: ['status', 'string'],
    Alerts: ['alerts', 'alerts'],
    GroupLabels: ['groupLabels', 'texts'],
    CommonLabels: ['commonLabels', 'texts'],
    CommonAnnotations: ['commonAnnotations', 'texts'],
    ExternalURL: ['externalURL', 'string'],
    AtMobiles: ['atMobiles', 'list'],
  },
  alerts: { Firing: ['firing', 'alerts'], Resolved: ['resolved', 'alerts'] },
  alert: {
    Status: ['status', 'string'],
    Labels: ['labels', 'texts'],
    Annotations: ['annotations', 'texts'],
    StartsAt: ['startsAt', 'time'],
    EndsAt: ['endsAt', 'time'],
    GeneratorURL: ['generatorURL', 'string'],
    Fingerprint: ['fingerprint', 'string'],
  },
  pair: { Name: ['name', 'string'], Value: ['value', 'string'] },
}

/** Methods by Go name, with the equivalent function of `it.go`, its result type and the number of its arguments. */
export const METHODS: Readonly<
  Partial<Record<GoType, Readonly<Record<string, readonly [string, GoType, number]>>>>
> = {
  texts: {
    SortedPairs: ['sortedPairs', 'pairs', 0],
    Names: ['names', 'list', 0],
    Values: ['values', 'list', 0],
    Remove: ['remove', 'texts', 1],
  },
  pairs: { Names: ['names', 'list', 0], Values: ['values', 'list', 0] },
  time: {
    Format: ['timeFormat', 'string', 1],
    Add: ['timeAdd', 'time', 1],
    AddDate: ['timeAddDate', 'time', 3],
    Sub: ['timeSub', 'duration', 1],
    Local: ['timeLocal', 'time', 0],
    UTC: ['timeUTC', 'time', 0],
    Unix: ['timeUnix', 'number', 0],
    IsZero: ['timeIsZero', 'bool', 0],
    After: ['timeAfter', 'bool', 1],
    Before: ['timeBefore', 'bool', 1],
    Equal: ['timeEqual', 'bool', 1],
    Year: ['timeYear', 'number', 0],
    Month: ['timeMonth', 'string', 0],
    Day: ['timeDay', 'number', 0],
    Hour: ['timeHour', 'number', 0],
    Minute: ['timeMinute', 'number', 0],
    Second: ['timeSecond', 'number', 0],
    Weekday: ['timeWeekday', 'string', 0],
    String: ['toString', 'string', 0],
  },
  duration: {
    Seconds: ['durationSeconds', 'number', 0],
    Minutes: ['durationMinutes', 'number', 0],
    Hours: ['durationHours', 'number', 0],
    Round: ['durationRound', 'duration', 1],
    Truncate: ['durationTruncate', 'duration', 1],
    String: ['toString', 'string', 0],
  },
}

/** The type of the elements of a collection. */
export function elementOf(type: GoType): GoType {
  if (type === 'alerts') return 'alert'
  if (type === 'pairs') return 'pair'
  if (type === 'texts') return 'string'
  return type === 'number' ? 'number' : 'any'
}
