import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Loaded, LoadOptions } from './generator.ts'

export const CONNECTIONS = 32

/** Numbers of payloads are not used twice in one run, whatever receiver they go to. */
const serial = { next: 1 }

/** Puts a server under load from a process of its own. */
export async function load(
  url: string,
  options: Pick<LoadOptions, 'alerts' | 'seconds'> & { rate?: number; connections?: number },
): Promise<Loaded> {
  const { port, pathname } = new URL(url)
  const asked: LoadOptions = {
    rate: 0,
    connections: CONNECTIONS,
    ...options,
    port: Number(port),
    path: pathname,
    serial: serial.next,
  }
  const loaded = await run<Loaded>('generator.ts', [JSON.stringify(asked)])
  serial.next = loaded.serial
  return loaded
}

/** Runs a file of this folder to its end and reads what it printed as JSON. */
export async function run<T>(file: string, args: readonly string[]): Promise<T> {
  const child = spawn(process.execPath, [beside(file), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${text}`)
  return JSON.parse(text) as T
}

/** Bare node:http that reads and parses the body, in a process of its own. */
export async function startBaseline(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [beside('baseline.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { child, url: `http://127.0.0.1:${String(port).trim()}/` }
}

/** Processor time that a process has used, in all and in its two busiest threads; undefined where there is no /proc. */
export function cpuOf(pid: number | undefined): { seconds: number; threads: number[] } | undefined {
  try {
    const seconds = readdirSync(`/proc/${pid}/task`).map(
      (task) =>
        Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e9,
    )
    return { seconds: seconds.reduce((sum, each) => sum + each, 0), threads: seconds }
  } catch {
    return undefined
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

/** Memory that a process holds, in MB; undefined where there is no /proc. */
export function residentMb(pid: number | undefined): number | undefined {
  try {
    const pages = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(pages) / 1024
  } catch {
    return undefined
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}
