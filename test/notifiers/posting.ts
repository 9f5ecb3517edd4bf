import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type Clock, realClock } from '../../src/clock.ts'
import type { Attempt } from '../../src/model/message.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Robot } from '../../src/model/settings.ts'
import { createDingtalk } from '../../src/notifiers/dingtalk/index.ts'
import type { Notifier } from '../../src/notifiers/notifier.ts'
import { type GroupOptions, SandboxGroup } from '../../src/sandbox/group.ts'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'
import { robotNamed } from '../support/settings.ts'

export const TOKEN = 'canary-token-0123456789'
export const SECRET = 'SECcanary0123456789abcdef'
export const NOW = new Date('2026-11-24T08:00:00Z')

/** So long that it never ends a passing test. */
export const PLENTY_MS = 20_000
export const SHORT_MS = 300

export interface Fixture extends AsyncDisposable {
  notifier: Notifier
  standIn: StandIn
  robot: (changes?: Partial<Robot>) => Robot
  /** Sends a small message and checks that the result contains no secret. */
  send: (robot?: Robot) => Promise<Attempt>
}

export async function fixture({
  clock = realClock,
  tls,
  group: options = {},
}: {
  clock?: Clock
  tls?: { cert: string; key: string }
  group?: GroupOptions
} = {}): Promise<Fixture> {
  const standIn = await startStandIn({ now: () => NOW, group: options, ...(tls && { tls }) })
  const group = new SandboxGroup(options)
  const notifier = createDingtalk({
    clock,
    sandbox: (robot, request, now) => group.receive(robot, request, now),
  })
  const robot = (changes: Partial<Robot> = {}): Robot =>
    robotNamed('ops-1', {
      target: { kind: 'webhook', url: new Secret(standIn.url(TOKEN)) },
      timeoutMs: PLENTY_MS,
      ...changes,
    })
  const sent = { count: 0 }
  return {
    notifier,
    standIn,
    robot,
    send: async (to = robot()) => {
      sent.count += 1
      const attempt = await notifier.send(to, bodyFor(to, `uuid-${sent.count}`), NOW)
      assert.ok(!/canary/i.test(JSON.stringify(attempt)), JSON.stringify(attempt))
      return attempt
    },
    async [Symbol.asyncDispose]() {
      await notifier.close()
      await standIn.close()
    },
  }

  function bodyFor(to: Robot, uuid: string): string {
    const mention = { mobiles: [], users: [], all: false }
    const content = {
      format: 'markdown' as const,
      title: 'T',
      text: 'text',
      mention,
      link: undefined,
    }
    return notifier.compose(content, [to], uuid)
  }
}

export function pem(name: string): { cert: string; key: string } {
  const read = (end: string): string =>
    readFileSync(new URL(`fixtures/${name}.${end}`, import.meta.url), 'utf8')
  return { cert: read('crt'), key: read('key') }
}

/** A plain TCP server that handles each connection with `connected`. */
export async function tcpServer(
  connected: (socket: Socket) => void,
): Promise<{ port: number; [Symbol.asyncDispose]: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    connected(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

export function webhook(url: string): Pick<Robot, 'target'> {
  return { target: { kind: 'webhook', url: new Secret(`${url}/robot/send?access_token=${TOKEN}`) } }
}

export function retryable(reason: string, reached: boolean, bounded = false): object {
  return { kind: 'retryable', reason, reached, bounded }
}
