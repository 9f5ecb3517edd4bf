import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestOf } from './payload.ts'

/**
 * A process that posts payloads nobody has posted before, over raw sockets, and prints what came of them as JSON.
 * It costs a tenth of a general load tester, so that on two cores the receiver is measured and not its client: each
 * connection has its request ready as bytes, of which only the digits of its number change.
 */
export interface LoadOptions {
  port: number
  path: string
  alerts: number
  connections: number
  seconds: number
  /** Requests a second in all; 0: as many as are answered. */
  rate: number
  /** The first payload's number; each has another. */
  serial: number
}

export interface Loaded {
  perSecond: number
  ok: number
  /** Answers other than 200, by status; `broken`: connections that ended instead. */
  others: Record<string, number>
  /** From when a request was to be sent to its whole answer. */
  p50Ms: number
  p99Ms: number
  /** The number that the next payload may have. */
  serial: number
  cpuSeconds: number
}

class Load {
  readonly #options: LoadOptions
  readonly #latencies: number[] = []
  readonly #free: Sender[] = []
  #serial: number
  #sent = 0
  #open = true
  ok = 0
  others: Record<string, number> = {}

  constructor(options: LoadOptions) {
    this.#options = options
    this.#serial = options.serial
  }

  async run(): Promise<Loaded> {
    const { connections, seconds, rate } = this.#options
    const senders = Array.from({ length: connections }, () => new Sender(this.#options))
    await Promise.all(senders.map((sender) => sender.ready))
    const cpu = process.cpuUsage()
    const began = performance.now()
    if (rate === 0) for (const sender of senders) void this.#again(sender)
    else {
      this.#free.push(...senders)
      while (performance.now() - began < seconds * 1000) {
        const due = ((performance.now() - began) / 1000) * rate
        while (this.#sent < due && this.#free.length > 0)
          void this.#one(this.#free.shift() as Sender, began + (this.#sent / rate) * 1000)
        await sleep(1)
      }
    }
    await sleep(Math.max(0, began + seconds * 1000 - performance.now()))
    this.#open = false
    const elapsed = (performance.now() - began) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const ok = this.ok
    for (const sender of senders) sender.end()
    this.#latencies.sort((a, b) => a - b)
    return {
      perSecond: ok / elapsed,
      ok,
      others: this.others,
      p50Ms: this.#quantile(0.5),
      p99Ms: this.#quantile(0.99),
      serial: this.#serial,
      cpuSeconds: (user + system) / 1e6,
    }
  }

  #quantile(share: number): number {
    return this.#latencies[Math.floor(this.#latencies.length * share)] ?? Number.NaN
  }

  async #again(sender: Sender): Promise<void> {
    while (this.#open) await this.#send(sender, performance.now())
  }

  async #one(sender: Sender, dueMs: number): Promise<void> {
    await this.#send(sender, dueMs)
    this.#free.push(sender)
  }

  async #send(sender: Sender, dueMs: number): Promise<void> {
    this.#sent += 1
    const status = await sender.send(this.#serial++)
    if (!this.#open) return
    this.#latencies.push(performance.now() - dueMs)
    if (status === '200') this.ok += 1
    else {
      this.others[status] = (this.others[status] ?? 0) + 1
      if (status === 'broken') await sleep(10)
    }
  }
}

/** Larger than any answer to a request. */
const ANSWER_BYTES = 4_096

/** One connection, one request at a time; a connection that ended is opened again. */
class Sender {
  readonly #options: LoadOptions
  readonly #request: ReturnType<typeof requestOf>
  readonly #answer = Buffer.alloc(ANSWER_BYTES)
  #length = 0
  #socket: Socket
  #done: (status: string) => void = () => {}
  ready: Promise<void>

  constructor(options: LoadOptions) {
    this.#options = options
    this.#request = requestOf(options.alerts, options.path)
    this.#socket = this.#connect()
    this.ready = new Promise((resolve) => this.#socket.once('connect', () => resolve()))
  }

  send(serial: number): Promise<string> {
    return new Promise((resolve) => {
      this.#done = resolve
      this.#length = 0
      this.#socket.write(this.#request(serial))
    })
  }

  end(): void {
    this.#done = () => {}
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  #connect(): Socket {
    const socket = connect({
      port: this.#options.port,
      host: '127.0.0.1',
      noDelay: true,
      // Read into the same memory each time, without an event for each piece.
      onread: {
        buffer: Buffer.alloc(ANSWER_BYTES),
        callback: (bytes, piece) => this.#take(bytes, piece),
      },
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#socket = this.#connect()
      if (!isWhole(this.#answer, this.#length)) this.#done('broken')
    })
    return socket
  }

  #take(bytes: number, piece: Uint8Array): boolean {
    this.#answer.set(piece.subarray(0, bytes), this.#length)
    this.#length += bytes
    if (isWhole(this.#answer, this.#length)) this.#done(this.#answer.toString('latin1', 9, 12))
    return true
  }
}

/** Every answer is a JSON object, with a line feed after it or not, or the last chunk of one. */
function isWhole(answer: Buffer, length: number): boolean {
  const last = answer[length - 1]
  if (last === CLOSE_BRACE) return true
  return last === LINE_FEED && (answer[length - 2] === CLOSE_BRACE || answer[length - 5] === ZERO)
}

const CLOSE_BRACE = 125
const LINE_FEED = 10
const ZERO = 48

const loaded = await new Load(JSON.parse(process.argv[2] as string) as LoadOptions).run()
process.stdout.write(JSON.stringify(loaded), () => process.exit(0))
