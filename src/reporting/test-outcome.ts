import type { Clock } from '../clock.ts'
import { isOpenEnded } from '../model/pause.ts'
import { isFinal } from '../pipeline/test-run.ts'
import type { MessageWithAlerts, Pause } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import { messageJson } from './json.ts'

const POLL_INTERVAL_MS = 200

/** The outcome of a test message: its state, and the last verdict in words. */
export type TestOutcome = ReturnType<typeof outcomeOf>

/** Waits up to `waitMs` for outcomes; returns sooner if no other outcome can arrive by then, or the signal fires. */
export async function outcomesAfter(
  ids: readonly string[],
  {
    store,
    clock,
    waitMs,
    signal,
    pauses,
  }: {
    store: Pick<Store, 'message'>
    clock: Clock
    waitMs: number
    signal: AbortSignal
    /** The pauses in force, by robot. */
    pauses: () => Promise<ReadonlyMap<string, Pause>>
  },
): Promise<TestOutcome[]> {
  const end = clock.now().getTime() + waitMs
  for (;;) {
    const found = await Promise.all(ids.map((id) => store.message(id, 0)))
    const known = found.filter((each) => each !== undefined)
    if (known.every(isFinal)) return known.map((each) => outcomeOf(each, undefined))
    const paused = await pauses()
    const pauseOf = ({ message }: MessageWithAlerts) => paused.get(message.robot)
    const mayStillEnd = known.some(
      (each) => !isFinal(each) && (pauseOf(each)?.until.getTime() ?? 0) < end,
    )
    if (!mayStillEnd || clock.now().getTime() >= end || signal.aborted)
      return known.map((each) => outcomeOf(each, pauseOf(each)))
    await clock.sleep(POLL_INTERVAL_MS, signal)
  }
}

function outcomeOf({ message }: MessageWithAlerts, pause: Pause | undefined) {
  const { id, channel, state, attempts } = messageJson(message)
  const last = attempts.at(-1)
  const isPending = state === 'pending'
  return {
    id,
    channel,
    robot: last?.robot ?? message.robot,
    state,
    result: last?.result ?? null,
    errcode: last?.errcode ?? null,
    errmsg: last?.errmsg ?? null,
    words:
      (isPending && pauseWords(pause, last?.words)) ||
      (last?.words ?? message.reason ?? STILL_QUEUED),
  }
}

const STILL_QUEUED = 'It is still queued: it waits for a limit, a pause or earlier messages.'

const PAUSED: Readonly<Record<string, string>> = {
  throttled: 'DingTalk throttles this robot',
  unreachable: 'DingTalk cannot be reached',
  rejected: 'DingTalk refuses this robot',
}

/** What the message waits for. After an attempt, its verdict says why the robot cannot be used. */
function pauseWords(pause: Pause | undefined, verdict: string | undefined): string | undefined {
  if (pause === undefined) return undefined
  const { reason, until, by } = pause
  const end = isOpenEnded(until) ? 'until it is resumed' : `until ${until.toISOString()}`
  if (reason === 'by_hand') return `It waits: the robot is paused by ${by ?? 'hand'}, ${end}.`
  if (reason === 'unreachable' && verdict !== undefined)
    return `${verdict} The message waits, ${end}.`
  return `${PAUSED[reason] ?? 'The robot is paused'}; the message waits, ${end}.`
}
