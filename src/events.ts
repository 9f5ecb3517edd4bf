import type { Fields, Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { SourceName, Status } from './model/alert.ts'
import type { Attempt, MessageKind } from './model/message.ts'
import { yieldTurn } from './time-slices.ts'

export type Events = ReturnType<typeof createEvents>

/** Latencies recorded before yielding to other work. */
const CHUNK_SIZE = 200

/** Limit on unknown names that are kept and logged. */
const MAX_UNKNOWN_NAMES = 100
const UNKNOWN_NAME =
  'a label contains a name that is neither in people nor in oncall; the name was shown without a mention'
/** Limits on unknown level words that are kept, and on the length of each. */
const MAX_UNKNOWN_LEVELS = 200
const MAX_WORD_LENGTH = 100

/** The outcome for alerts whose queue was removed. */
interface Reassigned {
  moved: number
  dead: readonly { channel: string; count: number }[]
}

/** The fields that identify a message in log lines. */
export interface MessageName {
  id: string
  robot: string
  channel: string
  kind: MessageKind
  alertCount: number
}

/** One function for each event: it writes the log line and the metrics together, so that they agree. */
export function createEvents(log: Log, metrics: Metrics) {
  return {
    ...requestEvents(log, metrics),
    ...levelEvents(log),
    ...messageEvents(log, metrics),
    ...peopleEvents(log),
    ...robotEvents(log),
    ...operatorEvents(log),
    ...storeEvents(log, metrics),
    ...configurationEvents(log, metrics),
    ...serverEvents(log),
  }
}

function requestEvents(log: Log, metrics: Metrics) {
  return {
    requestAnswered(source: SourceName, code: number, seconds: number): void {
      metrics.requests.inc({ source, code: String(code) })
      metrics.requestSeconds.observe({ source }, seconds)
    },
    requestRefused(
      source: SourceName,
      fields: { code: number; channel: string; address: string; why: string; omitted?: number },
    ): void {
      log.warn('request.refused', { source, ...fields })
    },
    adminRefused(fields: { address: string; path: string; reason: string }): void {
      if (fields.reason === 'wrong_token') log.warn('admin.refused', fields)
      else log.debug('admin.refused', fields)
    },
    signedIn: (address: string): void => log.info('admin.signed_in', { address }),
    signInRefused: (address: string): void => log.warn('admin.sign_in_refused', { address }),
    tlsFailed: (address: string | undefined, why: string): void =>
      log.debug('tls.failed', { address, why }),
    alertsReceived(
      source: SourceName,
      { channel, status, count }: { channel: string; status: Status; count: number },
    ): void {
      metrics.received.inc({ source, channel, status }, count)
    },
    alertsSuppressed(channel: string, reason: string, count: number): void {
      metrics.suppressed.inc({ channel, reason }, count)
      log.debug('alert.suppressed', { channel, reason, count })
    },
    requestAccepted(fields: {
      source: SourceName
      channel: string
      alerts: number
      duplicate: boolean
    }): void {
      log.debug('request.accepted', fields)
    },
  }
}

/** Silences and mutes that people create or end, and labels that name unknown people. */
function peopleEvents(log: Log) {
  const unknownNames = new Map<string, { channel: string; name: string }>()
  return {
    silenceCreated: (fields: { kind: string; channel: string; by: string; until: Date }): void =>
      log.info('silence.made', { ...fields, until: fields.until.toISOString() }),
    silenceEnded: (fields: { kind: string; channel: string; by: string }): void =>
      log.info('silence.ended', fields),
    silenceFailed: (channel: string, why: string): void =>
      log.warn('silence.failed', { channel, why }),
    /** Logs each name once per channel, until `forgetNames` drops it. */
    nameUnknown(channel: string, name: string): void {
      const key = `${channel}\n${name}`
      if (unknownNames.has(key) || unknownNames.size >= MAX_UNKNOWN_NAMES) return
      unknownNames.set(key, { channel, name })
      log.warn('mention.unknown', { channel, name, words: UNKNOWN_NAME })
    },
    /** Names from labels that match no person, for the console. */
    unknownNames: (): { channel: string; name: string }[] => [...unknownNames.values()],
    /** Forgets the names that a new configuration contains, so that the console no longer shows them. */
    forgetNames(isKnown: (name: string) => boolean): void {
      for (const [key, { name }] of unknownNames) if (isKnown(name)) unknownNames.delete(key)
    },
  }
}

function levelEvents(log: Log) {
  const unknownLevels = new Set<string>()
  return {
    /** Logs each word once, until `forgetLevels` drops it. */
    levelUnknown(word: string, channel: string): void {
      const shown = word.slice(0, MAX_WORD_LENGTH)
      if (unknownLevels.has(shown) || unknownLevels.size >= MAX_UNKNOWN_LEVELS) return
      unknownLevels.add(shown)
      log.warn('level.unknown', {
        word: shown,
        channel,
        hint: 'handled as level 3 (Warning); give it a level under "levels" in the configuration',
      })
    },
    /** Level words of alerts that are unknown, for the console. */
    unknownLevels: (): readonly string[] => [...unknownLevels],
    /** Forgets the words that a new configuration contains, so that the console no longer shows them. */
    forgetLevels(isKnown: (word: string) => boolean): void {
      for (const word of unknownLevels) if (isKnown(word)) unknownLevels.delete(word)
    },
  }
}

function messageEvents(log: Log, metrics: Metrics) {
  return {
    attemptEnded(message: MessageName, attempt: Attempt): void {
      const { outcome } = attempt
      const result =
        outcome.kind === 'delivered'
          ? 'ok'
          : outcome.kind === 'retryable'
            ? outcome.reason
            : outcome.kind
      metrics.sends.inc({ robot: message.robot, result })
      metrics.sendSeconds.observe({ robot: message.robot }, attempt.durationMs / 1000)
      const fields = {
        ...named(message),
        result: attempt.result,
        httpStatus: attempt.httpStatus,
        errcode: attempt.errcode,
        errmsg: attempt.errmsg,
        durationMs: attempt.durationMs,
      }
      if (outcome.kind === 'delivered') log.debug('message.attempted', fields)
      else log.warn('message.attempted', { ...fields, words: attempt.explanation })
    },
    claimReleased: (message: MessageName): void => log.warn('message.held_up', named(message)),
    messageSent(message: MessageName): void {
      metrics.messages.inc({ robot: message.robot, kind: message.kind, outcome: 'sent' })
      log.info('message.sent', named(message))
    },
    /** Records the latency of each alert; a digest may carry a hundred thousand. */
    async alertsDelivered(
      channel: string,
      delivered: readonly { waitedMs: number; count: number }[],
    ): Promise<void> {
      let observed = 0
      for (const { waitedMs, count } of delivered)
        for (let i = 0; i < count; i += 1) {
          metrics.latency.observe({ channel }, Math.max(0, waitedMs) / 1000)
          observed += 1
          if (observed % CHUNK_SIZE === 0) await yieldTurn()
        }
    },
    messageDead(message: MessageName, reason: string): void {
      metrics.messages.inc({ robot: message.robot, kind: message.kind, outcome: 'dead' })
      log.error('message.dead', { ...named(message), reason })
    },
    templateFailed: (channel: string, fault: string): void =>
      log.error('template.failed', { channel, fault }),
    messageSplit: (message: MessageName, reason: string): void =>
      log.warn('message.split', { ...named(message), reason }),
  }
}

function robotEvents(log: Log) {
  return {
    robotPaused: (robot: string, until: Date, reason: string): void =>
      log.warn('robot.paused', { robot, until: until.toISOString(), reason }),
    robotResting: (robot: string, reason: string, until: Date | undefined): void =>
      log.debug('robot.resting', { robot, reason, until: until?.toISOString() }),
    quotaReached: (fields: { scope: string; percent: number; used: number; limit: number }): void =>
      log.warn('quota.reached', fields),
    claimLost: (robot: string): void => log.debug('claim.lost', { robot }),
  }
}

/** Actions of a person, with the person's name. */
function operatorEvents(log: Log) {
  return {
    /** A person has queued dead messages again. */
    messagesResent: (fields: { by: string; messages: number; id?: string }): void =>
      log.info('messages.resent', fields),
    messagesDismissed: (fields: { by: string; messages: number }): void =>
      log.info('messages.dismissed', fields),
    robotPausedByHand: ({ robot, until, by }: { robot: string; until: Date; by: string }): void =>
      log.warn('robot.paused', { robot, until: until.toISOString(), reason: 'by_hand', by }),
    /** `ended`: the reasons of the pauses that the person ended. */
    robotResumed: (fields: { robot: string; by: string; ended: readonly string[] }): void =>
      log.info('robot.resumed', { ...fields, ended: fields.ended.join(', ') }),
  }
}

function storeEvents(log: Log, metrics: Metrics) {
  const ofStore = repeatedFailures({
    logFailed: (fields) => log.error('store.failed', fields),
    logRecovered: (fields) => log.info('store.recovered', fields),
  })
  const ofPass = repeatedFailures({
    logFailed: (fields) => log.error('pass.failed', fields),
    logRecovered: (fields) => log.info('pass.recovered', fields),
  })
  return {
    payloadUnreadable: (payload: number, why: string): void =>
      log.error('payload.unreadable', { payload, why }),
    /** Work on the store failed; equal failures are logged once a minute. */
    storeFailed: (doing: string, why: string, now: Date): void =>
      ofStore.failed({ name: doing, equal: `${doing}: ${why}`, now, fields: { doing, why } }),
    /** Work on the store succeeded. Logs one line once everything that failed works again. */
    storeWorks: ofStore.works,
    /** The database for which the start waits, and why it cannot be opened yet. */
    storeAwaited: (at: string, why: string): void => log.warn('store.awaited', { at, why }),
    storeOpened: (): void => log.info('store.opened'),
    /** An event that the store itself reports. */
    storeReported({ kind, ...fields }: { kind: string }): void {
      const level =
        kind === 'lease_taken_over' || kind === 'notifications_restored' ? 'info' : 'warn'
      log[level](`store.${kind}`, fields)
    },
    /** Like `storeFailed`, for the loop of a robot. */
    passFailed: (robot: string, why: string, now: Date): void =>
      ofPass.failed({ name: robot, equal: why, now, fields: { robot, why } }),
    passWorks: ofPass.works,
    recovered(messages: number): void {
      if (messages > 0) log.info('messages.recovered', { messages })
    },
    reassigned({ moved, dead }: Reassigned): void {
      if (moved > 0) log.info('alerts.reassigned', { alerts: moved })
      for (const { channel, count } of dead) {
        if (count === 0) continue
        metrics.suppressed.inc({ channel, reason: 'removed' }, count)
        log.error('alerts.dead', {
          channel,
          alerts: count,
          reason: 'its channel or robot was removed',
        })
      }
    },
    pruned: (messages: number, alerts: number): void =>
      log.debug('store.pruned', { messages, alerts }),
    clockSet: (byMs: number): void => log.warn('clock.set', { byMs }),
  }
}

/** How often an equal failure is logged: in an outage each loop fails about once a second. */
const REPEAT_MS = 60_000
/** Limit on different failures that are kept. */
const MAX_FAILURES = 100

interface Failure {
  /** What failed, and later works again. */
  name: string
  /** Failures with the same text here are equal. */
  equal: string
  now: Date
  fields: Fields
}

/** Logs the first of equal failures, then one a minute, and one line once everything that failed works again. */
function repeatedFailures({
  logFailed,
  logRecovered,
}: {
  logFailed: (fields: Fields) => void
  logRecovered: (fields: Fields) => void
}) {
  const failedAt = new Map<string, number>()
  const logged = new Map<string, { atMs: number; omitted: number }>()
  return {
    failed({ name, equal, now, fields }: Failure): void {
      const nowMs = now.getTime()
      failedAt.set(name, nowMs)
      const last = logged.get(equal)
      if (last !== undefined && Math.abs(nowMs - last.atMs) < REPEAT_MS) {
        last.omitted += 1
        return
      }
      if (logged.size >= MAX_FAILURES) logged.clear()
      logged.set(equal, { atMs: nowMs, omitted: 0 })
      logFailed({ ...fields, omitted: last?.omitted || undefined })
    },
    works(name: string, now: Date): void {
      if (failedAt.size === 0) return
      failedAt.delete(name)
      // Forget work that nobody repeats, such as a request: it cannot succeed later.
      for (const [other, atMs] of failedAt)
        if (Math.abs(now.getTime() - atMs) >= REPEAT_MS) failedAt.delete(other)
      if (failedAt.size > 0) return
      const omitted = [...logged.values()].reduce((sum, each) => sum + each.omitted, 0)
      logged.clear()
      logRecovered({ omitted: omitted || undefined })
    },
  }
}

function configurationEvents(log: Log, metrics: Metrics) {
  return {
    configLoaded(
      now: Date,
      fields: { file: string | undefined; robots: number; channels: number },
    ): void {
      metrics.reloadSuccessful.set(1)
      metrics.reloadTime.set(now.getTime() / 1000)
      log.info('config.loaded', fields)
    },
    configWarned: (warning: string): void => log.warn('config.warning', { warning }),
    robotsProxied: (words: string): void => log.info('robots.proxied', { words }),
    exposed: (kind: string, words: string): void => log.warn('access.exposed', { kind, words }),
    adminIsLocal(): void {
      log.info('access.local', {
        words:
          'the console and the API are open to every request from this machine; before a proxy is put in front, set admin.token, or list the proxy in trusted_proxies',
      })
    },
    configRefused(faults: readonly string[]): void {
      metrics.reloadSuccessful.set(0)
      for (const fault of faults) log.error('config.refused', { fault })
    },
  }
}

function serverEvents(log: Log) {
  return {
    listening: (url: string): void => log.info('server.listening', { url }),
    listenerFailed: (why: string): void => log.error('server.failed', { why }),
    stopping: (signal: string): void => log.info('server.stopping', { signal }),
    stopped: (): void => log.info('server.stopped'),
  }
}

function named(message: MessageName) {
  const { id, robot, channel, kind, alertCount } = message
  return { id, robot, channel, kind, alerts: alertCount }
}
