import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Clock } from './clock.ts'
import type { Loaded } from './config/load.ts'
import { watchFiles } from './config/watch.ts'
import { createConsole } from './console/console.ts'
import { reasonToSuppress } from './decisions/aggregate.ts'
import { AppError, messageOf } from './errors.ts'
import { createEvents } from './events.ts'
import { createHttpServer } from './http/server.ts'
import type { Log } from './log.ts'
import { createMetrics, primeMetrics } from './metrics.ts'
import { queuesOf, type Settings } from './model/settings.ts'
import type { Variables } from './model/variables.ts'
import { createDingtalk } from './notifiers/dingtalk/index.ts'
import { accept } from './pipeline/accept.ts'
import { type DispatchDeps, pass } from './pipeline/dispatch.ts'
import { tidy } from './pipeline/janitor.ts'
import { keepLeases, lookAgainAt } from './pipeline/leases.ts'
import { Loop } from './pipeline/loop.ts'
import { preview } from './pipeline/preview.ts'
import { readPayload } from './pipeline/reread.ts'
import { statusJson } from './pipeline/shape.ts'
import { measure, standingNow } from './pipeline/standing.ts'
import { testMessages } from './pipeline/test-message.ts'
import { createRenderer, type Renderer } from './rendering/render.ts'
import { SandboxGroup } from './sandbox/group.ts'
import { sources } from './sources/index.ts'
import { openStore } from './stores/index.ts'
import type { StoredAlert, StoredPayload } from './stores/store.ts'
import { VERSION } from './version.ts'

/** Attempts under way at a stop may end; after this they are cut off. Their messages go out again at the next start. */
const STOP_WITHIN_MS = 20_000

export interface AppOptions {
  /** Reads the configuration; called at start and at each reload. */
  load: () => Loaded
  clock: Clock
  log: Log
  /** The store in a thread of its own, so that a slow disk never stalls the process. */
  thread: boolean
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
  const events = createEvents(log, metrics)
  const current = prepare(options.load())
  const state = { ...current, open: true, ready: false }

  const store = await openStore(state.loaded.settings.store, {
    reasonToSuppress,
    thread: options.thread,
    clock,
    notice: (notice) => events.storeNoticed(notice),
  })
  const sandbox = new SandboxGroup()
  const notifier = createDingtalk({
    clock,
    sandbox: (robot, request, now) => sandbox.receive(robot, request, now),
  })
  const settings = (): Settings => state.loaded.settings

  const dispatch: DispatchDeps = {
    store,
    sources,
    notifier,
    clock,
    settings,
    renderer: () => state.renderer,
    events,
    owner: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
    uuid: randomUUID,
    random: Math.random,
    wake: (queues) => wake(queues),
  }
  const loops = new Map<string, Loop>()
  const wake = (queues: readonly string[]): void => {
    for (const name of robotsOfQueues(queues, settings())) loops.get(name)?.wake()
  }
  const janitor = new Loop({
    pass: () => tidy({ store, clock, settings, events }),
    clock,
    failed: (error) => events.storeFailed('prune', messageOf(error)),
  })

  const { renew } = store
  const keeper =
    renew === undefined
      ? undefined
      : new Loop({
          pass: () =>
            keepLeases({
              store: { renew },
              clock,
              owner: dispatch.owner,
              robots: () => loops.keys(),
            }),
          clock,
          failed: (error) => events.storeFailed('renew', messageOf(error)),
        })
  store.onWake?.((queues) => {
    if (queues === 'all') for (const loop of loops.values()) loop.wake()
    else wake(queues)
  })
  const work = async (name: string): Promise<Date | undefined> => {
    const next = await pass(name, dispatch)
    return keeper === undefined ? next : lookAgainAt(next, clock.now())
  }

  /** One loop for each robot of the settings in force, none for others. */
  const runRobots = async (): Promise<void> => {
    const wanted = settings().robots
    const gone = [...loops].filter(([name]) => !wanted.has(name))
    for (const [name] of gone) loops.delete(name)
    await Promise.all(gone.map(([, loop]) => loop.stop()))
    const homes = [...settings().channels.values()].map((channel) => ({
      channel: channel.name,
      queues: queuesOf(channel),
    }))
    const { moved, dead } = await store.rehome(homes, clock.now())
    events.rehomed(moved, dead)
    for (const name of wanted.keys()) {
      if (loops.has(name)) continue
      const failed = (error: unknown): void => events.passFailed(name, messageOf(error))
      loops.set(name, new Loop({ pass: () => work(name), clock, failed }).start())
    }
    for (const loop of loops.values()) loop.wake()
  }

  const announce = (): void => {
    const { loaded } = state
    const { robots, channels } = loaded.settings
    primeMetrics(metrics, { robots: robots.keys(), channels: channels.keys() })
    events.configLoaded(clock.now(), {
      file: loaded.file,
      robots: robots.size,
      channels: channels.size,
    })
    for (const warning of [...loaded.warnings, ...state.warnings]) events.configWarned(warning)
  }

  /** A faulty configuration is refused whole; the one in force goes on. */
  const reload = async (): Promise<void> => {
    let next: Prepared
    try {
      next = prepare(options.load())
      mustKeep(state.loaded.settings, next.loaded.settings)
    } catch (error) {
      const faults = error instanceof AppError ? error.faults : []
      events.configRefused(faults.length > 0 ? faults : [messageOf(error)])
      throw error
    }
    Object.assign(state, next)
    announce()
    await runRobots()
  }

