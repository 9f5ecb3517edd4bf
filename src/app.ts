import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { SteadyClock } from './clock.ts'
import type { Loaded } from './config/load.ts'
import { assertRestartOnlyUnchanged } from './config/restart-only.ts'
import { singleFlight } from './config/single-flight.ts'
import { watchFiles } from './config/watch.ts'
import { createConsole } from './console/console.ts'
import { localIsAdmin, securityWarnings } from './decisions/security-warnings.ts'
import { AppError, messageOf } from './errors.ts'
import { createEvents } from './events.ts'
import { createGiveWay } from './give-way.ts'
import { type AccessControl, createAccessControl } from './http/access-control.ts'
import { listen, renewTls } from './http/listener.ts'
import { createLoginThrottle } from './http/login-throttle.ts'
import { forgetAddress, noteAddress } from './http/own-address.ts'
import { LargeReads } from './large-reads.ts'
import type { Log } from './log.ts'
import { createMetrics, primeMetrics } from './metrics.ts'
import { formerKeysOf, type Settings } from './model/settings.ts'
import type { Variables } from './model/variables.ts'
import { createDingtalk } from './notifiers/dingtalk/index.ts'
import { openOrAwait } from './open-store.ts'
import { accept, type Inbound } from './pipeline/accept.ts'
import { correctClockSteps } from './pipeline/clock-sync.ts'
import { Dispatchers } from './pipeline/dispatchers.ts'
import { pruneRegularly } from './pipeline/janitor.ts'
import { Loop } from './pipeline/loop.ts'
import { createReplica } from './pipeline/replica.ts'
import { storedVariables } from './pipeline/stored-alerts.ts'
import { robotTest, testMessages } from './pipeline/test-message.ts'
import { type Prepared, prepare, refuse } from './reload.ts'
import { createRenderer } from './rendering/renderer.ts'
import { ChangeFeed, notifyOnEvent } from './reporting/change-feed.ts'
import { HistoryCache } from './reporting/history.ts'
import { statusJson } from './reporting/json.ts'
import { createOverview } from './reporting/overview.ts'
import { type PreviewRequest, preview, variablesIn } from './reporting/preview.ts'
import { playDemo, sandboxChannels } from './reporting/sandbox-demo.ts'
import { readStatus, setGauges } from './reporting/status.ts'
import { outcomesAfter } from './reporting/test-outcome.ts'
import { SandboxGroup } from './sandbox/group.ts'
import { sources } from './sources/index.ts'
import { RECOMMENDED_BODY } from './sources/ocp/recommended.ts'
import type { StoredAlert } from './stores/queries.ts'
import { VERSION } from './version.ts'

/** Attempts under way at a stop may end; after this they are cut off. Their messages go out again at the next start. */
const STOP_WITHIN_MS = 20_000

const RETRY_MS = 1_000

export interface AppOptions {
  /** Reads the configuration; called at start and at each reload. */
  load: () => Loaded
  clock: SteadyClock
  log: Log
  /** The store in a thread of its own, so that a slow disk never stalls the process. */
  thread: boolean
  /** Called when a part has ended for good, so that only a new process can go on. */
  failed: (part: 'store' | 'server', why: string) => void
}

export interface App {
  url: string
  loaded: () => Loaded
  reload: () => Promise<void>
  /** Turns unready, answers what is under way, lets the posts in flight end, closes the store. */
  stop: (signal: string) => Promise<void>
}

