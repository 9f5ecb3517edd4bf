import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Agent, request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { connect as tlsConnect } from 'node:tls'
import { renewTls } from '../../src/http/listener.ts'
import type { Tls } from '../../src/model/access.ts'
import { Secret } from '../../src/model/secret.ts'
import { serve } from './serving.ts'

const pem = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const CA = pem('ca.crt')

const tlsOf = (name: string, clientCa?: string): Tls => ({
  cert: pem(`${name}.crt`),
  key: new Secret(pem(`${name}.key`)),
  clientCa,
  expiresAt: new Date('2120-01-01'),
})

/** The status and the server's certificate; rejects if TLS fails. */
function ask(port: number, options: { agent?: Agent; cert?: string; key?: string } = {}) {
  return new Promise<{ status: number; shown: string }>((resolve, reject) => {
    const agent = options.agent ?? new Agent({ ca: CA, ...options })
    httpsRequest({ host: '127.0.0.1', port, path: '/-/healthy', agent }, (response) => {
      response.resume()
      const { socket } = response as unknown as { socket: import('node:tls').TLSSocket }
      const shown = String(socket.getPeerCertificate().subject.CN)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, shown }))
    })
      .on('error', reject)
      .end()
  })
}

describe('TLS', () => {
  test('is required once a certificate is configured', async () => {
    await using server = await serve({ access: { tls: tlsOf('server') } })
    assert.deepEqual(await ask(server.port), { status: 200, shown: 'server' })
    await assert.rejects(fetch(`http://127.0.0.1:${server.port}/-/healthy`))
    assert.equal((await ask(server.port)).status, 200)
  })

  test('uses a renewed certificate for new connections, and keeps open ones', async () => {
    await using server = await serve({ access: { tls: tlsOf('server') } })
    const agent = new Agent({ ca: CA, keepAlive: true, maxSockets: 1 })
    assert.deepEqual(await ask(server.port, { agent }), { status: 200, shown: 'server' })
    renewTls(server.server, tlsOf('renewed'))
    assert.deepEqual(await ask(server.port, { agent }), { status: 200, shown: 'server' })
    assert.deepEqual(await ask(server.port), { status: 200, shown: 'renewed' })
    agent.destroy()
  })

  test('with client_ca, only clients with a certificate of it connect', async () => {
    await using server = await serve({ access: { tls: tlsOf('server', CA) } })
    const client = { cert: pem('client.crt'), key: pem('client.key') }
    assert.equal((await ask(server.port, client)).status, 200)
    await assert.rejects(ask(server.port), /ECONNRESET|certificate required|socket hang up/i)
    const fixture = (name: string): string =>
      readFileSync(new URL(`../notifiers/fixtures/${name}`, import.meta.url), 'utf8')
    const stranger = { cert: fixture('stranger.crt'), key: fixture('stranger.key') }
    await assert.rejects(ask(server.port, stranger))
    renewTls(server.server, tlsOf('renewed', CA))
    await assert.rejects(ask(server.port))
    assert.deepEqual(await ask(server.port, client), { status: 200, shown: 'renewed' })
  })

  test('refuses insecure versions', async () => {
    await using server = await serve({ access: { tls: tlsOf('server') } })
    const old = new Promise((resolve, reject) => {
      const socket = tlsConnect({
        host: '127.0.0.1',
        port: server.port,
        ca: CA,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      })
      socket.on('secureConnect', resolve)
      socket.on('error', reject)
    })
    await assert.rejects(old)
  })

  test('with a configured version and cipher suite refuses others', async () => {
    const protocol = {
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.2',
      honorCipherOrder: true,
      ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
    } as const
    await using server = await serve({ access: { tls: { ...tlsOf('server'), protocol } } })
    const shake = (options: object) =>
      new Promise<string>((resolve, reject) => {
        const socket = tlsConnect({ host: '127.0.0.1', port: server.port, ca: CA, ...options })
        socket.on('secureConnect', () => {
          resolve(`${socket.getProtocol()} ${socket.getCipher().name.slice(-18)}`)
          socket.destroy()
        })
        socket.on('error', reject)
      })
    assert.equal(await shake({}), 'TLSv1.2 -AES256-GCM-SHA384')
    await assert.rejects(shake({ minVersion: 'TLSv1.3' }))
    await assert.rejects(shake({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE+AES128' }))
  })

  test('plain text ends only its own connection', async () => {
    await using server = await serve({ access: { tls: tlsOf('server') } })
    const socket = connect(server.port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await closed
    assert.equal((await ask(server.port)).status, 200)
  })
})
