import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort, Receiver, runCommand, temporaryFolder, until } from '../support/receiver.ts'

const LAB = 'robots: { lab: { webhook: sandbox } }\nchannels: { ops: { robots: [lab] } }\n'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../http/fixtures/${name}`, import.meta.url))

const tls = (more = ''): string =>
  `tls: { cert: "${fixture('server.crt')}", key: "${fixture('server.key')}" ${more} }\n`

/** Runs `health`, with the same or another configuration, while a receiver has this one, and after it has ended. */
async function healthOf(more: string, { asked = more } = {}) {
  using folder = temporaryFolder()
  const port = await freePort()
  const configWith = (part: string): string => `listen: 127.0.0.1:${port}\n${LAB}${part}`
  await using receiver = new Receiver({ folder: folder.path, port, config: configWith(more) })
  receiver.launch()
  await until('the receiver listens', () => receiver.output.includes('server.listening'))
  writeFileSync(join(folder.path, 'asked.yml'), configWith(asked))
  const run = () => runCommand(['health', '--config', 'asked.yml'], { cwd: folder.path })
  const up = await run()
  await receiver.end('SIGTERM')
  return { up, down: await run(), port }
}

describe('health', () => {
  test('exits with 0 while the receiver accepts alerts, then with 1 and one line on standard error', async () => {
    const { up, down, port } = await healthOf('')
    assert.deepEqual(up, { code: 0, stdout: 'ready\n', stderr: '' })
    const words = `no receiver answers at 127.0.0.1:${port}\n`
    assert.deepEqual(down, { code: 1, stdout: '', stderr: words })
  })

  test('uses TLS and credentials if they are configured', async () => {
    for (const more of [
      tls(),
      tls(`, client_ca: "${fixture('ca.crt')}"`),
      'admin: { token: "the-admin-token", protect: [health] }\n',
      `${tls()}auth: [{ bearer: "a-bearer-token" }]\nadmin: { protect: [health] }\n`,
      'auth: [{ basic: { username: u, password: "a-long-password" } }]\nadmin: { protect: [health] }\n',
      'auth: [{ header: { name: X-Token, value: "a-long-value" } }]\nadmin: { protect: [health] }\n',
    ]) {
      const { up } = await healthOf(more)
      assert.deepEqual(up, { code: 0, stdout: 'ready\n', stderr: '' }, more)
    }
  })

  test('says in words that only one side has TLS', async () => {
    const { up: plain, port } = await healthOf(tls(), { asked: '' })
    assert.deepEqual([plain.code, plain.stdout], [1, ''])
    assert.ok(plain.stderr.startsWith(`127.0.0.1:${port} closed the connection without a reply;`))
    assert.match(plain.stderr, /speaks TLS.* has no tls\. Use the --config .* restart it\n$/)
    const { up } = await healthOf('', { asked: tls() })
    assert.deepEqual([up.code, up.stdout], [1, ''])
    assert.match(up.stderr, /^127\.0\.0\.1:\d+ does not speak TLS.* restart it\n$/)
  })

  test('exits with 1 while the receiver waits for its database', async () => {
    const store = `store: postgres://u@127.0.0.1:${await freePort()}/d\n`
    const { up } = await healthOf(store)
    assert.deepEqual(up, { code: 1, stdout: '', stderr: 'not ready\n' })
  })

  test('exits with 1 if another program answers, or the configuration has a fault', async () => {
    using folder = temporaryFolder()
    const server = createServer((_request, response) =>
      response.end('Prometheus Server is Ready.\n'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const file = join(folder.path, 'dingtalk-receiver.yml')
    writeFileSync(file, `listen: 127.0.0.1:${port}\n${LAB}`)
    const other = await runCommand(['health'], { cwd: folder.path })
    assert.deepEqual(other, {
      code: 1,
      stdout: '',
      stderr: 'HTTP 200: Prometheus Server is Ready.\n',
    })
    server.close()
    writeFileSync(file, 'robots: {}\n')
    const faulty = await runCommand(['health'], { cwd: folder.path })
    assert.deepEqual([faulty.code, faulty.stdout], [1, ''])
    assert.match(faulty.stderr, /channels is missing/)
  })
})
