import type { RequestListener, Server, ServerOptions } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { AppError } from '../errors.ts'
import type { Tls } from '../model/access.ts'
import type { Settings } from '../model/settings.ts'
import { createServer } from './node-http.ts'

/** Limits on time and connections, per client and in total. */
export const LIMITS = {
  handshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 65_000,
  checkEveryMs: 5_000,
  connections: 2_048,
  /** Per address: half of all, so that one address cannot block the others. */
  connectionsOfOne: 1_024,
} as const

export type ServerLimits = Readonly<Record<keyof typeof LIMITS, number>>

interface ListenerOptions {
  tls: Tls | undefined
  limits: ServerLimits
  /** Request and response classes with Express's prototypes. */
  classes: Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>
  tlsFailed: (address: string | undefined, error: Error) => void
}

/** Creates the server, with TLS if configured; it does not listen yet. */
export function createListener(listener: RequestListener, options: ListenerOptions): Server {
  const { tls, limits, classes } = options
  const common = {
    ...classes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkEveryMs,
  }
  const server =
    tls === undefined
      ? createServer(common, listener)
      : // An import would load TLS for every receiver.
        process.getBuiltinModule('node:https').createServer(
          {
            ...common,
            ...secureContextOf(tls),
            handshakeTimeout: limits.handshakeMs,
            requestCert: tls.clientCa !== undefined,
            rejectUnauthorized: true,
          },
          listener,
        )
  server.on('tlsClientError', (error: Error, socket: Socket) =>
    options.tlsFailed(socket.remoteAddress, error),
  )
  limitConnections(server, limits)
  return server
}

/** Replaces the certificates for new connections; open connections continue. */
export function renewTls(server: Server, tls: Tls | undefined): void {
  if (tls !== undefined && isTls(server)) server.setSecureContext(secureContextOf(tls))
}

function isTls(server: Server | TlsServer): server is TlsServer {
  return 'setSecureContext' in server
}

function secureContextOf({ cert, key, clientCa, protocol }: Tls) {
  return {
    cert,
    key: key.reveal(),
    minVersion: 'TLSv1.2',
    ...protocol,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  } as const
}

function limitConnections(server: Server, limits: ServerLimits): void {
  server.maxConnections = limits.connections
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress
    if (address === undefined) return
    const count = (open.get(address) ?? 0) + 1
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left === 0) open.delete(address)
      else open.set(address, left)
    })
    if (count > limits.connectionsOfOne) socket.destroy()
  })
}

/** Listens at the configured address and returns the base URL. AppError cannot_listen. */
export async function listen(
  server: Server,
  { listen: { host, port }, access }: Pick<Settings, 'listen' | 'access'>,
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new AppError(
          'cannot_listen',
          error.code === 'EADDRINUSE'
            ? `${host}:${port} is already in use; stop the program that listens there, or choose another address with --listen`
            : `cannot listen on ${host}:${port}: ${error.message}`,
        ),
      ),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  const shown = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  return `${access.tls === undefined ? 'http' : 'https'}://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`
}
