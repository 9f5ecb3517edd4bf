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
 * Connections at a fixed rate: enough that a request is sent when it is due, though those before it are not answered
 * yet. So a stall counts in the latencies of all that it delays.
 */
const PACED_CONNECTIONS = 128

export interface Loaded {
  /** Of the requests that were answered 200. */
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
  /** Requests a second in all; as many as are answered when it is left out. */
  rate?: number
  connections?: number
}

export type Generator = 'wrk' | 'autocannon'

/** The lighter one where it is installed: on two cores it leaves more of them to the receiver. */
export const GENERATOR: Generator = hasWrk() ? 'wrk' : 'autocannon'

export function hasWrk(): boolean {
  return spawnSync('wrk', ['-v']).error === undefined
}

/** A payload's number is used once in a run, whatever receiver it goes to. */
const serial = { next: 1 }
/** Between the numbers of loads that run at the same time. */
const SERIALS_APART = 10_000_000

/** Puts a server under load: no two requests have an alert in common. */
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

/** Runs a program to its end and gives what it printed. */
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

/** Bare node:http that reads and parses the body, in a process of its own. */
export async function startBaseline(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [beside('baseline.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { child, url: `http://127.0.0.1:${String(port).trim()}/` }
}

/** Seconds of processor that a process has used; NaN where there is no /proc. */
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

/** Processes that a process has started. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Memory that a process holds, in MB; NaN where there is no /proc. */
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
