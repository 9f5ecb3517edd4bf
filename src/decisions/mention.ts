import type { Mention } from '../model/alert.ts'
import { mobileFrom } from '../model/mobile.ts'
import type { Directory, MentionTargets, Person } from '../model/people.ts'
import type { Channel } from '../model/settings.ts'
import { onCallAt } from './oncall.ts'
import { matches, type Subject } from './route.ts'

/** The most people that DingTalk lets one message mention. */
export const MAX_MENTIONED = 50
/** Limit on names without a person that one message shows. */
const MAX_UNKNOWN = 10
/** Limit on the characters of a label's value that are read as a list of people. */
const MAX_VALUE_LENGTH = 2_000
const MAX_NAME_LENGTH = 60

export interface ResolvedMention extends Mention {
  /** Names in labels that are not in the directory, unchanged. */
  unknown: readonly string[]
}

export interface MentionContext {
  directory: Directory
  /** People who are on call at this instant are mentioned. */
  now: Date
  /** Mentions that the sender's own message contains. */
  own?: Mention
}

/**
 * The people that a message mentions: those of the channel, those of every rule that one of its alerts matches, those
 * that its alerts name in labels, and those in `own`. Each is mentioned once, at most MAX_MENTIONED in total.
 */
export function mentionFor(
  mention: Channel['mention'],
  alerts: readonly Subject[],
  { directory, now, own }: MentionContext,
): ResolvedMention {
  const found: Found = { people: new Map(), unknown: new Set() }
  let all = own?.all ?? false
  const addTargets = (targets: MentionTargets, named: readonly Subject[]): void => {
    all ||= targets.all
    for (const mobile of targets.mobiles) add(found, { kind: 'mobile', mobile })
    for (const user of targets.users) add(found, { kind: 'user', user })
    for (const name of [...(targets.people ?? []), ...(targets.oncall ?? [])])
      for (const person of peopleNamed(name, directory, now) ?? []) add(found, person)
    for (const label of targets.labels ?? [])
      for (const { variables } of named) addNamed(variables[label] ?? '', { directory, now, found })
  }
  addTargets(mention, alerts)
  for (const rule of mention.rules) {
    const matching = alerts.filter((alert) => matches(rule.matchers, alert))
    if (matching.length > 0) addTargets(rule, matching)
  }
  if (own !== undefined) addTargets(own, [])
  const people = [...found.people.values()].slice(0, MAX_MENTIONED)
  return {
    mobiles: people.flatMap((each) => (each.kind === 'mobile' ? [each.mobile] : [])),
    users: people.flatMap((each) => (each.kind === 'user' ? [each.user] : [])),
    all,
    unknown: [...found.unknown].slice(0, MAX_UNKNOWN),
  }
}

interface Found {
  people: Map<string, Person>
  unknown: Set<string>
}

function add({ people }: Found, person: Person): void {
  const key = person.kind === 'mobile' ? `mobile:${person.mobile}` : `user:${person.user}`
  if (!people.has(key)) people.set(key, person)
}

/** The people behind a name of the directory or of a rota. */
function peopleNamed(name: string, { people, rotas }: Directory, now: Date): Person[] | undefined {
  const person = people.get(name)
  if (person !== undefined) return [person]
  const rota = rotas.get(name)
  if (rota === undefined) return undefined
  return onCallAt(rota, now).people.flatMap((each) => people.get(each) ?? [])
}

/**
 * Adds the people in a label's value: names, rotas, mobiles and user ids. Commas, semicolons or lines separate them,
 * and spaces if each part is known.
 */
function addNamed(
  value: string,
  { directory, now, found }: Pick<MentionContext, 'directory' | 'now'> & { found: Found },
): void {
  const whoIs = (name: string): Person[] | undefined =>
    peopleNamed(name, directory, now) ?? personWritten(name)
  for (const part of value.slice(0, MAX_VALUE_LENGTH).split(/[,，;；、\n]/)) {
    const name = part.trim().replace(/^@+/, '')
    if (name === '') continue
    const people = whoIs(name) ?? allKnown(name.split(/\s+/).map(whoIs))
    if (people === undefined) found.unknown.add(name.slice(0, MAX_NAME_LENGTH))
    else for (const person of people) add(found, person)
  }
}

function allKnown(each: readonly (Person[] | undefined)[]): Person[] | undefined {
  return each.every((people) => people !== undefined) ? each.flat() : undefined
}

/** A person written as a mobile, or as `user:` and the id of a DingTalk user. */
function personWritten(text: string): Person[] | undefined {
  const [, user] = /^user:\s*([\w.$-]{1,64})$/i.exec(text) ?? []
  // DingTalk would read `@all` in the text as a mention of everyone.
  if (user !== undefined && !/^(?:all|everyone)$/i.test(user)) return [{ kind: 'user', user }]
  const mobile = mobileFrom(text)
  return mobile === undefined ? undefined : [{ kind: 'mobile', mobile }]
}
