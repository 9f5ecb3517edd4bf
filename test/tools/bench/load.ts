import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { temporaryFolder } from '../../support/receiver.ts'
import { payloadOf, requestOf } from './payload.ts'

export const CONNECTIONS = 32

/**
 * Connections at a fixed rate: enough that each request is sent when it is due, even if earlier ones are unanswered.
 * A stall thus counts in the latencies of all requests that it delays.
 */
const PACED_CONNECTIONS = 128

export interface Loaded {
  /** Rate of requests answered 200. */
  perSecond: number
  ok: number
  refused: number
  broken: number
  p50Ms: number
  p99Ms: number
}

export interface LoadOptions {
  alerts: number
  seconds: number
  /** Total requests a second; unlimited if absent. */
  rate?: number
  connections?: number
}

export type Generator = 'wrk' | 'autocannon'

/** wrk if installed: it needs less CPU, which leaves more to the receiver on a small machine. */
export const GENERATOR: Generator = hasWrk() ? 'wrk' : 'autocannon'

export function hasWrk(): boolean {
  return spawnSync('wrk', ['-v']).error === undefined
}

/** Each payload number is used once in a run, across all receivers. */
const serial = { next: 1 }
/** Distance between the numbers of concurrent loads. */
const SERIALS_APART = 10_000_000

/** Puts a server under load. No two requests share an alert. */
export async function load(
  url: string,
  options: LoadOptions,
  generator: Generator = GENERATOR,
): Promise<Loaded> {
  const from = serial.next
  serial.next += SERIALS_APART
  const connections =
    options.connections ?? (options.rate === undefined ? CONNECTIONS : PACED_CONNECTIONS)
  const run = generator === 'wrk' ? loadByWrk : loadByAutocannon
  return run(new URL(url), { ...options, connections, from })
}

type Asked = LoadOptions & { connections: number; from: number }

async function loadByWrk(
  url: URL,
  { alerts, seconds, rate, connections, from }: Asked,
): Promise<Loaded> {
  using folder = temporaryFolder()
  const file = join(folder.path, 'request')
  writeFileSync(file, requestOf(alerts, url))
  const output = await outputOf('wrk', [
    ...['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '30s'],
    ...['-s', beside('wrk.lua'), url.href, '--', file, String(from), String(rate ?? 0)],
  ])
  return JSON.parse(output.trim().split('\n').at(-1) as string) as Loaded
}

async function loadByAutocannon(
  url: URL,
  { alerts, seconds, rate, connections, from }: Asked,
): Promise<Loaded> {
  let number = from
  const result = await autocannon({
    url: url.href,
    method: 'POST',
    connections,
    duration: seconds,
    ...(rate === undefined ? {} : { overallRate: Math.max(1, Math.round(rate)) }),
    headers: { 'Content-Type': 'application/json' },
    requests: [{ setupRequest: (request) => ({ ...request, body: payloadOf(alerts, number++) }) }],
  })
  return {
    perSecond: result['2xx'] / result.duration,
    ok: result['2xx'],
    refused: result.non2xx,
    broken: result.errors,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  }
}

/** Runs a program to its end and returns its output. */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${text}`)
  return text
}

/** Starts a bare node:http server that reads and parses bodies, in a separate process. */
export async function startBaseline(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [beside('baseline.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { child, url: `http://127.0.0.1:${String(port).trim()}/` }
}

/** CPU seconds of a process; NaN without /proc. */
export function cpuOf(pid: number | undefined): number {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
      const ran = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]
      return sum + Number(ran) / 1e9
    }, 0)
  } catch {
    return Number.NaN
  }
}

/** Child processes of a process. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Resident memory of a process in MB; NaN without /proc. */
export function residentMb(pid: number | undefined): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes) / 1024
  } catch {
    return Number.NaN
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}
