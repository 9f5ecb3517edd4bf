import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

const LAB = 'robots: { lab: { webhook: sandbox } }\nchannels: { ops: { robots: [lab] } }\n'
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../http/fixtures/${name}`, import.meta.url))

/** The status and the server's certificate; undefined while nothing answers. */
function askOverTls(port: number): Promise<{ status: number; shown: string } | undefined> {
  const ca = readFileSync(fixture('ca.crt'))
  return new Promise((resolve) => {
    request({ host: '127.0.0.1', port, path: '/-/ready', ca, agent: false }, (response) => {
      const shown = String((response.socket as TLSSocket).getPeerCertificate().subject.CN)
      response.resume()
      response.on('end', () => resolve({ status: response.statusCode ?? 0, shown }))
    })
      .on('error', () => resolve(undefined))
      .end()
  })
}

describe('access control, end to end', () => {
  test('an open receiver on a public address warns in the log, the banner and the status', async () => {
    using folder = temporaryFolder()
    const port = await freePort()
    await using receiver = await new Receiver({
      folder: folder.path,
      port,
      args: ['--listen', `0.0.0.0:${port}`],
    }).start()
    assert.match(
      receiver.output,
      /any client that reaches 0\.0\.0\.0:\d+ may post alerts; set auth/,
    )
    assert.match(receiver.output, /"message":"access\.exposed"/)
    const { warnings } = await receiver.json<{ warnings: string[] }>('/api/v1/status')
    assert.match(warnings.join('\n'), /may post alerts; set auth/)
  })

  test('a console behind a proxy without a token warns, with what to set', async () => {
    const started = async (more: string): Promise<string> => {
      using folder = temporaryFolder()
      const port = await freePort()
      await using receiver = new Receiver({ folder: folder.path, port, config: `${LAB}${more}` })
      await receiver.start()
      return receiver.output
    }
    assert.match(await started(''), /admin\.token, or list the proxy in trusted_proxies/)
    const behind = await started('external_url: https://alerts.example.com\n')
    assert.match(behind, /external_url leads .*admin\.token.*trusted_proxies/)
    assert.doesNotMatch(await started('admin: { token: the-admin-token }\n'), /access\.local/)
  })

  test('a secret is renewed by writing its file', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'token')
    writeFileSync(file, 'the-first-token\n')
    await using receiver = await new Receiver({
      args: ['--log-format', 'pretty'],
      folder: folder.path,
      port: await freePort(),
      config: `${LAB}auth: [{ bearer: { file: token } }]\n`,
    }).start()
    assert.match(receiver.output, /-H "Authorization: Bearer \$TOKEN"/)
    assert.doesNotMatch(receiver.output, /Warning {3}/)
    const statusOf = async (token: string): Promise<number> => {
      const headers = { Authorization: `Bearer ${token}` }
      return (await receiver.post('/alertmanager/ops', { alerts: [] }, headers)).status
    }
    assert.deepEqual(
      [await statusOf('the-first-token'), await statusOf('the-second-token')],
      [200, 401],
    )
    writeFileSync(file, 'the-second-token\n')
    await until('the new token holds', async () => (await statusOf('the-second-token')) === 200)
    assert.equal(await statusOf('the-first-token'), 401)
  })

  test('certificates are renewed by writing their files; a wrong key is refused and the old ones stay', async () => {
    using folder = temporaryFolder()
    const put = (name: string, as: string): void =>
      copyFileSync(fixture(name), join(folder.path, as))
    put('server.crt', 'tls.crt')
    put('server.key', 'tls.key')
    const port = await freePort()
    await using receiver = new Receiver({
      folder: folder.path,
      port,
      config: `${LAB}tls: { cert: tls.crt, key: tls.key }\n`,
    })
    receiver.launch()
    const first = await until('it listens', async () => {
      const reply = await askOverTls(port)
      return reply?.status === 200 && reply
    })
    assert.equal(first.shown, 'server')
    assert.match(receiver.output, new RegExp(`"url":"https://127\\.0\\.0\\.1:${port}`))
    put('renewed.crt', 'tls.crt')
    await until('the refusal', () =>
      /tls\.key: .*does not belong to the certificate/.test(receiver.output),
    )
    assert.equal((await askOverTls(port))?.shown, 'server')
    put('renewed.key', 'tls.key')
    await until('the new certificate', async () => (await askOverTls(port))?.shown === 'renewed')
    assert.equal(await receiver.end(), 0)
  })

  test('a TLS change that needs a restart is refused with that reason', async () => {
    using folder = temporaryFolder()
    for (const name of ['server.crt', 'server.key'])
      copyFileSync(fixture(name), join(folder.path, name))
    const receiver = new Receiver({ folder: folder.path, port: await freePort(), config: LAB })
    await using _ = await receiver.start()
    receiver.configure(`${LAB}tls: { cert: server.crt, key: server.key }\n`)
    const reply = await receiver.post('/-/reload', '')
    assert.equal(reply.status, 500)
    assert.match(await reply.text(), /tls: cannot be added or removed while running/)
  })
})
