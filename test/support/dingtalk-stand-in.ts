import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Robot } from '../../src/model/settings.ts'
import {
  type GroupOptions,
  SandboxGroup,
  type SandboxMessage,
  type SandboxReply,
} from '../../src/sandbox/group.ts'
import { robotNamed } from './settings.ts'

/** One request as it arrived. */
export interface Received {
  at: Date
  method: string
  /** Raw path and query. */
  target: string
  token: string
  headers: IncomingMessage['headers']
  body: string
  /** Number of the TCP connection, from 1. */
  connection: number
}

/**
 * A scripted reaction to one request, instead of the rules. With `taken` the group is shown the
 * message nevertheless, as when only the reply is lost.
 */
export type Step =
  | { kind: 'reply'; status?: number; headers?: Record<string, string>; body?: string | Uint8Array }
  /** Accepts the request and never answers. */
  | { kind: 'hang'; taken?: boolean }
  /** Resets the connection without an answer. */
  | { kind: 'reset'; taken?: boolean }
  /** Closes the connection without an answer. */
  | { kind: 'end'; taken?: boolean }
  /** Sends the headers and half of the body, then closes or resets the connection. */
  | { kind: 'cut'; by: 'end' | 'reset'; taken?: boolean }
  /** Sends the body byte by byte, forever. */
  | { kind: 'drip'; everyMs: number; taken?: boolean }
  /** Sends a body without end. */
  | { kind: 'endless'; taken?: boolean }
  /** Sends something that is not HTTP. */
  | { kind: 'garbage'; bytes: string }
  /** Answers by its rules after a delay. */
  | { kind: 'delay'; ms: number }

export interface StandInOptions {
  /** Settings of robots, by access token; others have DingTalk's limits and no security settings. */
  robots?: Record<string, Partial<Robot>>
  /** How the group answers. */
  group?: GroupOptions
  /** Tokens that do not exist. */
  unknown?: readonly string[]
  now?: () => Date
  tls?: { cert: string; key: string }
}

/** DingTalk's /robot/send on a port of this machine, by the sandbox's rules or as a script says. */
export interface StandIn extends AsyncDisposable {
  origin: string
  port: number
  /** The webhook of an access token. */
  url: (token: string) => string
  /** Every request so far, the oldest first. */
  received: readonly Received[]
  /** What the group was shown, newest first. */
  shown: (limit?: number) => SandboxMessage[]
  group: SandboxGroup
  /** The next requests are dealt with in these ways, one each; those after them by the rules again. */
  script: (...steps: Step[]) => void
  /** Ends all connections in order, as a server does with idle ones; resolves when the peers have ended them too. */
  closeIdle: () => Promise<void>
  /** Resolves when `count` requests have arrived. */
  arrived: (count: number) => Promise<void>
  close: () => Promise<void>
}

export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const { now = () => new Date() } = options
  const group = new SandboxGroup(options.group)
  const received: Received[] = []
  const steps: Step[] = []
  const sockets = new Map<Socket, number>()
  const timers = new Set<NodeJS.Timeout>()
  const waiting: { count: number; resolve: () => void }[] = []
  const seen = { connections: 0 }

  /** Answers by the rules; the group is shown what it takes. */
  const judged = ({ token, target, body, method, at }: Received): SandboxReply => {
    if (method !== 'POST') return refusal(43002, '需要POST请求')
    if (token === '') return refusal(40035, '缺少参数 access_token')
    if (options.unknown?.includes(token)) return refusal(300005, 'token is not exist')
    const robot = robotNamed(token, options.robots?.[token])
    const query = new URL(target, 'http://stand-in').searchParams
    return group.receive({ ...robot, name: token }, { query, body }, at)
  }

  const answer = (request: Received, response: ServerResponse): void => {
    const step = steps.shift()
    const plain = ({ body, encoding }: SandboxReply): void => {
      response.setHeader('content-type', 'application/json;charset=utf-8')
      if (encoding !== undefined) response.setHeader('content-encoding', encoding)
      response.end(body)
    }
    if (step === undefined) {
      plain(judged(request))
      return
    }
    if ('taken' in step && step.taken === true) judged(request)
    const { socket } = response
    switch (step.kind) {
      case 'reply':
        response.writeHead(step.status ?? 200, {
          'content-type': 'application/json',
          ...step.headers,
        })
        response.end(step.body ?? '')
        return
      case 'hang':
        return
      case 'reset':
        socket?.resetAndDestroy()
        return
      case 'end':
        socket?.destroy()
        return
      case 'cut':
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '30' })
        response.write('{"errcode":0,', () =>
          step.by === 'reset' ? socket?.resetAndDestroy() : socket?.end(),
        )
        return
      case 'drip': {
        response.writeHead(200, { 'content-type': 'application/json' })
        const timer = setInterval(() => response.write(' '), step.everyMs)
        timers.add(timer)
        response.on('close', () => clearInterval(timer))
        return
      }
      case 'endless': {
        const chunk = 'x'.repeat(16_384)
        response.writeHead(200, { 'content-type': 'text/html' })
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
        }
        response.on('drain', more)
        more()
        return
      }
      case 'garbage':
        socket?.end(step.bytes)
        return
      case 'delay':
        timers.add(setTimeout(() => plain(judged(request)), step.ms))
    }
  }

  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const at = now()
    const chunks: Buffer[] = []
    response.on('error', () => {})
    request.on('error', () => {})
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const target = request.url ?? ''
      const taken: Received = {
        at,
        method: request.method ?? '',
        target,
        token: new URL(target, 'http://stand-in').searchParams.get('access_token') ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        connection: sockets.get(request.socket) ?? 0,
      }
      received.push(taken)
      answer(taken, response)
      for (const each of waiting) if (received.length >= each.count) each.resolve()
    })
  }

  const server = options.tls === undefined ? createServer(take) : createTlsServer(options.tls, take)
  const connected = (socket: Socket): void => {
    seen.connections += 1
    sockets.set(socket, seen.connections)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', connected)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`

  const close = async (): Promise<void> => {
    for (const timer of timers) clearTimeout(timer)
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    for (const socket of sockets.keys()) socket.destroy()
    await closed
  }
  return {
    origin,
    port,
    url: (token) => `${origin}/robot/send?access_token=${encodeURIComponent(token)}`,
    received,
    shown: (limit) => group.shown(limit),
    group,
    script: (...more) => {
      steps.push(...more)
    },
    closeIdle: async () => {
      const ended = [...sockets.keys()].map(
        (socket) => new Promise<unknown>((resolve) => socket.once('close', resolve).end()),
      )
      await Promise.all(ended)
    },
    arrived: (count) =>
      received.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count, resolve })),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function refusal(errcode: number, errmsg: string): SandboxReply {
  return { status: 200, body: JSON.stringify({ errcode, errmsg }), encoding: undefined }
}
