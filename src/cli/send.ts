import { type Clock, realClock } from '../clock.ts'
import { AppError, messageOf } from '../errors.ts'
import { type Posting, post } from '../http/post.ts'
import { isScriptName } from '../sources/parsing/ocp/names.ts'

/** Less than the 10 s that OCP allows a script (`ocp.alarm.send.once-timeout-ms`). */
const TIMEOUT_MS = 8_000
/** Pauses before retries; long enough for a restart of the receiver. */
const RETRY_PAUSES_MS = [1_000, 1_000]
const DEFAULT_URL = 'http://127.0.0.1:8060'

interface SendOptions {
  url?: string
}

type Outcome =
  | { kind: 'reply'; status: number; text: string; accepted: boolean }
  | { kind: 'not_a_receiver' | 'unreachable'; explanation: string }

/**
 * For OCP's script channel: passes the alert in the environment, else the payload on standard input, to a running
 * receiver, and prints only its reply. Returns 0 if the alert was accepted. Without a receiver's reply, the reason goes
 * to standard error. Throws AppError if there is no alert or the URL is invalid.
 */
export async function send(channel: string, options: SendOptions): Promise<number> {
  const { env } = process
  const address = addressOf(channel, options.url ?? env['DINGTALK_RECEIVER_URL'] ?? DEFAULT_URL)
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', ...credentials(env) }
  const body = alertIn(env) ?? (await fromStandardInput())
  const outcome = await postWithRetries(address, { headers, body }, realClock)
  if (outcome.kind !== 'reply') {
    process.stderr.write(`${outcome.explanation}\n`)
    return 1
  }
  process.stdout.write(outcome.text)
  return outcome.accepted ? 0 : 1
}

function addressOf(channel: string, base: string): URL {
  const url = URL.canParse(base) ? new URL(base) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new AppError('bad_request', `--url: must be a URL such as ${DEFAULT_URL}`)
  if (url.username !== '' || url.password !== '')
    throw new AppError(
      'bad_request',
      '--url: must not contain credentials; set $DINGTALK_RECEIVER_TOKEN',
    )
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/ocp/${encodeURIComponent(channel)}`
  return url
}

function credentials(env: NodeJS.ProcessEnv): Record<string, string> {
  const token = env['DINGTALK_RECEIVER_TOKEN']?.trim() ?? ''
  if (token === '') return {}
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new AppError(
      'bad_request',
      '$DINGTALK_RECEIVER_TOKEN must not contain spaces or line breaks',
    )
  return { Authorization: `Bearer ${token}` }
}

/** The alert in OCP's environment variables as JSON; undefined if there is none. */
export function alertIn(env: NodeJS.ProcessEnv): string | undefined {
  const fields = Object.entries(env)
    .filter(([name, value]) => isScriptName(name) && value !== undefined && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const isSet = fields.some(([name]) => /^(?:alarm_|message(?:_json)?$)/.test(name))
  return isSet ? JSON.stringify(Object.fromEntries(fields)) : undefined
}

async function fromStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  if (!process.stdin.isTTY) for await (const chunk of process.stdin) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  if (body.toString('latin1').trim() === '')
    throw new AppError(
      'bad_request',
      "no alert: set OCP's variables such as alarm_name, or pass a payload on standard input",
    )
  return body
}

/** Posts, and retries after no reply or a 503; returns the last outcome. The receiver recognizes repeats. */
async function postWithRetries(address: URL, posting: Posting, clock: Clock): Promise<Outcome> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  let outcome = await tryPost(address, posting, signal)
  for (const pauseMs of RETRY_PAUSES_MS) {
    const shouldRetry =
      outcome.kind === 'reply' ? outcome.status === 503 : outcome.kind === 'unreachable'
    if (!shouldRetry || signal.aborted) break
    await clock.sleep(pauseMs, signal)
    outcome = await tryPost(address, posting, signal)
  }
  return outcome
}

async function tryPost(address: URL, posting: Posting, signal: AbortSignal): Promise<Outcome> {
  try {
    const { status, ...reply } = await post(address, posting, signal)
    const text = reply.text.trim()
    const errcode = errcodeIn(text)
    if (errcode === undefined)
      return {
        kind: 'not_a_receiver',
        explanation: `${address.origin} answers, but is not a receiver (HTTP ${status})`,
      }
    return { kind: 'reply', status, text, accepted: status === 200 && errcode === 0 }
  } catch (error) {
    const words = signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : messageOf(error)
    return {
      kind: 'unreachable',
      explanation: `cannot reach the receiver at ${address.origin}: ${words}`,
    }
  }
}

/** The errcode of a receiver's reply; undefined for any other text. */
function errcodeIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { errcode?: unknown } | null)?.errcode
  } catch {
    return undefined
  }
}
