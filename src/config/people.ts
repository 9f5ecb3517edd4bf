import { DateTime } from 'luxon'
import { mobileFrom } from '../model/mobile.ts'
import type { Directory, MentionTargets, Person, Rota, RotaOverride } from '../model/people.ts'
import { unknownName } from '../suggestion.ts'
import { durationMs } from './duration.ts'
import { mobilesAt, usersAt } from './mobiles.ts'
import type { Config } from './schema.ts'
import { knownNames, type Path, type SettingsContext } from './settings-context.ts'

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
  const { path, names, timezone, fault } = context
  const known = { kind: 'person', known: names, fault }
  const turns = config.people.map((turn, index) => {
    const at = [...path, 'people', index]
    if (typeof turn !== 'string') return knownNames(turn, at, known)
    if (names.includes(turn)) return [turn]
    fault(at, unknownName('person', turn, names))
    return []
  })
  const everyMs = durationMs(config.every)
  if (everyMs < MIN_TURN_MS) fault([...path, 'every'], 'must be at least 1h')
  wallTime(config.from, [...path, 'from'], context)
  const overrides = (config.overrides ?? []).map((each, index): RotaOverride => {
    const at = [...path, 'overrides', index]
    const from = wallTime(each.from, [...at, 'from'], context)
    const to = wallTime(each.to, [...at, 'to'], context)
    if (to <= from) fault([...at, 'to'], 'must be later than from')
    return { from, to, people: knownNames(each.people, [...at, 'people'], known) }
  })
  return {
    turns,
    everyMs: Math.max(everyMs, MIN_TURN_MS),
    from: isoOf(config.from),
    timezone,
    overrides,
  }
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
  const named = (key: 'people' | 'oncall', kind: string, all: ReadonlyMap<string, unknown>) =>
    knownNames(config[key] ?? [], [...path, key], { kind, known: [...all.keys()], fault })
  const people = named('people', 'person', directory.people)
  const oncall = named('oncall', 'rota', directory.rotas)
  const { labels = [] } = config
  const onCall = oncall.map((name) => largestTurn(directory.rotas.get(name)))
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
