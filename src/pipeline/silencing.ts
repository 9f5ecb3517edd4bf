import type { Answer, SilenceApi } from '../alertmanagers/silence-api.ts'
import type { Clock } from '../clock.ts'
import { endOfSilence } from '../decisions/silence-until.ts'
import type { Events } from '../events.ts'
import { alertmanagersFor, type Settings } from '../model/settings.ts'
import {
  matcherText,
  type NewSilence,
  type Silence,
  type SilenceLength,
  type SilenceResult,
  type SilenceScope,
} from '../model/silence.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import { oneLine } from '../rendering/text/escape.ts'
import type { Store } from '../stores/store.ts'
import type { Mutes } from './mutes.ts'
import { silenceNotices } from './silence-notice.ts'
import type { FoundSubject, SilenceLinks, SilenceSubject } from './silence-subject.ts'

/** How long a silence is still shown after its end. */
const SHOWN_AFTER_MS = 3_600_000
/** Limit on the silences of one channel that are searched, the newest first. */
const MAX_LISTED = 500
const MAX_NAME_LENGTH = 60

export interface SilencingDeps {
  store: Pick<Store, 'silences' | 'addSilence' | 'endSilence' | 'enqueue'>
  links: SilenceLinks
  mutes: Pick<Mutes, 'add' | 'end'>
  api: SilenceApi
  notifier: Pick<Notifier, 'compose'>
  settings: () => Settings
  clock: Clock
  uuid: () => string
  wake: (queues: readonly string[]) => void
  events: Pick<Events, 'silenceCreated' | 'silenceEnded' | 'silenceFailed'>
}

/** The content of the page behind a silence link. */
export type SilenceView =
  | Exclude<FoundSubject, SilenceSubject>
  | (SilenceSubject & { silences: readonly Silence[] })

/** What a person chose and entered on the page. */
export interface SilenceRequest {
  scope: SilenceScope
  length: SilenceLength
  by: string
}

/** Creates and ends silences and mutes for a person who opened a silence link. */
export interface Silencing {
  view(link: string): Promise<SilenceView>
  create(link: string, request: SilenceRequest): Promise<SilenceResult>
  end(link: string, id: string, by: string): Promise<SilenceResult>
}

export function createSilencing(deps: SilencingDeps): Silencing {
  const { clock, links } = deps
  const oneByOne = serializedByKey()
  return {
    async view(link) {
      const now = clock.now()
      const subject = await links.find(link, now)
      if (!isSubject(subject)) return subject
      return { ...subject, silences: await readSilences(subject, now, deps) }
    },
    async create(link, { scope, length, by: written }) {
      const now = clock.now()
      const subject = await links.find(link, now)
      if (!isSubject(subject)) return { kind: 'wrong', what: 'link' }
      const by = nameFrom(written)
      if (by === '') return { kind: 'wrong', what: 'name' }
      const timezone = subject.channel.timezone ?? deps.settings().timezone
      const end = endOfSilence(length, now, timezone)
      if ('wrong' in end) return { kind: 'wrong', what: end.wrong }
      const chosen = { scope, by, until: end.until, length }
      // One after another, so that a second submission of the form finds the silence of the first.
      return oneByOne(subject.id, () => silence(subject, chosen, { now, deps }))
    },
    async end(link, id, written) {
      const now = clock.now()
      const subject = await links.find(link, now)
      if (!isSubject(subject)) return { kind: 'wrong', what: 'link' }
      const by = nameFrom(written)
      if (by === '') return { kind: 'wrong', what: 'name' }
      const found = (await readSilences(subject, now, deps)).find((each) => each.id === id)
      return found === undefined ? { kind: 'done' } : endOne(found, { subject, by, now, deps })
    },
  }
}

/** Runs work with the same key one after another, within this process. */
function serializedByKey(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return async (key, work) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, mine)
    try {
      return await mine
    } finally {
      if (last.get(key) === mine) last.delete(key)
    }
  }
}

function isSubject(found: FoundSubject): found is SilenceSubject {
  return found.kind === 'silence' || found.kind === 'mute'
}

/** Silences of an alert that are in force, or ended within the last hour. */
async function readSilences(
  { channel, alert, id }: SilenceSubject,
  now: Date,
  { store }: SilencingDeps,
): Promise<Silence[]> {
  const since = new Date(now.getTime() - SHOWN_AFTER_MS)
  const found = await store.silences({ channel: channel.name, since, limit: MAX_LISTED })
  return found.filter((each) => each.alert === id || each.fingerprint === alert.fingerprint)
}

interface Context {
  now: Date
  deps: SilencingDeps
}

