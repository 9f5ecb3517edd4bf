import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort, Receiver, runCommand, temporaryFolder, until } from '../support/receiver.ts'

const FIXTURES = fileURLToPath(new URL('../http/fixtures/', import.meta.url))
/** bcrypt of `secret`. */
const HASH = '$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW'
const CONFIG = `robots: { lab: { webhook: sandbox } }
channels: { ops: { robots: [lab] } }
admin: { token: 0123456789abcdef }
`
const FLAGS = ['--web.config.file', 'web.yml', '--storage.path', 'state']

/** Asks over TLS, as a user or as nobody; the status, undefined while nothing answers. */
function ask(port: number, user?: string, path = '/metrics'): Promise<number | undefined> {
  const ca = readFileSync(`${FIXTURES}ca.crt`)
  const auth = user === undefined ? {} : { auth: `${user}:secret` }
  return new Promise((resolve) => {
    request({ host: '127.0.0.1', port, path, ca, agent: false, ...auth }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
      .on('error', () => resolve(undefined))
      .end()
  })
}

describe('--web.config.file, end to end', () => {
  test('brings TLS and users, who change with the file, and `health` finds the receiver', async () => {
    using folder = temporaryFolder()
    cpSync(FIXTURES, folder.path, { recursive: true })
    const write = (users: string): void =>
      writeFileSync(
        join(folder.path, 'web.yml'),
        `tls_server_config: { cert_file: server.crt, key_file: server.key, min_version: TLS13 }\n${users}`,
      )
    write(`basic_auth_users: { prometheus: ${HASH} }\n`)
    const port = await freePort()
    const config = `listen: 127.0.0.1:${port}\n${CONFIG}`
    await using receiver = new Receiver({ folder: folder.path, port, config, args: FLAGS })
    receiver.launch()
    await until('it listens', async () => (await ask(port, 'prometheus', '/-/ready')) === 200)
    assert.deepEqual(
      [await ask(port), await ask(port, 'other'), await ask(port, 'prometheus')],
      [401, 401, 200],
    )
    const health = () => runCommand(['health', ...FLAGS], { cwd: folder.path })
    assert.deepEqual(await health(), { code: 0, stdout: 'ready\n', stderr: '' })

    write(`basic_auth_users: { other: ${HASH} }\n`)
    await until('the new user is known', async () => (await ask(port, 'other')) === 200)
    assert.equal(await ask(port, 'prometheus'), 401)

    write('basic_auth_users: { other: secret }\n')
    await until('the refusal', () => /must be a bcrypt hash/.test(receiver.output))
    assert.equal(await ask(port, 'other'), 200)
    assert.ok(!receiver.output.includes(HASH))
    assert.equal(await receiver.end(), 0)
  })

  test('with a fault ends the start with its line, as `check` does', async () => {
    using folder = temporaryFolder()
    writeFileSync(join(folder.path, 'dingtalk-receiver.yml'), CONFIG)
    writeFileSync(join(folder.path, 'web.yml'), 'basic_auth_users: { prometheus: secret }\n')
    for (const command of ['check', 'serve']) {
      const { code, stdout, stderr } = await runCommand([command, ...FLAGS], { cwd: folder.path })
      assert.equal(code, 1)
      assert.match(
        stdout + stderr,
        /web\.yml:1:33: basic_auth_users\.prometheus: must be a bcrypt hash/,
      )
    }
  })
})
