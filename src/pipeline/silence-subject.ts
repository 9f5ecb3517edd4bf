import { randomBytes } from 'node:crypto'
import { readLink, signedLink } from '../decisions/silence-link.ts'
import { type ScopeOption, scopesOf } from '../decisions/silence-scopes.ts'
import type { Alert } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import {
  type Alertmanager,
  alertmanagersFor,
  type Channel,
  type Settings,
} from '../model/settings.ts'
import type { SilenceKind } from '../model/silence.ts'
import type { StoredAlert } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import { levelIn } from './destinations.ts'
import { readStored, type StoredAlertsDeps } from './stored-alerts.ts'

/** The stored alert behind a silence link, and what a person can do about it. */
export interface SilenceSubject {
  /** `silence` in Alertmanager; `mute` in the receiver, for alerts of other senders. */
  kind: SilenceKind
  id: string
  channel: Channel
  alert: Alert
  level: Level
  /** Members of the Alertmanager cluster that sent the alert; empty for a mute. */
  members: readonly Alertmanager[]
  /** The choices for a silence; empty for a mute, which covers only this alert. */
  options: readonly ScopeOption[]
}

export type FoundSubject = SilenceSubject | { kind: 'expired' | 'wrong' | 'gone' }

export type SilenceLinkOf = (alert: Alert, id: number) => string | undefined

export interface SilenceLinks {
  /** Returns a function that creates an alert's silence link; undefined for an alert that cannot be silenced here. */
  linksAt(now: Date): Promise<SilenceLinkOf>
  find(link: string, now: Date): Promise<FoundSubject>
  /** Reads a stored alert again and finds the page on which it can be silenced. */
  describe(row: StoredAlert, now: Date): Promise<DescribedAlert>
}

/** A stored alert, read again from its payload. */
export interface DescribedAlert {
  alert: Alert
  /** The page on which a firing alert can be silenced or muted; undefined if it cannot be. */
  silence: { kind: SilenceKind; path: string } | undefined
}

export interface SilenceLinksDeps {
  store: Pick<Store, 'alerts' | 'signingKey' | 'payloads'>
  settings: () => Settings
  stored: (settings: Settings) => StoredAlertsDeps
}

/**
 * Creates and reads silence links. Any process with the same store can read a link of another, even after a restart.
 */
export function createSilenceLinks({ store, settings, stored }: SilenceLinksDeps): SilenceLinks {
  let key: string | undefined
  const signingKey = async (): Promise<string> => {
    key ??= await store.signingKey('silence', randomBytes(32).toString('base64url'))
    return key
  }
  /** `kind` is undefined if the alert cannot be silenced here, or its payload can no longer be read. */
  const read = async (row: StoredAlert, current: Settings) => {
    const { alert } = (await readStored([row], stored(current)))(row)
    const kind = alert.fingerprint === row.fingerprint ? kindFor(alert, current) : undefined
    return { alert, kind, channel: current.channels.get(row.channel) }
  }
  return {
    async linksAt(now) {
      const { externalUrl } = settings()
      if (externalUrl === undefined) return () => undefined
      const secret = await signingKey()
      return (alert, id) =>
        kindFor(alert, settings()) === undefined || alert.status === 'resolved'
          ? undefined
          : `${externalUrl}${pathOf(signedLink(id, now, secret))}`
    },
    async describe(row, now) {
      const { alert, kind, channel } = await read(row, settings())
      if (kind === undefined || channel === undefined || alert.status !== 'firing')
        return { alert, silence: undefined }
      const path = pathOf(signedLink(Number(row.id), now, await signingKey()))
      return { alert, silence: { kind, path } }
    },
    async find(link, now) {
      const opened = readLink(link, now, await signingKey())
      if (opened.kind !== 'good') return { kind: opened.kind }
      const { items } = await store.alerts({ limit: 1, before: String(Number(opened.alert) + 1) })
      const [row] = items
      if (row?.id !== opened.alert) return { kind: 'gone' }
      const current = settings()
      const { alert, kind, channel } = await read(row, current)
      if (kind === undefined || channel === undefined) return { kind: 'gone' }
      const { variables, labels = {} } = alert
      return {
        ...{ kind, id: row.id, channel, alert, level: levelIn(alert, channel) },
        members: kind === 'mute' ? [] : membersFor(alert, current),
        options: kind === 'mute' ? [] : scopesOf(labels, variables['alarm_group_by']),
      }
    },
  }
}

function pathOf(link: string): string {
  return `/silence/${link}`
}

/** Undefined for an Alertmanager that is not configured; its own form is used instead. */
function kindFor(alert: Alert, settings: Settings): SilenceKind | undefined {
  if (alert.source !== 'alertmanager') return 'mute'
  return membersFor(alert, settings).length > 0 ? 'silence' : undefined
}

function membersFor({ variables }: Alert, settings: Settings): Alertmanager[] {
  return alertmanagersFor(variables['external_url'], settings)
}
