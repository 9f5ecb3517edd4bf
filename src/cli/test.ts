import { AppError } from '../errors.ts'
import { askOwnReceiver } from '../http/own-receiver.ts'
import type { Settings } from '../model/settings.ts'
import { conceal } from '../redact.ts'
import type { TestOutcome } from '../reporting/test-outcome.ts'
import { type ConfigOptions, load } from './load.ts'
import { testHere } from './test-here.ts'

/** How long the API waits for the outcome of a test. */
const WAIT_SECONDS = 60
const REPLY_WITHIN_MS = (WAIT_SECONDS + 10) * 1_000

/**
 * Sends a test message to one robot, or to each group of a channel, and prints DingTalk's verdict. Returns 0 if all were
 * accepted. The receiver that runs with this configuration sends and counts it; if none runs, this process does, with
 * the same store.
 */
export async function test(name: string, options: ConfigOptions): Promise<number> {
  const { settings } = await load(options)
  const what = kindOf(name, settings)
  const path = `/api/v1/${what}/${encodeURIComponent(name)}/test`
  const outcomes = (await testThroughReceiver(path, settings)) ?? (await testHere(name, settings))
  for (const outcome of outcomes) process.stdout.write(`${verdictLine(outcome)}\n`)
  const accepted = outcomes.length > 0 && outcomes.every(({ state }) => state === 'sent')
  return accepted ? 0 : 1
}

/** Lets the receiver with these settings send a test; returns the outcomes, or undefined if none runs here. */
export async function testThroughReceiver(
  path: string,
  settings: Settings,
): Promise<TestOutcome[] | undefined> {
  const wait = `${path.includes('?') ? '&' : '?'}wait=${WAIT_SECONDS}s`
  const reply = await askOwnReceiver(settings, {
    method: 'POST',
    path: `${path}${wait}`,
    withinMs: REPLY_WITHIN_MS,
  })
  if (reply.kind === 'failed')
    throw new AppError(
      'store_unavailable',
      `the request to the receiver at ${settings.listen.host}:${settings.listen.port} failed: ${reply.message}`,
    )
  return reply.kind === 'not_running' ? undefined : outcomesIn(reply.status, reply.body)
}

function kindOf(name: string, { channels, robots }: Settings): 'channels' | 'robots' {
  if (channels.has(name)) return 'channels'
  if (robots.has(name)) return 'robots'
  const known = `channels: ${[...channels.keys()].join(', ')}; robots: ${[...robots.keys()].join(', ')}`
  throw new AppError(
    'not_found',
    `unknown robot or channel ${JSON.stringify(conceal(name))}; ${conceal(known)}`,
  )
}

function outcomesIn(status: number, body: Record<string, unknown>): TestOutcome[] {
  const { messages, errmsg } = body
  if (status === 200 && Array.isArray(messages)) return messages as TestOutcome[]
  throw new AppError(
    'store_unavailable',
    `the running receiver refused the test (HTTP ${status}): ${String(errmsg)}`,
  )
}

/** One line for a person: the robot, the verdict and its reason. */
export function verdictLine({ robot, state, errcode, words }: TestOutcome): string {
  const verdict = state === 'sent' ? 'accepted' : 'not accepted'
  const code = errcode === null ? '' : ` (errcode ${errcode})`
  return `${robot}: ${verdict}${code}. ${words}`
}
