import { DateTime } from 'luxon'
import { mobileFrom } from '../model/mobile.ts'
import type { Directory, MentionTargets, Person, Rota, RotaOverride } from '../model/people.ts'
import { unknownName } from '../suggestion.ts'
import { durationMs } from './duration.ts'
import { mobilesAt, usersAt } from './mobiles.ts'
import type { Config } from './schema.ts'
import type { Path, SettingsContext } from './settings-context.ts'

/** DingTalk refuses a message that mentions more people. */
const MAX_MENTIONED = 50
/** A shorter turn is probably written with the wrong unit. */
const MIN_TURN_MS = 3_600_000

type Context = Pick<SettingsContext, 'fault'>
type RotaConfig = NonNullable<Config['oncall']>[string]

/** Resolves the directory and the rotas; reports unknown names and invalid times. */
export function directoryOf(
  { people = {}, oncall = {} }: Pick<Config, 'people' | 'oncall'>,
  { fault, timezone }: Context & { timezone: string },
): Directory {
  const known = new Map(
    Object.entries(people).map(([name, each]) => [name, personOf(each, ['people', name], fault)]),
  )
  const names = Object.keys(people)
  const rotas = new Map<string, Rota>()
  for (const [name, each] of Object.entries(oncall)) {
    if (Object.hasOwn(people, name))
      fault(['oncall', name], 'is also the name of a person; give the rota another name')
    rotas.set(name, rotaOf(each, { path: ['oncall', name], names, timezone, fault }))
  }
  return { people: known, rotas }
}

function personOf(
  { mobile, user }: NonNullable<Config['people']>[string],
  path: Path,
  fault: Context['fault'],
): Person {
  if (mobile !== undefined) {
    const number = mobileFrom(String(mobile))
    if (number === undefined) fault([...path, 'mobile'], NOT_A_MOBILE)
    return { kind: 'mobile', mobile: number ?? '' }
  }
  const id = String(user)
  if (/^[\w.$-]{1,64}$/.test(id) && !/^(?:all|everyone)$/i.test(id))
    return { kind: 'user', user: id }
  fault([...path, 'user'], 'must be the id of a DingTalk user, such as manager4567')
  return { kind: 'user', user: '' }
}

const NOT_A_MOBILE =
  'must be a phone number: digits, with + and the country code outside the mainland of China'

interface RotaContext extends Context {
  path: Path
  /** The names in the directory. */
  names: readonly string[]
  timezone: string
}

function rotaOf(config: RotaConfig, context: RotaContext): Rota {
  const { path, timezone, fault } = context
  const turns = config.people.map((turn, index) => {
    const at = [...path, 'people', index]
    if (typeof turn !== 'string') return knownIn(turn, at, context)
    return knownIn([turn], at, context, () => at)
  })
  const everyMs = durationMs(config.every)
  if (everyMs < MIN_TURN_MS) fault([...path, 'every'], 'must be at least 1h')
  wallTime(config.from, [...path, 'from'], context)
  const overrides = (config.overrides ?? []).map((each, index): RotaOverride => {
    const at = [...path, 'overrides', index]
    const from = wallTime(each.from, [...at, 'from'], context)
    const to = wallTime(each.to, [...at, 'to'], context)
    if (to <= from) fault([...at, 'to'], 'must be later than from')
    return { from, to, people: knownIn(each.people, [...at, 'people'], context) }
  })
  return {
    turns,
    everyMs: Math.max(everyMs, MIN_TURN_MS),
    from: isoOf(config.from),
    timezone,
    overrides,
  }
}

/** Returns the names that are in the directory; reports a fault for each of the others. */
function knownIn(
  list: readonly string[],
  path: Path,
  { names, fault }: Pick<RotaContext, 'names' | 'fault'>,
  placeOf: (index: number) => Path = (index) => [...path, index],
): string[] {
  return list.filter((name, index) => {
    const isKnown = names.includes(name)
    if (!isKnown) fault(placeOf(index), unknownName('person', name, names))
    return isKnown
  })
}

function isoOf(text: string): string {
  return text.replace(' ', 'T')
}

function wallTime(text: string, path: Path, { timezone, fault }: RotaContext): Date {
  const time = DateTime.fromISO(isoOf(text), { zone: timezone })
  // An unknown zone is reported separately.
  if (!time.isValid && DateTime.fromISO(isoOf(text), { zone: 'utc' }).isValid) return new Date(0)
  if (!time.isValid) fault(path, 'is not a valid date and time')
  return time.isValid ? time.toJSDate() : new Date(0)
}

interface MentionConfig {
  mobiles?: string | (string | number)[] | undefined
  users?: (string | number)[] | undefined
  all?: boolean | undefined
  people?: string[] | undefined
  oncall?: string[] | undefined
  labels?: string[] | undefined
}

/** Resolves whom a channel or a rule mentions; reports unknown people and rotas. */
export function mentionOf(
  config: MentionConfig,
  path: Path,
  { directory, fault }: Context & { directory: Directory },
): MentionTargets {
  const mobiles = mobilesAt(config.mobiles, [...path, 'mobiles'], fault)
  const users = usersAt(config.users, [...path, 'users'], fault)
  const { people = [], oncall = [], labels = [] } = config
  const { rotas } = directory
  for (const [index, name] of people.entries())
    if (!directory.people.has(name))
      fault([...path, 'people', index], unknownName('person', name, [...directory.people.keys()]))
  for (const [index, name] of oncall.entries())
    if (!rotas.has(name))
      fault([...path, 'oncall', index], unknownName('rota', name, [...rotas.keys()]))
  const onCall = oncall.map((name) => largestTurn(rotas.get(name)))
  const count = mobiles.length + users.length + people.length
  if (onCall.reduce((sum, each) => sum + each, count) > MAX_MENTIONED)
    fault(path, `mentions more than ${MAX_MENTIONED} people, which DingTalk refuses`)
  return {
    mobiles,
    users,
    all: config.all ?? false,
    ...(people.length > 0 && { people }),
    ...(oncall.length > 0 && { oncall }),
    ...(labels.length > 0 && { labels }),
  }
}

function largestTurn(rota: Rota | undefined): number {
  const { turns = [], overrides = [] } = rota ?? {}
  return Math.max(
    0,
    ...[...turns, ...overrides.map(({ people }) => people)].map((each) => each.length),
  )
}
