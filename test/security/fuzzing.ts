import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { type Case, casesOf } from './cases.ts'
import type { Ping } from './pinger.ts'

export interface Found {
  /** Count of replies by status; 0 means no reply. */
  statuses: Map<number, number>
  /** Cases with a 5xx other than the documented 503, or without a reply. */
  wrong: { seed: number; index: number; status: number; what: string }[]
  /** Durations of the health checks meanwhile. */
  pings: Ping[]
}

const AT_ONCE = 8
const RAW_WAIT_MS = 300
const LONGEST_ANSWER_MS = 30_000

/** Sends cases to a receiver, a few at a time, and checks its health meanwhile. */
export async function fuzz(
  url: string,
  { seed, count, pid }: { seed: number; count: number; pid: number | undefined },
): Promise<Found> {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const found: Found = { statuses: new Map(), wrong: [], pings: [] }
  const all = casesOf(seed, count)
  const state = { next: 0 }

  async function worker(): Promise<void> {
    for (;;) {
      const index = state.next
      state.next += 1
      const each = all[index]
      if (each === undefined) return
      const { status, retryAfter } =
        each.kind === 'raw'
          ? { status: await sendRaw(each, { hostname, port }), retryAfter: undefined }
          : await send(each, { hostname, port, agent })
      found.statuses.set(status, (found.statuses.get(status) ?? 0) + 1)
      const documented = status === 503 && retryAfter !== undefined
      // Node's parser answers 505 to an invalid HTTP version.
      const ofParser = each.kind === 'raw' && (status === 0 || status === 505)
      if ((status >= 500 || status === 0) && !documented && !ofParser)
        found.wrong.push({ seed, index, status, what: shown(each) })
    }
  }
  const pinger = new Worker(new URL('./pinger.ts', import.meta.url), { workerData: { url, pid } })
  const pinged = once(pinger, 'message')
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  pinger.postMessage('end')
  const [pings] = (await pinged) as [Ping[]]
  agent.destroy()
  return { ...found, pings }
}

interface To {
  hostname: string
  port: string
}

function send(
  { method, path, headers: given, body }: Extract<Case, { kind: 'request' }>,
  to: To & { agent: Agent },
): Promise<{ status: number; retryAfter: string | undefined }> {
  return new Promise((resolve) => {
    // Node's client sends a body with some methods without declaring it.
    const framed =
      'transfer-encoding' in given ? given : { ...given, 'content-length': body.length }
    const headers = body.length === 0 ? given : framed
    const sent = httpRequest(
      { ...to, method, path: path.replaceAll(' ', '%20'), headers },
      (response) => {
        // A stream does not end, so its head is enough.
        if (response.headers['content-type']?.startsWith('text/event-stream')) response.destroy()
        response.resume()
        const ended = (): void =>
          resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] })
        response.on('end', ended)
        response.on('error', ended)
        response.on('close', ended)
      },
    )
    // Detects requests that are never answered.
    sent.setTimeout(LONGEST_ANSWER_MS, () => sent.destroy())
    sent.on('error', () => resolve({ status: 0, retryAfter: undefined }))
    sent.end(body)
  })
}

/** The status of the reply; 0 without one. */
function sendRaw({ bytes }: { bytes: Buffer }, to: To): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(Number(to.port), to.hostname)
    let text = ''
    const end = (): void => {
      socket.destroy()
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0))
    }
    socket.setTimeout(RAW_WAIT_MS, end)
    socket.on('data', (chunk) => {
      text += chunk
      if (text.includes('\r\n\r\n')) end()
    })
    socket.on('error', () => {})
    socket.on('close', end)
    socket.write(bytes)
  })
}

function shown(each: Case): string {
  const text =
    each.kind === 'raw'
      ? JSON.stringify(each.bytes.toString('latin1'))
      : `${each.method} ${each.path} ${JSON.stringify(each.headers)} ${JSON.stringify(each.body.toString('utf8'))}`
  return text.slice(0, 600)
}

export function worstOf(values: readonly number[]): number {
  return values.reduce((worst, each) => Math.max(worst, each), 0)
}

/** A configuration with every feature, posting to the sandbox. */
export const FUZZED = `robots:
  one: { webhook: sandbox, limits: { messages: 10000, per: 60s } }
  two: { webhook: sandbox }
channels:
  ops: { robots: [one], aggregate: { every: 1s, by: [alarm_type], changes: true }, mention: { rules: [{ matchers: ['alertname=~"(a+)+b"'], all: true }] } }
  pool: { robots: [one, two], mode: pool, format: text, inlet: { secret: SECof-pool, hmac: word-of-pool }, variables: { alarm_url: "https://x/\${alarm_id}" } }
routes:
  - matchers: ['alarm_level=~"Down|Critical"', 'severity!~".*(x+x+)+y"']
    channels: [pool]
  - channels: [ops, pool]
`
