import type { Clock } from '../clock.ts'
import { isSettled } from '../pipeline/test-run.ts'
import type { MessageWithAlerts } from '../stores/queries.ts'
import type { Store } from '../stores/store.ts'
import { messageJson } from './json.ts'

const LOOK_EVERY_MS = 200

/** The outcome of a test message: its state, and the last verdict in words. */
export type TestOutcome = ReturnType<typeof outcomeOf>

/** Waits up to `waitMs` for outcomes; returns sooner when all messages are settled or the signal fires. */
export async function outcomesAfter(
  ids: readonly string[],
  {
    store,
    clock,
    waitMs,
    signal,
  }: { store: Pick<Store, 'message'>; clock: Clock; waitMs: number; signal: AbortSignal },
): Promise<TestOutcome[]> {
  const end = clock.now().getTime() + waitMs
  for (;;) {
    const found = await Promise.all(ids.map((id) => store.message(id, 0)))
    const known = found.filter((each) => each !== undefined)
    if (known.every(isSettled) || clock.now().getTime() >= end || signal.aborted)
      return known.map(outcomeOf)
    await clock.sleep(LOOK_EVERY_MS, signal)
  }
}

function outcomeOf({ message }: MessageWithAlerts) {
  const { id, channel, state, attempts } = messageJson(message)
  const last = attempts.at(-1)
  return {
    id,
    channel,
    robot: last?.robot ?? message.robot,
    state,
    result: last?.result ?? null,
    errcode: last?.errcode ?? null,
    errmsg: last?.errmsg ?? null,
    words:
      last?.words ??
      message.reason ??
      'It is still queued: it waits for a limit, a pause or earlier messages.',
  }
}
