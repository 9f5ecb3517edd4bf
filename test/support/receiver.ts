import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** A temporary folder, deleted with the test. */
export function temporaryFolder(): { path: string; [Symbol.dispose]: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'dingtalk-receiver-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the command to its end. */
export async function runCommand(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, ['--', MAIN, ...args], {
    cwd: options.cwd,
    env: { ...cleanEnv(), ...options.env },
    stdio: 'pipe',
  })
  const out = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    out.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    out.stderr += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, ...out }
}

/** A receiver in a separate process, as a user starts it. */
export class Receiver {
  readonly folder: string
  readonly url: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly command: readonly string[]
  output = ''
  child: ChildProcess | undefined

  constructor(options: {
    folder: string
    port: number
    config?: string
    env?: NodeJS.ProcessEnv
    args?: readonly string[]
    /** The command; default: this Node.js on the sources. */
    command?: readonly string[]
  }) {
    this.folder = options.folder
    this.url = `http://127.0.0.1:${options.port}`
    this.env = options.env ?? {}
    this.command = options.command ?? [process.execPath, '--', MAIN]
    if (options.config !== undefined) this.configure(options.config)
    this.args = [
      'serve',
      '--listen',
      `127.0.0.1:${options.port}`,
      '--log-format',
      'json',
      ...(options.args ?? []),
    ]
  }

  configure(yaml: string): void {
    writeFileSync(join(this.folder, 'dingtalk-receiver.yml'), yaml)
  }

  /** Starts it without waiting. */
  launch(): ChildProcess {
    const [program, ...before] = this.command as [string, ...string[]]
    const child = spawn(program, [...before, ...this.args], {
      cwd: this.folder,
      env: { ...cleanEnv(), ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    const take = (chunk: Buffer): void => {
      this.output += chunk
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    return child
  }

  /** Starts it and waits until it is ready; throws with its output if it exits before. */
  async start(askEveryMs = 50): Promise<this> {
    const child = this.launch()
    for (let i = 0; i < 60_000 / askEveryMs; i += 1) {
      if (child.exitCode !== null) throw new Error(`the receiver ended: ${this.output}`)
      const ready = await fetch(`${this.url}/-/ready`).catch(() => undefined)
      if (ready?.ok) return this
      await sleep(askEveryMs)
    }
    throw new Error(`the receiver did not become ready: ${this.output}`)
  }

  /** Ends it with a signal and returns its exit code. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null
    const closed = new Promise<number | null>((resolve) => child.on('exit', resolve))
    child.kill(signal)
    return closed
  }

  async get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`)
  }

  async json<T>(path: string): Promise<T> {
    return (await this.get(path)).json() as Promise<T>
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
  }
}

/** Waits until a condition holds; throws its name on timeout. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 20_000,
): Promise<T> {
  const end = Date.now() + withinMs
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`never: ${what}`)
    await sleep(25)
  }
}

function cleanEnv(): NodeJS.ProcessEnv {
  const { DINGTALK_RECEIVER_CONFIG, DINGTALK_WEBHOOK, DINGTALK_SECRET, NODE_OPTIONS, ...rest } =
    process.env
  return { ...rest, NODE_NO_WARNINGS: '1' }
}
