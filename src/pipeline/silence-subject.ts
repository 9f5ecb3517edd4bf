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
import type { Store } from '../stores/store.ts'
import { levelIn } from './destinations.ts'
import { readStored, type StoredAlertsDeps } from './stored-alerts.ts'

/** The stored alert that a link is about, and what can be done about it. */
export interface SilenceSubject {
  /** In Alertmanager, or, for alerts that did not come from one, here. */
  kind: SilenceKind
  id: string
  channel: Channel
  alert: Alert
  level: Level
  /** Members of the cluster that sent it; empty for a mute. */
  members: readonly Alertmanager[]
  /** What may be silenced; a mute is of the alert alone. */
  options: readonly ScopeOption[]
}

export type FoundSubject = SilenceSubject | { kind: 'expired' | 'wrong' | 'gone' }

export type SilenceLinkOf = (alert: Alert, id: number) => string | undefined

export interface SilenceLinks {
  /** Gives the address under which an alert can be silenced, where it can be. */
  linksAt(now: Date): Promise<SilenceLinkOf>
  find(link: string, now: Date): Promise<FoundSubject>
}

export interface SilenceLinksDeps {
  store: Pick<Store, 'alerts' | 'signingKey' | 'payloads'>
  settings: () => Settings
  stored: (settings: Settings) => StoredAlertsDeps
}

/** Links that any process with the same store signed can be opened by any other, also after a restart. */
export function createSilenceLinks({ store, settings, stored }: SilenceLinksDeps): SilenceLinks {
  let key: string | undefined
  const keyed = async (): Promise<string> => {
    key ??= await store.signingKey('silence', randomBytes(32).toString('base64url'))
    return key
  }
  return {
    async linksAt(now) {
      const { externalUrl } = settings()
      if (externalUrl === undefined) return () => undefined
      const signingKey = await keyed()
      return (alert, id) =>
        kindFor(alert, settings()) === undefined || alert.status === 'resolved'
          ? undefined
          : `${externalUrl}/silence/${signedLink(id, now, signingKey)}`
    },
    async find(link, now) {
      const read = readLink(link, now, await keyed())
      if (read.kind !== 'good') return { kind: read.kind }
      const { items } = await store.alerts({ limit: 1, before: String(Number(read.alert) + 1) })
      const [row] = items
      const current = settings()
      const channel = current.channels.get(row?.channel ?? '')
      if (row === undefined || row.id !== read.alert || channel === undefined)
        return { kind: 'gone' }
      const alert = (await readStored([row], stored(current)))(row).alert
      const kind = alert.fingerprint === row.fingerprint ? kindFor(alert, current) : undefined
      if (kind === undefined) return { kind: 'gone' }
      const { variables, labels = {} } = alert
      return {
        ...{ kind, id: row.id, channel, alert, level: levelIn(alert, channel) },
        members: kind === 'mute' ? [] : membersFor(alert, current),
        options: kind === 'mute' ? [] : scopesOf(labels, variables['alarm_group_by']),
      }
    },
  }
}

/** Undefined: of an Alertmanager that is not listed, whose own form takes it. */
function kindFor(alert: Alert, settings: Settings): SilenceKind | undefined {
  if (alert.source !== 'alertmanager') return 'mute'
  return membersFor(alert, settings).length > 0 ? 'silence' : undefined
}

function membersFor({ variables }: Alert, settings: Settings): Alertmanager[] {
  return alertmanagersFor(variables['external_url'], settings)
}