async function silence(
  subject: SilenceSubject,
  chosen: { scope: SilenceScope; by: string; until: Date; length: SilenceLength },
  { now, deps }: Context,
): Promise<SilenceResult> {
  const { kind, channel, alert, level, id } = subject
  const { by, until, scope, length } = chosen
  const option = subject.options.find((each) => each.scope === scope)
  if (kind === 'silence' && option === undefined) return { kind: 'wrong', what: 'scope' }
  const matchers = option?.matchers ?? []
  const untilRecovery = length.kind === 'recovery'
  if (untilRecovery && kind === 'silence') return { kind: 'wrong', what: 'unreadable' }
  const wanted: NewSilence = {
    ...{ kind, channel: channel.name, alert: id, fingerprint: alert.fingerprint },
    matchers: matchers.map(matcherText),
    level: kind === 'mute' ? level : undefined,
    ...{ by, madeAt: now, until, untilRecovery, remote: undefined },
  }
  // A form that is submitted twice creates one silence.
  const before = await readSilences(subject, now, deps)
  const alertmanager = kind === 'mute' ? undefined : subject.members[0]?.externalUrl
  const isExisting = (each: Silence): boolean =>
    each.remote?.alertmanager === alertmanager && isSame(each, wanted, now)
  if (before.some(isExisting)) return { kind: 'done' }
  if (kind === 'mute') await deps.mutes.add(wanted)
  else {
    const made = await deps.api.create(subject.members, {
      ...{ matchers, startsAt: now, endsAt: until, createdBy: by },
      comment: `${nameOf(subject)} (dingtalk-receiver, ${channel.name})`,
    })
    if (made.kind !== 'done') return reportFailure(made, subject, deps)
    await storeSilence(wanted, made.value, { subject, deps })
  }
  deps.events.silenceCreated({ kind, channel: channel.name, by, until })
  if (channel.announceSilences) await announce(wanted, subject, { now, deps })
  return { kind: 'done' }
}

function isSame({ ended, matchers, until }: Silence, wanted: NewSilence, now: Date): boolean {
  if (ended !== undefined || until <= now) return false
  const apart = Math.abs(until.getTime() - wanted.until.getTime())
  return matchers.join() === wanted.matchers.join() && apart < SAME_WITHIN_MS
}

const SAME_WITHIN_MS = 60_000

/** Stores a silence that Alertmanager has created; if that fails, removes it there. */
async function storeSilence(
  wanted: NewSilence,
  remoteId: string,
  { subject, deps }: { subject: SilenceSubject; deps: SilencingDeps },
): Promise<void> {
  const alertmanager = subject.members[0]?.externalUrl ?? ''
  try {
    await deps.store.addSilence({ ...wanted, remote: { alertmanager, id: remoteId } })
  } catch (error) {
    await deps.api.expire(subject.members, remoteId)
    throw error
  }
}

async function endOne(
  { id, remote, kind, channel }: Silence,
  { subject, by, now, deps }: Context & { subject: SilenceSubject; by: string },
): Promise<SilenceResult> {
  if (kind === 'mute') await deps.mutes.end([{ id, by }])
  else {
    // The Alertmanager that created the silence, which may differ from that of this link.
    const members = alertmanagersFor(remote?.alertmanager ?? '', deps.settings())
    const over: Answer<undefined> = await deps.api.expire(members, remote?.id ?? '')
    if (over.kind !== 'done') return reportFailure(over, subject, deps)
    await deps.store.endSilence(id, { at: now, by })
  }
  deps.events.silenceEnded({ kind, channel, by })
  return { kind: 'done' }
}

function reportFailure(
  { kind, explanation }: Exclude<Answer<unknown>, { kind: 'done' }>,
  { channel }: SilenceSubject,
  { events }: SilencingDeps,
): SilenceResult {
  events.silenceFailed(channel.name, explanation)
  return { kind, explanation }
}

async function announce(
  made: NewSilence,
  subject: SilenceSubject,
  { now, deps }: Context,
): Promise<void> {
  const { store, notifier, uuid, settings, wake } = deps
  const { channel } = subject
  const notices = silenceNotices(
    made,
    { channel, what: nameOf(subject) },
    { settings: settings(), notifier, uuid, now },
  )
  await store.enqueue(notices, now)
  wake(notices.map(({ queue }) => queue))
}

/** The alert's name and target, on one line. */
export function nameOf({ alert }: Pick<SilenceSubject, 'alert'>): string {
  const { alarm_name: name, alarm_target: target } = alert.variables
  const parts = [name, target].filter((each) => each !== undefined && each !== '')
  return oneLine(parts.join(' · ')).slice(0, MAX_WHAT_LENGTH)
}

const MAX_WHAT_LENGTH = 200

/** Cleans an entered name for others to read: short, on one line, without invisible characters. */
export function nameFrom(written: string): string {
  // Invisible characters may precede the name, but cleaning a megabyte of them would take long.
  return oneLine(written.slice(0, 10 * MAX_NAME_LENGTH))
    .slice(0, MAX_NAME_LENGTH)
    .trim()
}