/** Builds every part in order and starts it; a failure stops what was started. */
export async function startApp(options: AppOptions): Promise<App> {
  const { clock, log } = options
  const startedAt = clock.now()
  const metrics = createMetrics({ version: VERSION, node: process.version })
  const changes = new ChangeFeed(clock)
  const events = notifyOnEvent(createEvents(log, metrics), () => changes.notify())
  const slowdown = createLoginThrottle(clock)
  const guardOf = (settings: Settings): AccessControl => createAccessControl(settings, slowdown)
  const giveWay = createGiveWay(clock)
  const reads = new LargeReads()
  const current = prepare(options.load())
  const guard = guardOf(current.loaded.settings)
  const state = { ...current, guard, open: true, ready: false }

  const stopping = new AbortController()
  const [{ store, isOpen, opened }, { createHttpServer }] = await Promise.all([
    openOrAwait(state.loaded.settings.store, { ...options, events, signal: stopping.signal }),
    // Express takes as long to load as the store's thread to start: they do it at the same time.
    import('./http/server.ts'),
  ])
  const sandbox = new SandboxGroup()
  const notifier = createDingtalk({
    clock,
    sandbox: (robot, request, now) => sandbox.receive(robot, request, now),
  })
  const settings = (): Settings => state.loaded.settings

  const replica = createReplica({
    store,
    clock,
    events,
    robots: () => robots.names(),
    woken: (queues) => {
      changes.notify()
      robots.wake(queues)
    },
  })
  const robots = new Dispatchers({
    store,
    sources,
    notifier,
    clock,
    settings,
    renderer: () => state.renderer,
    events,
    owner: replica.owner,
    nextPassAt: replica.nextPassAt,
    uuid: randomUUID,
    random: Math.random,
    // Their own, so that a flood of large bodies does not delay messages.
    giveWay: createGiveWay(clock),
    reads,
  })
  const wake = (queues: readonly string[]): void => robots.wake(queues)
  const janitor = new Loop({
    pass: () => pruneRegularly({ store, clock, settings, events, shared: !replica.alone }),
    clock,
    failed: (error) => events.storeFailed('prune', messageOf(error)),
  })
  const timekeeper = new Loop({
    pass: () => correctClockSteps({ clock, store, events }),
    clock,
    failed: (error) => events.storeFailed('shift', messageOf(error)),
  })

  const announce = (): void => {
    const { loaded } = state
    const { robots: named, channels } = loaded.settings
    primeMetrics(metrics, { robots: named.keys(), channels: channels.keys() })
    events.configLoaded(clock.now(), {
      file: loaded.file,
      robots: named.size,
      channels: channels.size,
    })
    for (const warning of state.warnings) events.configWarned(warning)
    for (const { kind, words } of securityWarnings(loaded.settings, clock.now()))
      events.exposed(kind, words)
    if (localIsAdmin(loaded.settings.access)) events.adminIsLocal()
  }

  /** A faulty configuration is refused whole; the one in force goes on. */
  const reload = singleFlight(async () => {
    let next: Prepared
    try {
      await giveWay()
      next = prepare(options.load())
      assertRestartOnlyUnchanged(state.loaded.settings, next.loaded.settings)
      refuse(await next.renderer.failures(giveWay))
      if (!state.open) throw new AppError('shutting_down', 'shutting down; nothing was reloaded')
    } catch (error) {
      const faults = error instanceof AppError ? error.faults : []
      events.configRefused(faults.length > 0 ? faults : [messageOf(error)])
      throw error
    }
    Object.assign(state, next, { guard: guardOf(next.loaded.settings) })
    renewTls(server, settings().access.tls)
    announce()
    if (state.ready) await robots.reconcile()
  })
  /** A template that fails in some situation is a warning: a built-in one tells those alerts. */
  const checkTemplates = async (): Promise<void> => {
    const { renderer } = state
    const failures = await renderer.failures(giveWay)
    if (failures.length === 0 || state.renderer !== renderer) return
    state.warnings = [...state.warnings, ...failures]
    for (const failure of failures) events.configWarned(failure)
  }

  const standing = () => readStatus(store, settings(), clock.now())
  const warnings = (): string[] => [
    ...securityWarnings(settings(), clock.now()).map(({ words }) => words),
    ...state.warnings,
  ]
  const status = async () =>
    statusJson(await standing(), {
      version: VERSION,
      startedAt,
      replica,
      warnings: warnings(),
    })
  const variablesOf = (alerts: readonly StoredAlert[]): Promise<Variables[]> => {
    const { timezone } = settings()
    return storedVariables(alerts, { store, sources, timezone, giveWay, reads })
  }
  const accepted = (inbound: Inbound) =>
    accept(inbound, { store, sources, clock, settings, wake, events, giveWay })
  const previewed = (request: Omit<PreviewRequest, 'now'>) =>
    preview(
      { ...request, now: clock.now() },
      {
        settings: settings(),
        sources,
        notifier,
        rendererFor: (channel) => createRenderer(settings(), [channel]),
        giveWay,
      },
    )
  const pages = createConsole({
    folder: fileURLToPath(new URL('../templates/console/', import.meta.url)),
    facts: {
      store,
      glance: createOverview({ store, settings, clock, pastHour: new HistoryCache(store) }),
      variablesOf,
      sandbox: (limit) => sandbox.shown(limit),
      sandboxChannels: () => sandboxChannels(settings()),
      preview: async (request) => {
        const messages = await previewed(request)
        const asked = { ...request, now: clock.now() }
        const variables = await variablesIn(asked, { settings: settings(), sources, giveWay })
        return { messages, variables }
      },
      giveWay,
      warnings,
      settings,
      now: () => clock.now(),
      version: VERSION,
      ocpBody: RECOMMENDED_BODY,
      url: () => url,
    },
  })
  const server = createHttpServer(
    {
      guard: () => state.guard,
      signInPage: pages.signIn,
      accept: accepted,
      events,
      clock,
      reads,
      open: () => state.open,
      ready: () => state.ready,
      reload,
      store,
      status,
      variablesOf,
      sandbox: () => sandbox.shown().map((each) => ({ ...each, at: each.at.toISOString() })),
      preview: (request) =>
        previewed({ ...request, channel: request.channel ?? firstChannel(settings()) }),
      test: async (channel) => {
        const messages = testMessages(channel, { settings: settings(), notifier, uuid: randomUUID })
        const ids = await store.enqueue(messages, clock.now())
        wake(messages.map((message) => message.queue))
        return ids
      },
      testRobot: async (name) => {
        const deps = { settings: settings(), notifier, uuid: randomUUID }
        const message = robotTest(name, deps)
        const ids = await store.enqueue([message], clock.now())
        wake([message.queue])
        return ids
      },
      outcomes: (ids, waitMs) =>
        outcomesAfter(ids, { store, clock, waitMs, signal: stopping.signal }),
      resend: async (id) => wake([(await store.resend(id, clock.now())).queue]),
      metrics: async () => {
        // Without its store the receiver has all the more to tell; gauges then stay as they were.
        if (state.ready)
          await standing().then(
            (now) => setGauges(now, metrics),
            (error) => events.storeFailed('standing', messageOf(error)),
          )
        return { contentType: metrics.registry.contentType, text: await metrics.registry.metrics() }
      },
      page: pages.page,
      failed: pages.failed,
      asset: pages.asset,
      changes,
      rehearse: (what) =>
        playDemo(what, {
          accept: accepted,
          store,
          settings,
          clock,
          throttle: (robot, until) => sandbox.throttle(robot, until),
          random: Math.random,
        }),
      unforeseen: (path, error) => log.error('request.failed', { path, why: messageOf(error) }),
    },
    { tls: settings().access.tls },
  )

  const stop = async (signal: string): Promise<void> => {
    events.stopping(signal)
    state.open = false
    state.ready = false
    stopping.abort()
    // Streams never end by themselves.
    changes.close()
    const late = new AbortController()
    const ended = Promise.all([robots, janitor, timekeeper].map((each) => each.stop())).then(
      replica.handOver,
    )
    const atMost = clock.sleep(STOP_WITHIN_MS, late.signal)
    // While posts in flight end, senders and probes are still told to come again.
    await Promise.race([ended, atMost])
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    await Promise.race([Promise.all([ended, closed]), atMost])
    server.closeAllConnections()
    await notifier.close()
    await Promise.race([ended, clock.sleep(1_000, late.signal)])
    late.abort()
    forgetAddress(settings())
    await store.close()
    events.stopped()
  }

  /** Works what waits in the store, which is open. */
  const work = async (): Promise<void> => {
    await store.adopt(formerKeysOf(settings()))
    await robots.reconcile()
    janitor.start()
    timekeeper.start()
    replica.start()
    state.ready = true
  }
  const workWhenOpen = async (): Promise<void> => {
    if (!(await opened)) return
    events.storeArrived()
    while (!stopping.signal.aborted)
      try {
        events.recovered(await store.recover(clock.now()))
        return await work()
      } catch (error) {
        // It went away again.
        events.storeFailed('recover', messageOf(error))
        await clock.sleep(RETRY_MS, stopping.signal)
      }
  }

  let url = ''
  try {
    announce()
    if (isOpen) events.recovered(await store.recover(clock.now()))
    url = await listen(server, settings())
    server.on('error', (error) => {
      if (server.listening) events.listenerFailed(messageOf(error))
      else options.failed('server', messageOf(error))
    })
    if (isOpen) await work()
    else workWhenOpen().catch((error) => options.failed('store', messageOf(error)))
    void checkTemplates().catch((error) => log.error('rehearsal.failed', { why: messageOf(error) }))
    void watchFiles({
      files: () => [
        ...(state.loaded.file === undefined ? [] : [state.loaded.file]),
        ...state.loaded.secretFiles,
      ],
      clock,
      signal: stopping.signal,
      onChange: () => reload().catch(() => undefined),
    })
  } catch (error) {
    stopping.abort()
    await store.close()
    await notifier.close()
    throw error
  }
  noteAddress(settings(), url)
  events.listening(url)
  // After the start, but before an upgrade in place could take its files away.
  if ([...settings().robots.values()].some(({ target }) => target.kind === 'webhook'))
    void notifier.warm().catch(() => undefined)
  return { url, loaded: () => state.loaded, reload, stop }
}

function firstChannel(settings: Settings): string {
  return [...settings.channels.keys()][0] as string
}
