import { randomUUID } from 'node:crypto'
import { chownSync, existsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { realClock } from '../clock.ts'
import { reasonToSuppress } from '../decisions/aggregate.ts'
import type { WaitReason } from '../decisions/plan.ts'
import { AppError, messageOf } from '../errors.ts'
import { createEvents, type Events } from '../events.ts'
import { LargeReads } from '../large-reads.ts'
import { createMetrics } from '../metrics.ts'
import type { Robot, Settings } from '../model/settings.ts'
import { createDingtalk } from '../notifiers/dingtalk/index.ts'
import type { DispatchDeps } from '../pipeline/dispatch.ts'
import { LEASE_MS } from '../pipeline/leases.ts'
import { type probeMessage, robotTest, testMessages } from '../pipeline/test-message.ts'
import { serveTest, testQueueOf } from '../pipeline/test-run.ts'
import { createRenderer } from '../rendering/renderer.ts'
import { pausesOf, readStatus } from '../reporting/status.ts'
import { outcomesAfter, type TestOutcome } from '../reporting/test-outcome.ts'
import { SandboxGroup } from '../sandbox/group.ts'
import { storedSources } from '../sources/index.ts'
import { openStore } from '../stores/index.ts'
import { VERSION } from '../version.ts'

/** How long to wait for another process that leases the robot. */
const OTHER_PROCESS_TIMEOUT_MS = 60_000
/** A shorter wait is not reported. */
const MIN_REPORTED_WAIT_MS = 2_000

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

type TestMessage = ReturnType<typeof robotTest>

type MessageDeps = Parameters<typeof probeMessage>[2]

/** Sends test messages from this process. */
export interface OwnSender {
  /** For the functions that make a test message. */
  messageDeps: MessageDeps
  /** Posts a test message, once and within its robot's limit; returns the outcome. */
  send(message: TestMessage): Promise<TestOutcome[]>
  close(): Promise<void>
}

/**
 * Opens a sender for tests while no receiver runs here. It takes the robot's lease and counts the calls in the same store,
 * so that a receiver which starts afterwards includes them. It waits until the limit allows a call, and reports this on
 * standard error. If another machine's receiver holds the lease in a shared database, that receiver sends the message.
 */
export async function openSender(settings: Settings): Promise<OwnSender> {
  const restoreOwner = ownerRestorer(settings)
  const store = await openStoreOf(settings)
  restoreOwner()
  const sandbox = new SandboxGroup()
  const notifier = createDingtalk({
    clock: realClock,
    sandbox: (robot, request, now) => sandbox.receive(robot, request, now),
  })
  const owner = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`
  const deps: DispatchDeps = {
    store,
    sources: storedSources,
    notifier,
    clock: realClock,
    settings: () => settings,
    renderer: () => createRenderer(settings, []),
    events: withWaitReport(createEvents(SILENT, createMetrics({ version: VERSION, node: '' }))),
    wake: () => undefined,
    owner,
    uuid: randomUUID,
    random: Math.random,
    reads: new LargeReads(),
  }
  return {
    messageDeps: { settings, notifier, uuid: randomUUID },
    send: (message) => sendOne(message, deps),
    async close() {
      await store.release(owner).catch(() => undefined)
      await store.close()
      await notifier.close()
    },
  }
}

/** Sends tests to a robot or to each group of a channel from this process. */
export async function testHere(name: string, settings: Settings): Promise<TestOutcome[]> {
  const sender = await openSender(settings)
  try {
    const messages = settings.channels.has(name)
      ? testMessages(name, sender.messageDeps)
      : [robotTest(name, sender.messageDeps)]
    const outcomes: TestOutcome[] = []
    for (const message of messages) outcomes.push(...(await sender.send(message)))
    return outcomes
  } finally {
    await sender.close()
  }
}

/** Opens the store. On failure the AppError contains the address at which no receiver answered. */
async function openStoreOf({ store, listen }: Settings) {
  try {
    return await openStore(store, { reasonToSuppress, thread: false, clock: realClock })
  } catch (error) {
    throw new AppError(
      'store_unavailable',
      `${messageOf(error)}; no receiver answers at ${listen.host}:${listen.port}, the configured listen address`,
      { cause: error },
    )
  }
}

/**
 * Sends a message from a separate queue. If another process holds the robot's lease, puts it into the ordinary queue, from
 * which that process sends it.
 */
async function sendOne(message: TestMessage, deps: DispatchDeps): Promise<TestOutcome[]> {
  const { store, clock, owner } = deps
  const settings = deps.settings()
  const robot = settings.robots.get(message.robot) as Robot
  const { signal } = new AbortController()
  const now = clock.now()
  const until = new Date(now.getTime() + LEASE_MS)
  const pauses = async () => pausesOf(await readStatus(store, settings, clock.now()))
  const pause = (await pauses()).get(robot.name)
  if (pause?.reason === 'by_hand')
    throw new AppError(
      'bad_request',
      `${robot.name} is paused by ${pause.by ?? 'hand'}; start the receiver and resume the robot in its console, then test it`,
    )
  const place = testQueueOf(robot.name)
  if (await store.lease({ robot: robot.name, owner, now, until, places: [place] })) {
    const ids = await store.enqueue([{ ...message, ...place }], now)
    await serveTest({ id: ids[0] as string, robot }, deps)
    return outcomesAfter(ids, { store, clock, waitMs: 0, signal, pauses })
  }
  process.stderr.write(`${robot.name}: another process holds its lease and sends the test\n`)
  const ids = await store.enqueue([message], now)
  return outcomesAfter(ids, { store, clock, waitMs: OTHER_PROCESS_TIMEOUT_MS, signal, pauses })
}

const WAITING_FOR: Partial<Record<WaitReason, string>> = {
  no_call_left: 'to stay within its limit',
  paused: 'for the end of its pause',
  quota: "for a new month, because this month's calls are used or kept for severe alerts",
  retrying: 'to try again',
}

/** Reports once why nothing is sent yet. */
function withWaitReport(events: Events): Events {
  let reported = false
  return {
    ...events,
    robotResting(robot, reason, until) {
      const waitMs = (until?.getTime() ?? 0) - realClock.now().getTime()
      if (reported || waitMs < MIN_REPORTED_WAIT_MS) return
      reported = true
      const at = until?.toISOString() ?? ''
      const why = WAITING_FOR[reason as WaitReason] ?? reason
      process.stderr.write(`${robot}: waits until ${at} ${why}\n`)
    },
  }
}

/**
 * Returns a function that gives a new store file, created by root, to the owner of its folder. Otherwise a receiver that
 * runs as another user could not open it.
 */
function ownerRestorer({ store }: Settings): () => void {
  const [, path] = /^sqlite:(.+)$/s.exec(store.reveal()) ?? []
  if (path === undefined || path === ':memory:' || process.getuid?.() !== 0) return () => undefined
  const made: string[] = []
  for (let each = path; !existsSync(each); each = dirname(each)) made.push(each)
  const parent = dirname(made.at(-1) ?? path)
  const { uid, gid } = statSync(parent)
  return () => {
    for (const each of made) chownSync(each, uid, gid)
    if (made.length > 0 && existsSync(`${path}-wal`)) chownSync(`${path}-wal`, uid, gid)
  }
}
