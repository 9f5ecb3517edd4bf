import { buildSilencing, type SilenceParts } from './build-silencing.ts'
import type { SteadyClock } from './clock.ts'
import type { Events } from './events.ts'
import type { LargeReads } from './large-reads.ts'
import type { SourceName } from './model/alert.ts'
import type { Probe } from './model/message.ts'
import type { Settings } from './model/settings.ts'
import type { Variables } from './model/variables.ts'
import type { Notifier } from './notifiers/notifier.ts'
import { accept, type Inbound } from './pipeline/accept.ts'
import { correctClockSteps } from './pipeline/clock-sync.ts'
import { Dispatchers } from './pipeline/dispatchers.ts'
import { pruneOnce } from './pipeline/janitor.ts'
import { storeLoop } from './pipeline/loop.ts'
import { type OperatorActions, operatorActions } from './pipeline/operator-actions.ts'
import { createReplica, type Replica } from './pipeline/replica.ts'
import { storedVariables } from './pipeline/stored-alerts.ts'
import { probeMessage, robotTest, testMessages } from './pipeline/test-message.ts'
import type { Renderer } from './rendering/types.ts'
import { sources, storedSources } from './sources/index.ts'
import type { MultiProcess } from './stores/multi-process.ts'
import type { StoredAlert } from './stores/queries.ts'
import type { NewMessage, Store } from './stores/store.ts'

export interface ReceiverDeps {
  store: Store & Partial<MultiProcess>
  notifier: Notifier
  clock: SteadyClock
  settings: () => Settings
  renderer: () => Renderer
  events: Events
  uuid: () => string
  random: () => number
  reads: LargeReads
  /** Called when another process has put work into queues. */
  onWake?: () => void
}

/** The path of an alert from its request to its group, without HTTP. */
export interface Receiver {
  replica: Replica
  silences: SilenceParts
  /**
   * Restores the state that an earlier run left in the store; must come before any `accept`. Returns how many messages
   * become pending.
   */
  recover(): Promise<number>
  /** Resolves when every alert of a request is on disk; returns the source that read the request. */
  accept(inbound: Inbound): Promise<SourceName>
  /** Returns the variables of alerts in their order; may end early, but covers at least one alert. */
  variablesOf(alerts: readonly StoredAlert[]): Promise<Variables[]>
  /** Queues a test message for each group of a channel; returns their ids. AppError unknown_channel. */
  sendTest(channel: string): Promise<string[]>
  /** Queues a test message for one robot; returns its id. AppError not_found. */
  sendRobotTest(robot: string, probe?: { probe: Probe; uuid: string }): Promise<string[]>
  /** Actions of a person on messages and robots. */
  actions: OperatorActions
  /** Starts to deliver what waits in the store. */
  start(): Promise<void>
  /** Applies the current settings: starts, stops and wakes robots. */
  reconcile(): Promise<void>
  /** Resolves when the attempts in flight have ended and other processes may take over the robots. */
  stop(): Promise<void>
}

/** Builds a receiver that can accept; it sends nothing before `start`. */
export function createReceiver(deps: ReceiverDeps): Receiver {
  const { store, clock, settings, reads } = deps
  const replica = createReplica({
    ...deps,
    robots: () => dispatchers.names(),
    onWake: (queues) => {
      deps.onWake?.()
      dispatchers.wake(queues)
    },
  })
  const wake: Dispatchers['wake'] = (queues) => dispatchers.wake(queues)
  const stored = ({ timezone }: Settings) => {
    return { store, sources: storedSources, reads, timezone }
  }
  const silences = buildSilencing({ ...deps, wake, stored, isShared: () => !replica.alone })
  const dispatchers = new Dispatchers({
    ...deps,
    sources: storedSources,
    owner: replica.owner,
    nextPassAt: replica.nextPassAt,
    silenceLinks: silences.links,
  })
  const upkeep = [
    storeLoop('shift', () => correctClockSteps(deps), deps),
    storeLoop('prune', () => pruneOnce({ ...deps, shared: !replica.alone }), deps),
    silences.follower,
  ]
  const { mutes } = silences
  const acceptDeps = { ...deps, sources, wake, mutes }
  return {
    replica,
    silences,
    async recover() {
      const messages = await store.recover(clock.now())
      await mutes.refresh()
      return messages
    },
    accept: (inbound) => accept(inbound, acceptDeps),
    variablesOf: (alerts) => storedVariables(alerts, stored(settings())),
    ...testVerbs(deps, wake),
    actions: operatorActions({ ...deps, wake }),
    async start() {
      await dispatchers.reconcile()
      for (const loop of upkeep) loop.start()
      replica.start()
    },
    reconcile: () => dispatchers.reconcile(),
    async stop() {
      await Promise.all([dispatchers, ...upkeep].map((each) => each.stop()))
      await replica.releaseLeases()
    },
  }
}

function testVerbs(
  { store, clock, settings, notifier, uuid }: ReceiverDeps,
  wake: (queues: readonly string[]) => void,
): Pick<Receiver, 'sendTest' | 'sendRobotTest'> {
  const messageDeps = () => ({ settings: settings(), notifier, uuid })
  const enqueue = async (messages: readonly NewMessage[]): Promise<string[]> => {
    const ids = await store.enqueue(messages, clock.now())
    wake(messages.map(({ queue }) => queue))
    return ids
  }
  return {
    sendTest: async (channel) => enqueue(testMessages(channel, messageDeps())),
    sendRobotTest: async (robot, probe) =>
      enqueue([
        probe === undefined
          ? robotTest(robot, messageDeps())
          : probeMessage(robot, probe, messageDeps()),
      ]),
  }
}
