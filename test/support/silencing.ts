import type { Answer, SilenceApi, WantedSilence } from '../../src/alertmanagers/silence-api.ts'
import { buildSilencing } from '../../src/build-silencing.ts'
import type { Clock } from '../../src/clock.ts'
import { createEvents } from '../../src/events.ts'
import { LargeReads } from '../../src/large-reads.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { SourceName } from '../../src/model/alert.ts'
import type { Alertmanager, Settings } from '../../src/model/settings.ts'
import { createDingtalk } from '../../src/notifiers/dingtalk/index.ts'
import { accept } from '../../src/pipeline/accept.ts'
import { sources } from '../../src/sources/index.ts'
import type { Store } from '../../src/stores/store.ts'

/** The silences of a cluster that answers as its test wants. */
export class FakeAlertmanager implements SilenceApi {
  readonly made: WantedSilence[] = []
  readonly expired: string[] = []
  /** The address of the cluster that each call went to. */
  readonly askedAt: string[] = []
  fails: Exclude<Answer<never>, { kind: 'done' }> | undefined

  async create(members: readonly Alertmanager[], silence: WantedSilence): Promise<Answer<string>> {
    this.askedAt.push(members[0]?.externalUrl ?? '')
    if (this.fails !== undefined) return this.fails
    this.made.push(silence)
    return { kind: 'done', value: `am-${this.made.length}` }
  }

  async expire(members: readonly Alertmanager[], id: string): Promise<Answer<undefined>> {
    this.askedAt.push(members[0]?.externalUrl ?? '')
    if (this.fails !== undefined) return this.fails
    this.expired.push(id)
    return { kind: 'done', value: undefined }
  }
}

/** Accepting, muting and silencing on a store, as one process does it. */
export async function silencingOn(
  store: Store,
  { settings, clock, isShared = false }: { settings: Settings; clock: Clock; isShared?: boolean },
) {
  const logged: string[] = []
  const write = (name: string): void => void logged.push(name)
  const events = createEvents(
    { debug: write, info: write, warn: write, error: write },
    createMetrics({ version: '1', node: 'v' }),
  )
  const api = new FakeAlertmanager()
  const notifier = createDingtalk({ clock, sandbox: () => assert() })
  const parts = buildSilencing({
    ...{ store, clock, events, notifier, api },
    settings: () => settings,
    stored: ({ timezone }) => ({
      ...{ store, sources, timezone, reads: new LargeReads() },
    }),
    uuid: () => `uuid-${logged.length}`,
    wake: () => undefined,
    isShared: () => isShared,
  })
  await parts.mutes.refresh()
  return {
    ...parts,
    api,
    logged,
    /** Accepts a body; gives the reasons of what is suppressed. */
    async post(source: SourceName, body: object, channel = 'ops'): Promise<string[]> {
      const reasons: string[] = []
      await accept(
        { source, channel, body: JSON.stringify(body) },
        {
          store,
          sources,
          clock,
          settings: () => settings,
          wake: () => undefined,
          mutes: parts.mutes,
          events: {
            ...events,
            alertsSuppressed: (_channel, reason) => void reasons.push(reason),
          },
        },
      )
      return reasons
    },
    /** The link of the newest alert, of the first cluster unless named. */
    async link(externalUrl = settings.alertmanagers[0]?.externalUrl ?? ''): Promise<string> {
      const [row] = (await store.alerts({ limit: 1 })).items
      const linkOf = await parts.links.linksAt(clock.now())
      const url = linkOf(
        {
          source: row?.source ?? 'ocp',
          status: 'firing',
          fingerprint: '',
          variables: { external_url: externalUrl },
          ...{ name: '', cluster: '', levelWord: '', startsAt: undefined, endsAt: undefined },
        },
        Number(row?.id),
      )
      return new URL(url ?? 'http://none').pathname
    },
  }
}

function assert(): never {
  throw new Error('nothing is sent')
}
