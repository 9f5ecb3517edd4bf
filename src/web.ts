import { fileURLToPath } from 'node:url'
import type { SteadyClock } from './clock.ts'
import { type ConsolePages, createConsole } from './console/console.ts'
import { messageOf } from './errors.ts'
import type { Events } from './events.ts'
import { createAccessControl } from './http/access-control.ts'
import { createBcrypt } from './http/bcrypt.ts'
import { createKnownUsers } from './http/known-users.ts'
import { createLoginThrottle } from './http/login-throttle.ts'
import type { ServerDeps } from './http/server.ts'
import type { LargeReads } from './large-reads.ts'
import type { Log } from './log.ts'
import { type Exposition, exposed, type Metrics } from './metrics.ts'
import type { Notifier } from './notifiers/notifier.ts'
import type { Receiver } from './receiver.ts'
import type { Configuration } from './reload.ts'
import { createRenderer } from './rendering/renderer.ts'
import { nearMissesIn } from './rendering/templates/check.ts'
import { MAX_SEARCH_MS, type SearchDeps } from './reporting/alert-search.ts'
import type { ChangeFeed } from './reporting/change-feed.ts'
import { HistoryCache } from './reporting/history.ts'
import { statusJson } from './reporting/json.ts'
import { onCallJson, readOnCall } from './reporting/oncall.ts'
import { createOverview } from './reporting/overview.ts'
import { type PreviewDeps, type PreviewRequest, preview, variablesIn } from './reporting/preview.ts'
import { playDemo, sandboxChannels } from './reporting/sandbox-demo.ts'
import { pausesOf, readStatus, setGauges } from './reporting/status.ts'
import { outcomesAfter } from './reporting/test-outcome.ts'
import type { SandboxGroup } from './sandbox/group.ts'
import { sources } from './sources/index.ts'
import { RECOMMENDED_BODY } from './sources/parsing/ocp/recommended.ts'
import type { Store } from './stores/store.ts'
import { VERSION } from './version.ts'

/** The parts that the HTTP routes and the console use. */
export interface WebParts {
  configuration: Configuration
  receiver: Receiver
  store: Store
  notifier: Notifier
  sandbox: SandboxGroup
  changes: ChangeFeed
  clock: SteadyClock
  events: Events
  log: Log
  metrics: Metrics
  reads: LargeReads
  startedAt: Date
  /** `open`: requests are accepted; `ready`: the store is open and its robots are working. */
  life: { open: boolean; ready: boolean }
  stopping: AbortSignal
  reload: () => Promise<void>
  /** The address on which the server listens. */
  url: () => string
}

/** Builds the dependencies of the HTTP server. */
export function serverDeps(parts: WebParts): ServerDeps {
  const { configuration, receiver, store, sandbox, changes, clock, events, life } = parts
  const { settings } = configuration
  const { signIn, page, errorPage, asset, silence } = consoleOf(parts)
  return {
    ...{ store, sources, settings, events, clock, changes, page, errorPage, asset },
    reads: parts.reads,
    search: searchOf(parts, MAX_SEARCH_MS.program),
    guard: accessControlOf(parts),
    signInPage: signIn,
    silencePage: silence,
    ...receiver.silences.routes,
    onCall: (at = clock.now()) => onCallJson(readOnCall(settings(), at), at),
    open: () => life.open,
    ready: () => life.ready,
    reload: parts.reload,
    accept: receiver.accept,
    variablesOf: receiver.variablesOf,
    actions: receiver.actions,
    test: receiver.sendTest,
    testRobot: receiver.sendRobotTest,
    outcomes: (ids, waitMs) =>
      outcomesAfter(ids, {
        ...{ store, clock, waitMs, signal: parts.stopping },
        pauses: async () => pausesOf(await readStatus(store, settings(), clock.now())),
      }),
    status: async () =>
      statusJson(await readStatus(store, settings(), clock.now()), {
        version: VERSION,
        startedAt: parts.startedAt,
        replica: receiver.replica,
        warnings: configuration.warnings(),
        mutes: await receiver.silences.mutes.list(),
      }),
    sandbox: () => sandbox.shown().map((each) => ({ ...each, at: each.at.toISOString() })),
    preview: (request) => {
      const channel = request.channel ?? ([...settings().channels.keys()][0] as string)
      return previewed({ ...request, channel }, parts)
    },
    playDemo: (what) =>
      playDemo(what, {
        ...{ store, settings, clock },
        accept: receiver.accept,
        throttle: (robot, until) => sandbox.throttle(robot, until),
        random: Math.random,
      }),
    metrics: (openMetrics) => metricsText(parts, openMetrics),
    unexpectedError: (path, error) =>
      parts.log.error('request.failed', { path, why: messageOf(error) }),
  }
}

