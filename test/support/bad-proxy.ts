import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** The proxy's behaviour. */
export type Behaviour =
  /** Forwards the request. */
  | { kind: 'ok' }
  /** Refuses with an HTML page. */
  | { kind: 'refuse'; status: number }
  /** Requires these credentials, then forwards. */
  | { kind: 'password'; user: string; password: string }
  /** Accepts and never answers. */
  | { kind: 'silence' }
  /** Confirms the tunnel, then stays silent. */
  | { kind: 'open_then_silence' }
  /** Confirms the tunnel, then resets it. */
  | { kind: 'open_then_reset' }
  /** Resets the connection. */
  | { kind: 'reset' }
  /** Answers with 200 and its own page. */
  | { kind: 'page'; html: string }

/** One request as the proxy saw it. */
export interface Asked {
  method: string
  /** `host:port` of a CONNECT, otherwise the URL. */
  target: string
  headers: IncomingMessage['headers']
}

/** A forward proxy that misbehaves on command. */
export interface BadProxy extends AsyncDisposable {
  url: string
  host: string
  asked: readonly Asked[]
  behave: (behaviour: Behaviour) => void
  close: () => Promise<void>
}

/** `connectTo`: target of all connections, regardless of the requested host, so that tests can use fictitious names. */
export async function startBadProxy(
  behaviour: Behaviour = { kind: 'ok' },
  { connectTo }: { connectTo?: { host: string; port: number } } = {},
): Promise<BadProxy> {
  const now = { behaviour }
  const asked: Asked[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    return socket
  }
  const note = ({ method = '', url = '', headers }: IncomingMessage): void => {
    asked.push({ method, target: url, headers })
  }

  const server = createServer((request, response) => {
    note(request)
    request.on('error', () => {})
    const refuse = (status: number, html = `<html>proxy says ${status}</html>`): void => {
      const headers = { 'content-type': 'text/html', ...challenge(status) }
      request.resume().on('end', () => response.writeHead(status, headers).end(html))
    }
    const does = now.behaviour
    switch (does.kind) {
      case 'refuse':
        return refuse(does.status)
      case 'page':
        return refuse(200, does.html)
      case 'reset':
      case 'open_then_reset':
        request.socket.resetAndDestroy()
        return
      case 'silence':
      case 'open_then_silence':
        request.resume()
        return
      case 'password':
        if (!isAllowed(request, does)) return refuse(407)
    }
    if (!URL.canParse(request.url ?? '')) return refuse(400)
    const { hostname, port, pathname, search } = new URL(request.url ?? '')
    const { 'proxy-authorization': _hidden, ...headers } = request.headers
    const onward = httpRequest(
      {
        host: connectTo?.host ?? hostname,
        port: connectTo?.port ?? (port === '' ? 80 : Number(port)),
        path: pathname + search,
        method: request.method,
        headers,
      },
      (reply) => {
        response.writeHead(reply.statusCode ?? 502, reply.headers)
        reply.pipe(response)
      },
    )
    onward.on('error', () => response.writeHead(502).end())
    request.pipe(onward)
  })

  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    note(request)
    const refuse = (status: number, html = ''): void => {
      const fields = Object.entries({ 'content-length': html.length, ...challenge(status) })
      const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      socket.end(`HTTP/1.1 ${status} Says No\r\n${lines}\r\n${html}`)
    }
    const does = now.behaviour
    switch (does.kind) {
      case 'refuse':
        return refuse(does.status, '<html>no</html>')
      case 'page':
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        socket.end(`HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n${does.html}`)
        return
      case 'reset':
        socket.resetAndDestroy()
        return
      case 'silence':
        return
      case 'open_then_silence':
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        return
      case 'open_then_reset':
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.once('data', () => socket.resetAndDestroy())
        return
      case 'password':
        if (!isAllowed(request, does)) return refuse(407)
    }
    const [host = '', port = '443'] = (request.url ?? '').split(':')
    const onward = keep(connect(connectTo ?? { host, port: Number(port) }))
    onward.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => refuse(502))
    socket.on('close', () => onward.destroy())
  })

  server.on('connection', keep)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    asked,
    behave: (behaviour) => {
      now.behaviour = behaviour
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function challenge(status: number): Record<string, string> {
  return status === 407 ? { 'proxy-authenticate': 'Basic realm="proxy"' } : {}
}

function isAllowed(
  request: IncomingMessage,
  { user, password }: { user: string; password: string },
): boolean {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return request.headers['proxy-authorization'] === wanted
}
