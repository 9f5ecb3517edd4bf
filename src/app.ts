import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { SteadyClock } from './clock.ts'
import type { Loaded } from './config/load.ts'
import { singleFlight } from './config/single-flight.ts'
import { watchFiles } from './config/watch.ts'
import { messageOf } from './errors.ts'
import { createEvents } from './events.ts'
import { listen, renewTls } from './http/listener.ts'
import { forgetAddress, noteAddress } from './http/own-address.ts'
import { LargeReads } from './large-reads.ts'
import type { Log } from './log.ts'
import { createMetrics } from './metrics.ts'
import { formerKeysOf } from './model/settings.ts'
import { createDingtalk } from './notifiers/dingtalk/index.ts'
import { openOrAwait } from './open-store.ts'
import { createConfiguration } from './reload.ts'
import { ChangeFeed, notifyOnEvent } from './reporting/change-feed.ts'
import { SandboxGroup } from './sandbox/group.ts'
import { VERSION } from './version.ts'
import type { WebParts } from './web.ts'

/**
 * When the receiver stops, attempts in flight get this time, then they are aborted. Their messages are sent again after
 * the next start.
 */
const STOP_WITHIN_MS = 20_000

const RETRY_MS = 1_000

export interface AppOptions {
  /** Reads the configuration; called at start and at each reload. */
  load: () => Loaded
  clock: SteadyClock
  log: Log
  /** Called when a part has failed permanently and only a new process can continue. */
  onFailure: (part: 'store' | 'server', why: string) => void
}

export interface App {
  url: string
  loaded: () => Loaded
  reload: () => Promise<void>
  /** Reports itself as not ready, answers requests in progress, lets posts in flight end, then closes the store. */
  stop: (signal: string) => Promise<void>
}

/** Builds and starts every part in order. If one fails, those already started are stopped. */
export async function startApp(options: AppOptions): Promise<App> {
  const parts = await buildParts(options)
  const { server, configuration, store, notifier, stopping, log } = parts
  try {
    configuration.announce()
    if (parts.isOpen) await recover(parts)
    parts.at.url = await listen(server, configuration.settings())
    server.on('error', (error) => {
      if (server.listening) parts.events.listenerFailed(messageOf(error))
      else options.onFailure('server', messageOf(error))
    })
    if (parts.isOpen) await startDelivery(parts)
    else startDeliveryWhenOpen(parts).catch((error) => options.onFailure('store', messageOf(error)))
    void configuration
      .checkTemplates()
      .catch((error) => log.error('rehearsal.failed', { why: messageOf(error) }))
    void watchFiles({
      files: () => {
        const { file, secretFiles } = configuration.loaded()
        return file === undefined ? secretFiles : [file, ...secretFiles]
      },
      clock: options.clock,
      signal: stopping.signal,
      onChange: () => parts.reload().catch(() => undefined),
    })
  } catch (error) {
    stopping.abort()
    await store.close()
    await notifier.close()
    throw error
  }
  const { url } = parts.at
  noteAddress(configuration.settings(), url)
  parts.events.listening(url)
  // Not before, to keep the start fast; not later, because an upgrade in place could remove the files to load.
  if ([...configuration.settings().robots.values()].some(({ target }) => target.kind === 'webhook'))
    void notifier.warm().catch(() => undefined)
  const { loaded } = configuration
  return { url, loaded, reload: parts.reload, stop: (signal) => stop(signal, parts) }
}

type Parts = Awaited<ReturnType<typeof buildParts>>

async function buildParts(options: AppOptions) {
  const { clock, log, load } = options
  const startedAt = clock.now()
  const metrics = createMetrics({ version: VERSION, node: process.version })
  const changes = new ChangeFeed(clock)
  const events = notifyOnEvent(createEvents(log, metrics), () => changes.notify())
  const reads = new LargeReads()
  const life = { open: true, ready: false }
  const isOpen = (): boolean => life.open
  const configuration = createConfiguration({ load, clock, events, metrics, isOpen })
  const { settings } = configuration
  const stopping = new AbortController()
  const [opening, { createReceiver }, { serverDeps }, { createHttpServer }] = await Promise.all([
    openOrAwait(settings().store, { ...options, events, signal: stopping.signal }),
    // Loading these takes as long as starting the store's thread, so both run in parallel.
    import('./receiver.ts'),
    import('./web.ts'),
    import('./http/server.ts'),
  ])
  const { store } = opening
  const sandbox = new SandboxGroup()
  const notifier = createDingtalk({
    clock,
    sandbox: (robot, request, now) => sandbox.receive(robot, request, now),
  })
  const receiver = createReceiver({
    ...{ store, notifier, clock, settings, events, reads },
    renderer: configuration.renderer,
    uuid: randomUUID,
    random: Math.random,
    onWake: () => changes.notify(),
  })
  const reload = singleFlight(async () => {
    await configuration.reload()
    renewTls(server, settings().access.tls)
    configuration.announce()
    if (life.ready) await receiver.reconcile()
  })
  const at = { url: '' }
  const web: WebParts = {
    ...{ configuration, receiver, store, notifier, sandbox, changes, clock, events, log, metrics },
    ...{ reads, startedAt, life, reload },
    stopping: stopping.signal,
    url: () => at.url,
  }
  const server: Server = createHttpServer(serverDeps(web), { tls: settings().access.tls })
  return { ...web, ...opening, server, stopping, at }
}

async function recover({ events, receiver }: Parts): Promise<void> {
  events.recovered(await receiver.recover())
}

/** Starts to deliver what waits in the open store, and marks the receiver as ready. */
async function startDelivery({ store, configuration, receiver, life }: Parts): Promise<void> {
  await store.adopt(formerKeysOf(configuration.settings()))
  await receiver.start()
  // A stop may have begun while the start waited for the database.
  life.ready = life.open
}

async function startDeliveryWhenOpen(parts: Parts): Promise<void> {
  const { opened, events, clock, stopping } = parts
  if (!(await opened)) return
  events.storeOpened()
  while (!stopping.signal.aborted)
    try {
      await recover(parts)
      await startDelivery(parts)
      return events.storeWorks('recover', clock.now())
    } catch (error) {
      // The database has become unavailable again.
      events.storeFailed('recover', messageOf(error), clock.now())
      await clock.sleep(RETRY_MS, stopping.signal)
    }
}

async function stop(signal: string, parts: Parts): Promise<void> {
  const { events, life, stopping, changes, receiver, clock, server, notifier, store } = parts
  events.stopping(signal)
  life.open = false
  life.ready = false
  stopping.abort()
  // Event streams never end by themselves.
  changes.close()
  const late = new AbortController()
  const ended = receiver.stop()
  const atMost = clock.sleep(STOP_WITHIN_MS, late.signal)
  // Senders and probes still get replies, with 503, while posts in flight end.
  await Promise.race([ended, atMost])
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  await Promise.race([Promise.all([ended, closed]), atMost])
  server.closeAllConnections()
  await notifier.close()
  await Promise.race([ended, clock.sleep(1_000, late.signal)])
  late.abort()
  forgetAddress(parts.configuration.settings())
  await store.close()
  events.stopped()
}
