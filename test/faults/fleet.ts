import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  type StandIn,
  type StandInOptions,
  type Step,
  startStandIn,
} from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

/** One fault of the network or of DingTalk, with its own robot. */
export interface Case {
  id: string
  /** The stand-in's reactions to the first requests. */
  script?: Step[]
  standIn?: StandInOptions
  /** The robot's webhook, if it is not the stand-in's. */
  webhook?: (standIn: StandIn) => string
  /** Default 1s. */
  timeout?: string
  /** Length of the alert's description in characters. */
  length?: number
  /** Additional keys of the robot, as YAML. */
  robot?: string
}

export interface Message {
  id: string
  state: string
  reason: string | null
  attempts: { result: string; errcode: number | null; errmsg: string | null }[]
}

/** A real receiver with a robot and a channel for each case; all faults happen at the same time. */
export class Fleet implements AsyncDisposable {
  readonly receiver: Receiver
  readonly #standIns: ReadonlyMap<string, StandIn>
  readonly #folder: ReturnType<typeof temporaryFolder>

  private constructor(
    receiver: Receiver,
    standIns: ReadonlyMap<string, StandIn>,
    folder: ReturnType<typeof temporaryFolder>,
  ) {
    this.receiver = receiver
    this.#standIns = standIns
    this.#folder = folder
  }

  static async start(cases: readonly Case[], env: NodeJS.ProcessEnv = {}): Promise<Fleet> {
    const folder = temporaryFolder()
    const standIns = new Map<string, StandIn>()
    const robots: string[] = []
    for (const { id, script = [], standIn: options, webhook, robot, timeout = '1s' } of cases) {
      const standIn = await startStandIn(options)
      standIn.script(...script)
      standIns.set(id, standIn)
      const url = webhook?.(standIn) ?? standIn.url(`canary-${id}`)
      robots.push(
        `  ${id}: { webhook: "${url}", timeout: ${timeout}, limits: { messages: 20, per: 2s, penalty: 3s }${robot === undefined ? '' : `, ${robot}`} }`,
      )
    }
    const channels = cases.map(({ id }) => `  ${id}: { robots: [${id}], aggregate: false }`)
    const config = `robots:\n${robots.join('\n')}\nchannels:\n${channels.join('\n')}\n`
    const receiver = new Receiver({ folder: folder.path, port: await freePort(), config, env })
    await receiver.start()
    const fleet = new Fleet(receiver, standIns, folder)
    for (const { id, length } of cases) await fleet.post(id, { length })
    return fleet
  }

  /** Posts an alert to the channel of a case; it must be accepted, regardless of DingTalk. */
  async post(
    id: string,
    { instance = 'db-1', length = 10 }: { instance?: string; length?: number | undefined } = {},
  ): Promise<void> {
    const annotations = { description: 'd'.repeat(length) }

    const alerts = [
      { status: 'firing', labels: { alertname: id, severity: 'critical', instance }, annotations },
    ]
    const { status } = await this.receiver.post(`/alertmanager/${id}`, {
      groupKey: instance,
      alerts,
    })
    if (status !== 200) throw new Error(`${id} was answered ${status}`)
  }

  standIn(id: string): StandIn {
    return this.#standIns.get(id) as StandIn
  }

  /** The oldest message of a case, once it has ended or has the given number of attempts. */
  async message(
    id: string,
    { attempts = 1, state }: { attempts?: number; state?: string } = {},
  ): Promise<Message> {
    const { messages } = await until(`${id} has a message`, async () => {
      const list = await this.receiver.json<{ messages: Message[] }>(
        `/api/v1/messages?channel=${id}`,
      )
      return list.messages.length > 0 && list
    })
    const first = messages.at(-1) as Message
    return until(
      `${id} has ${attempts} attempts${state === undefined ? '' : ` and is ${state}`}`,
      async () => {
        const message = await this.receiver.json<Message>(`/api/v1/messages/${first.id}`)
        const isThere =
          state === undefined ? message.attempts.length >= attempts : message.state === state
        return isThere && message
      },
      60_000,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.end('SIGKILL')
    for (const standIn of this.#standIns.values()) await standIn.close()
    this.#folder[Symbol.dispose]()
  }
}

/** A local port on which connections hang: its backlog is full, and nothing accepts from it. */
export async function blackHole(): Promise<{ port: number } & AsyncDisposable> {
  const listen =
    "const s=require('net').createServer();s.listen({port:0,host:'127.0.0.1',backlog:1},()=>console.log(s.address().port))"
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(chunk.toString())
  child.kill('SIGSTOP')
  const sockets: Socket[] = []
  // Fill the backlog until a connection is not established at once.
  for (let full = false; !full && sockets.length < 64; ) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
    full = await Promise.race([
      once(socket, 'connect').then(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 500, true)),
    ])
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