function searchOf({ receiver, store, clock }: WebParts, maxSearchMs: number): SearchDeps {
  const { variablesOf, silences } = receiver
  const now = (): Date => clock.now()
  return { store, variablesOf, readMatchers: silences.readMatchers, now, maxSearchMs }
}

function consoleOf(parts: WebParts): ConsolePages {
  const { configuration, receiver, store, sandbox, clock } = parts
  const { settings, warnings } = configuration
  return createConsole({
    folder: fileURLToPath(new URL('../templates/console/', import.meta.url)),
    facts: {
      ...searchOf(parts, MAX_SEARCH_MS.page),
      ...{ store, settings, warnings, refused: configuration.refused },
      overview: createOverview({
        ...{ store, settings, clock, actedAt: receiver.actions.lastAt },
        past: new HistoryCache({ store, actedAt: receiver.actions.lastAt }),
      }),
      aboutAlert: (row) => receiver.silences.links.describe(row, clock.now()),
      sandbox: (limit) => sandbox.shown(limit),
      sandboxChannels: () => sandboxChannels(settings()),
      preview: async (request) => ({
        messages: await previewed(request, parts),
        variables: await variablesIn({ ...request, now: clock.now() }, previewDeps(parts)),
        nearMisses: nearMissesIn(
          request.template ?? '',
          settings().channels.get(request.channel) ?? { variables: new Map() },
        ),
      }),
      version: VERSION,
      ocpBody: RECOMMENDED_BODY,
      url: parts.url,
    },
  })
}

function previewed(request: Omit<PreviewRequest, 'now'>, parts: WebParts) {
  return preview({ ...request, now: parts.clock.now() }, previewDeps(parts))
}

function previewDeps({ configuration, notifier }: WebParts): PreviewDeps {
  const settings = configuration.settings()
  const rendererFor: PreviewDeps['rendererFor'] = (channel) => createRenderer(settings, [channel])
  const { templateFaults } = configuration
  return { settings, sources, notifier, rendererFor, templateFaults }
}

/** Access control for the current settings, built once per settings object. */
function accessControlOf({ configuration, clock }: WebParts): ServerDeps['guard'] {
  const deps = {
    throttle: createLoginThrottle(clock),
    knownUsers: createKnownUsers({ clock, compare: createBcrypt() }),
  }
  let settings = configuration.settings()
  let control = createAccessControl(settings, deps)
  return () => {
    if (settings !== configuration.settings()) {
      settings = configuration.settings()
      control = createAccessControl(settings, deps)
    }
    return control
  }
}

/** While the store cannot be read, gauges keep their last values, because the other metrics are needed most then. */
async function metricsText(parts: WebParts, openMetrics: boolean): Promise<Exposition> {
  const { configuration, receiver, store, clock, events, metrics, life } = parts
  if (life.ready)
    await readStatus(store, configuration.settings(), clock.now()).then(
      (status) => {
        setGauges(status, receiver.silences.mutes, metrics)
        events.storeWorks('status', clock.now())
      },
      (error) => events.storeFailed('status', messageOf(error), clock.now()),
    )
  return exposed(metrics, openMetrics)
}