  const standing = () => standingNow(store, settings(), clock.now())
  const status = async () =>
    statusJson(await standing(), {
      version: VERSION,
      startedAt,
      replica: dispatch.owner,
      alone: keeper === undefined,
    })
  /** Reads each payload once, however many of the alerts come from it. */
  const variablesOf = (
    alerts: readonly StoredAlert[],
    payloads: ReadonlyMap<number, StoredPayload>,
  ): Variables[] => {
    const { timezone } = settings()
    const read = new Map(
      [...payloads].map(([number, payload]) => [
        number,
        readPayload(payload, { sources, timezone }),
      ]),
    )
    return alerts.map((each) => read.get(each.payload)?.alerts[each.position]?.variables ?? {})
  }
  const shown = () => sandbox.shown().map((each) => ({ ...each, at: each.at.toISOString() }))
  const pages = createConsole({
    folder: fileURLToPath(new URL('../templates/console/', import.meta.url)),
    language: () => settings().language,
    timezone: () => settings().timezone,
  })
  const server = createHttpServer({
    accept: (inbound) => accept(inbound, { store, sources, clock, settings, wake, events }),
    events,
    clock,
    open: () => state.open,
    ready: () => state.ready,
    reload,
    store,
    status,
    variablesOf,
    sandbox: shown,
    preview: (request) =>
      preview(
        { ...request, channel: request.channel ?? firstChannel(settings()), now: clock.now() },
        {
          settings: settings(),
          sources,
          notifier,
          rendererFor: (channel) => createRenderer(settings(), [channel]),
        },
      ),
    test: async (channel) => {
      const messages = testMessages(channel, { settings: settings(), notifier, uuid: randomUUID })
      const ids = await store.enqueue(messages, clock.now())
      wake(messages.map((message) => message.queue))
      return ids
    },
    resend: async (id) => wake([(await store.resend(id, clock.now())).queue]),
    metrics: async () => {
      // Without its store the receiver has all the more to tell; gauges then stay as they were.
      await standing().then(
        (now) => measure(now, metrics),
        (error) => events.storeFailed('standing', messageOf(error)),
      )
      return { contentType: metrics.registry.contentType, text: await metrics.registry.metrics() }
    },
    page: (path) => pages.page(path, { store, status, variablesOf, sandbox: shown, settings, url }),
    asset: (name) => pages.asset(name),
    unforeseen: (path, error) => log.error('request.failed', { path, why: messageOf(error) }),
  })

  const watching = new AbortController()
  /** Others may work the robots from now on. */
  const handOver = async (): Promise<void> => {
    await keeper?.stop()
    await store.release(dispatch.owner).catch((error) => {
      events.storeFailed('release', messageOf(error))
    })
  }
  const stop = async (signal: string): Promise<void> => {
    events.stopping(signal)
    state.open = false
    state.ready = false
    watching.abort()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    const late = new AbortController()
    const ended = Promise.all([...loops.values(), janitor].map((loop) => loop.stop())).then(
      handOver,
    )
    const atMost = clock.sleep(STOP_WITHIN_MS, late.signal)
    await Promise.race([Promise.all([ended, closed]), atMost])
    server.closeAllConnections()
    await notifier.close()
    await Promise.race([ended, clock.sleep(1_000, late.signal)])
    late.abort()
    await store.close()
    events.stopped()
  }

  let url = ''
  try {
    announce()
    events.recovered(await store.recover(clock.now()))
    url = await listen(server, settings().listen)
    await runRobots()
    janitor.start()
    keeper?.start()
    state.ready = true
    void watchFiles({
      files: () => [
        ...(state.loaded.file === undefined ? [] : [state.loaded.file]),
        ...state.loaded.secretFiles,
      ],
      clock,
      signal: watching.signal,
      onChange: () => reload().catch(() => undefined),
    })
  } catch (error) {
    await store.close()
    await notifier.close()
    throw error
  }
  events.listening(url)
  return { url, loaded: () => state.loaded, reload, stop }
}

interface Prepared {
  loaded: Loaded
  renderer: Renderer
  warnings: readonly string[]
}

/** Everything that can be wrong with a configuration, found before anything of it is in force. */
function prepare(loaded: Loaded): Prepared {
  const renderer = createRenderer(loaded.settings, loaded.settings.channels.values())
  const { faults, warnings } = renderer.check()
  if (faults.length > 0) throw new AppError('bad_configuration', faults[0] as string, { faults })
  return { loaded, renderer, warnings }
}

/** What only a restart can change. */
function mustKeep(old: Settings, next: Settings): void {
  const faults: string[] = []
  if (old.store.reveal() !== next.store.reveal())
    faults.push('store: cannot be changed while running; restart the receiver')
  if (old.listen.host !== next.listen.host || old.listen.port !== next.listen.port)
    faults.push('listen: cannot be changed while running; restart the receiver')
  if (faults.length > 0) throw new AppError('bad_configuration', faults.join('\n'), { faults })
}

function robotsOfQueues(queues: readonly string[], settings: Settings): Set<string> {
  const wanted = new Set(queues)
  const names = new Set<string>()
  for (const channel of settings.channels.values())
    for (const [index, queue] of queuesOf(channel).entries())
      if (wanted.has(queue))
        for (const name of channel.mode === 'pool'
          ? channel.robots
          : [channel.robots[index] as string])
          names.add(name)
  return names
}

function firstChannel(settings: Settings): string {
  return [...settings.channels.keys()][0] as string
}

async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new AppError(
          'cannot_listen',
          error.code === 'EADDRINUSE'
            ? `${host}:${port} is already in use; stop what listens there, or choose another address with --listen`
            : `cannot listen on ${host}:${port}: ${error.message}`,
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  const shown = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`
}
