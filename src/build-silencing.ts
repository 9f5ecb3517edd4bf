import { createSilenceApi } from './alertmanagers/client.ts'
import type { SilenceApi } from './alertmanagers/silence-api.ts'
import type { Clock } from './clock.ts'
import { parseMatchers, readMatchers } from './config/matchers.ts'
import type { Events } from './events.ts'
import type { Settings } from './model/settings.ts'
import type { Notifier } from './notifiers/notifier.ts'
import { type ChannelMutes, createChannelMutes } from './pipeline/channel-mutes.ts'
import { type Loop, storeLoop } from './pipeline/loop.ts'
import { Mutes } from './pipeline/mutes.ts'
import { createSilenceLinks, type SilenceLinks } from './pipeline/silence-subject.ts'
import { createSilencing, type Silencing } from './pipeline/silencing.ts'
import type { StoredAlertsDeps } from './pipeline/stored-alerts.ts'
import type { Store } from './stores/store.ts'

/** Changes of mutes by another process apply after this time at the latest. */
const REFRESH_EVERY_MS = 2_000

/** Silences, mutes and silence links of one store. */
export interface SilenceParts {
  mutes: Mutes
  links: SilenceLinks
  /** Reads matchers as a person types them. */
  readMatchers: typeof readMatchers
  /** The parts that the HTTP server uses. */
  routes: { silencing: Silencing } & ChannelMutes
  /** Refreshes the mutes that other processes change. */
  follower: Loop
}

export function buildSilencing(deps: {
  store: Store
  clock: Clock
  settings: () => Settings
  events: Events
  notifier: Pick<Notifier, 'compose'>
  stored: (settings: Settings) => StoredAlertsDeps
  uuid: () => string
  wake: (queues: readonly string[]) => void
  /** Whether other processes may change mutes. */
  isShared: () => boolean
  /** By default Alertmanager's API over HTTP. */
  api?: SilenceApi
}): SilenceParts {
  const { store, clock, settings, events, isShared } = deps
  const mutes = new Mutes({
    ...{ store, clock, isShared },
    parseMatchers: (texts) => texts.flatMap(parseMatchers),
  })
  const links = createSilenceLinks({ store, settings, stored: deps.stored })
  const silencing = createSilencing({
    ...deps,
    links,
    mutes,
    api: deps.api ?? createSilenceApi(),
  })
  const refresh = async (): Promise<Date | undefined> => {
    if (!isShared()) return undefined
    await mutes.refresh()
    return new Date(clock.now().getTime() + REFRESH_EVERY_MS)
  }
  const follower = storeLoop('mutes', refresh, deps)
  const routes = { silencing, ...createChannelMutes({ mutes, settings, clock, events }) }
  return { mutes, links, readMatchers, routes, follower }
}
