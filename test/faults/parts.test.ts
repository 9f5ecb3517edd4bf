import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const PRELOAD = fileURLToPath(new URL('../support/end-worker.mjs', import.meta.url))

const LAB = 'robots: { lab: { webhook: sandbox } }\nchannels: { ops: { robots: [lab] } }\n'
const PAYLOAD = { alerts: [{ status: 'firing', labels: { alertname: 'A' } }] }

function linesOf(receiver: Receiver, message: string): Record<string, string>[] {
  return receiver.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, string>)
    .filter((line) => line['message'] === message)
}

/** Starts a receiver and waits until it listens, ready or not. */
async function listening(receiver: Receiver): Promise<void> {
  receiver.launch()
  await until('it listens', () =>
    fetch(`${receiver.url}/-/healthy`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
}

describe('a part that fails permanently', () => {
  test('ends the process with 1 and one line that names it: the thread of the store', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: LAB,
      command: [process.execPath, '--import', PRELOAD, MAIN],
    }).start()
    assert.equal((await receiver.post('/alertmanager/ops', PAYLOAD)).status, 200)
    const { child } = receiver
    assert.ok(child !== undefined)
    const ended = once(child, 'exit')
    child.kill('SIGUSR2')
    const [code] = await ended
    assert.equal(code, 1)
    const [line, ...others] = linesOf(receiver, 'process.ends')
    assert.equal(others.length, 0)
    assert.equal(line?.['level'], 'error')
    assert.equal(line?.['part'], 'store')
    assert.match(line?.['why'] ?? '', /thread ended/)
  })

  test('does not count as failed while the process stops', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: LAB,
    }).start()
    assert.equal(await receiver.end('SIGTERM'), 0)
    assert.deepEqual(linesOf(receiver, 'process.ends'), [])
  })
})

describe('a database that cannot be reached at the start', needsPostgres(), () => {
  test('leaves requests answered, and is used as soon as it is up', async () => {
    using folder = temporaryFolder()
    await using postgres = await Postgres.start()
    await postgres.down('fast')
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: `store: "${postgres.url}"\nauth: [{ bearer: "a-sender-of-alerts" }]\nadmin: { token: "the-admin-token" }\n${LAB}`,
    })
    await listening(receiver)
    const [said] = await until('it says what it waits for', () => {
      const lines = linesOf(receiver, 'store.awaited')
      return lines.length > 0 && lines
    })
    assert.equal(said?.['at'], `127.0.0.1:${postgres.port}`)
    assert.ok(!receiver.output.includes(encodeURIComponent(postgres.password)))
    assert.equal((await receiver.get('/-/ready')).status, 503)
    assert.equal((await receiver.post('/alertmanager/ops', PAYLOAD)).status, 401)
    const asSender = { Authorization: 'Bearer a-sender-of-alerts' }
    const refused = await receiver.post('/alertmanager/ops', PAYLOAD, asSender)
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.match(await refused.text(), /the database cannot be opened yet/)
    assert.equal((await receiver.get('/api/v1/status')).status, 401)
    const headers = { Authorization: 'Bearer the-admin-token' }
    for (const path of ['/api/v1/status', '/api/v1/messages', '/', '/messages']) {
      const reply = await fetch(`${receiver.url}${path}`, { headers })
      assert.equal(reply.status, 503, path)
      assert.match(await reply.text(), /the database cannot be opened yet/, path)
    }
    assert.equal((await receiver.get('/metrics')).status, 200)
    await postgres.up()
    await until('it is ready', async () => (await receiver.get('/-/ready')).ok)
    assert.equal((await receiver.post('/alertmanager/ops', PAYLOAD, asSender)).status, 200)
    await until('the alert is delivered', async () => {
      const reply = await fetch(`${receiver.url}/api/v1/messages?state=sent`, { headers })
      return ((await reply.json()) as { messages: unknown[] }).messages.length === 1
    })
    assert.equal(await receiver.end('SIGTERM'), 0)
  })

  test('does not keep a receiver from exiting with 0 on SIGTERM', async () => {
    using folder = temporaryFolder()
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: `store: "postgres://u:secret-word@127.0.0.1:${await freePort()}/x"\n${LAB}`,
    })
    await listening(receiver)
    await sleep(300)
    assert.equal(await receiver.end('SIGTERM'), 0)
    assert.ok(!receiver.output.includes('secret-word'))
    assert.deepEqual(linesOf(receiver, 'store.failed'), [])
  })

  test('is reported at once when a person must act, and retried', async () => {
    using folder = temporaryFolder()
    await using postgres = await Postgres.start()
    for (const [url, words] of [
      [postgres.url.replace(/:[^:@]+@/, ':wrong@'), /password authentication failed/],
      [postgres.url.replace(/\/postgres$/, '/nowhere'), /database "nowhere" does not exist/],
    ] as const) {
      await using receiver = new Receiver({
        folder: folder.path,
        port: await freePort(),
        config: `store: "${url}"\n${LAB}`,
      })
      await listening(receiver)
      const lines = linesOf(receiver, 'store.awaited')
      assert.match(lines[0]?.['why'] ?? '', words)
      assert.equal((await receiver.get('/-/ready')).status, 503)
      assert.equal(await receiver.end('SIGTERM'), 0)
    }
  })

  test('ends the start with 1 when waiting cannot help', async () => {
    using folder = temporaryFolder()
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: `store: "postgres://u@127.0.0.1:1/x?sslmod=require"\n${LAB}`,
    })
    const [code] = await once(receiver.launch(), 'exit')
    assert.equal(code, 1)
    assert.match(receiver.output, /sslmod/)
  })
})
