import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { freePort, Receiver, runCommand, temporaryFolder } from '../support/receiver.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../http/fixtures/${name}`, import.meta.url))

const LIMIT = { messages: 3, perMs: 8_000, penaltyMs: 60_000 }
const LIMITS = 'limits: { messages: 3, per: 8s, penalty: 1m }'

const startLimited = (): Promise<StandIn> => startStandIn({ robots: { t: { limits: LIMIT } } })

/** One robot in a channel, one in a pool, one without a channel. */
const configFor = (dingtalk: StandIn, port: number, more = ''): string =>
  `listen: 127.0.0.1:${port}
robots:
  used: { webhook: "${dingtalk.url('t')}", ${LIMITS} }
  pooled: { webhook: "${dingtalk.url('p')}" }
  unused: { webhook: "${dingtalk.url('u')}" }
  wrong: { webhook: "${dingtalk.url('nowhere')}" }
channels:
  ops: { robots: [used] }
  pool: { robots: [pooled], mode: pool }
  bad: { robots: [wrong] }
${more}`

const counted = (dingtalk: StandIn, token: string): number =>
  dingtalk.received.filter((each) => each.token === token).length

describe('the test command while a receiver runs', () => {
  test('goes through the receiver, so that the limit holds', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startLimited()
    const port = await freePort()
    const config = configFor(dingtalk, port)
    await using receiver = await new Receiver({ folder: folder.path, port, config }).start()
    for (let i = 0; i < 4; i += 1) {
      const { code, stdout, stderr } = await runCommand(['test', i === 2 ? 'used' : 'ops'], {
        cwd: folder.path,
      })
      assert.equal(code, 0, stdout + stderr)
      assert.match(stdout, /^used: accepted \(errcode 0\)\. /)
    }
    assert.equal(counted(dingtalk, 't'), 4)
    assert.equal(dingtalk.shown().length, 4)
    const { messages } = await receiver.json<{ messages: { kind: string }[] }>('/api/v1/messages')
    assert.equal(messages.filter(({ kind }) => kind === 'test').length, 4)
  })

  test("prints DingTalk's refusal, and tests any robot", async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({ unknown: ['nowhere'] })
    const port = await freePort()
    const config = configFor(dingtalk, port)
    await using _receiver = await new Receiver({ folder: folder.path, port, config }).start()
    const bad = await runCommand(['test', 'bad'], { cwd: folder.path })
    assert.equal(bad.code, 1)
    assert.match(bad.stdout, /^wrong: not accepted \(errcode \d+\)\. \S/)
    for (const [name, token] of [
      ['pool', 'p'],
      ['pooled', 'p'],
      ['unused', 'u'],
    ] as const) {
      const before = counted(dingtalk, token)
      const { code, stdout } = await runCommand(['test', name], { cwd: folder.path })
      assert.equal(code, 0, stdout)
      assert.equal(counted(dingtalk, token), before + 1)
    }
  })

  test('finds the receiver where it listens, despite --listen', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startLimited()
    const config = configFor(dingtalk, await freePort())
    const port = await freePort()
    await using receiver = await new Receiver({ folder: folder.path, port, config }).start()
    const { code, stdout, stderr } = await runCommand(['test', 'ops'], { cwd: folder.path })
    assert.equal(code, 0, stdout + stderr)
    assert.equal(await receiver.end('SIGTERM'), 0)
    assert.deepEqual(readdirSync(join(folder.path, 'data')), ['receiver.db'])
  })

  test('reaches it over TLS with the admin token, and rejects another certificate', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startLimited()
    const port = await freePort()
    const access = (name: string) =>
      `admin: { token: "the-admin-token" }\ntls: { cert: "${fixture(`${name}.crt`)}", key: "${fixture(`${name}.key`)}" }\n`
    const config = configFor(dingtalk, port, access('server'))
    await using receiver = new Receiver({ folder: folder.path, port, config })
    receiver.launch()
    let ran = await runCommand(['test', 'ops'], { cwd: folder.path })
    for (let i = 0; i < 100 && !receiver.output.includes('server.listening'); i += 1)
      await new Promise((resolve) => setTimeout(resolve, 100))
    ran = await runCommand(['test', 'ops'], { cwd: folder.path })
    assert.equal(ran.code, 0, ran.stdout + ran.stderr)
    writeFileSync(join(folder.path, 'other.yml'), configFor(dingtalk, port, access('renewed')))
    ran = await runCommand(['test', 'ops', '--config', 'other.yml'], { cwd: folder.path })
    assert.equal(ran.code, 1)
    assert.match(ran.stderr, /certificate differs from tls\.cert/)
    const wrongToken = configFor(dingtalk, port, access('server')).replace('the-admin', 'not-the')
    writeFileSync(join(folder.path, 'third.yml'), wrongToken)
    ran = await runCommand(['test', 'ops', '--config', 'third.yml'], { cwd: folder.path })
    assert.equal(ran.code, 1)
    assert.match(ran.stderr, /HTTP 401.*token is wrong/)
  })
})

describe('the test command while no receiver runs', () => {
  test('counts its calls in the store and waits until the limit allows', async () => {
    using folder = temporaryFolder()
    // Longer than the start of a process, even on a busy machine.
    const limits = { messages: 1, perMs: 20_000, penaltyMs: 60_000 }
    await using dingtalk = await startStandIn({ robots: { t: { limits } } })
    const port = await freePort()
    const config = configFor(dingtalk, port).replace(LIMITS, 'limits: { messages: 1, per: 20s }')
    writeFileSync(join(folder.path, 'dingtalk-receiver.yml'), config)
    const run = () => runCommand(['test', 'used'], { cwd: folder.path })
    const first = await run()
    assert.deepEqual([first.code, first.stderr], [0, ''])
    const second = await run()
    assert.equal(second.code, 0, second.stdout + second.stderr)
    assert.match(second.stderr, /^used: waits until .* to stay within its limit/)
    assert.equal(dingtalk.received.length, 2)
    assert.equal(dingtalk.shown().length, 2)
    await using receiver = await new Receiver({ folder: folder.path, port }).start()
    const { robots } = await receiver.json<{ robots: { used: { calls_left: number } } }>(
      '/api/v1/status',
    )
    assert.equal(robots.used.calls_left, 0)
  })

  test('makes one attempt and leaves nothing in the queue', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startLimited()
    const port = await freePort()
    writeFileSync(join(folder.path, 'dingtalk-receiver.yml'), configFor(dingtalk, port))
    dingtalk.script({ kind: 'reply', status: 502, body: 'busy' })
    const { code, stdout } = await runCommand(['test', 'ops'], { cwd: folder.path })
    assert.equal(code, 1)
    assert.match(stdout, /^used: not accepted/)
    await using receiver = await new Receiver({ folder: folder.path, port }).start()
    const { messages } = await receiver.json<{ messages: { state: string }[] }>('/api/v1/messages')
    assert.deepEqual(
      messages.map(({ state }) => state),
      ['dead'],
    )
    assert.equal(dingtalk.received.length, 1)
  })
})

describe('the test command on a shared database', needsPostgres(), () => {
  test("is sent by the process with the robot's lease, else by itself", async () => {
    using folder = temporaryFolder()
    await using postgres = await Postgres.start()
    await using dingtalk = await startLimited()
    const port = await freePort()
    const store = `store: "${postgres.url}"\n`
    const config = configFor(dingtalk, port, store)
    writeFileSync(join(folder.path, 'elsewhere.yml'), configFor(dingtalk, await freePort(), store))
    const run = () => runCommand(['test', 'ops', '--config', 'elsewhere.yml'], { cwd: folder.path })
    const alone = await run()
    assert.equal(alone.code, 0, alone.stdout + alone.stderr)
    await using _receiver = await new Receiver({ folder: folder.path, port, config }).start()
    const beside = await run()
    assert.equal(beside.code, 0, beside.stdout + beside.stderr)
    assert.match(beside.stderr, /another process holds its lease/)
    assert.equal(counted(dingtalk, 't'), 2)
  })

  test('tests a robot that the running receiver does not know yet, also after a wait for its limit', async () => {
    using folder = temporaryFolder()
    await using postgres = await Postgres.start()
    await using dingtalk = await startStandIn()
    const port = await freePort()
    const store = `store: "${postgres.url}"\n`
    const config = configFor(dingtalk, port, store)
    const fresh = `robots:\n  fresh: { webhook: "${dingtalk.url('f')}", limits: { messages: 1, per: 4s } }`
    const next = configFor(dingtalk, await freePort(), store).replace('robots:', fresh)
    writeFileSync(join(folder.path, 'next.yml'), next)
    await using _receiver = await new Receiver({ folder: folder.path, port, config }).start()
    for (let i = 0; i < 3; i += 1) {
      const { code, stdout, stderr } = await runCommand(['test', 'fresh', '--config', 'next.yml'], {
        cwd: folder.path,
      })
      assert.equal(code, 0, stdout + stderr)
    }
    assert.equal(counted(dingtalk, 'f'), 3)
  })
})

describe('a test message by the API', () => {
  test('is answered at once, or with its outcome', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({ unknown: ['nowhere'] })
    const port = await freePort()
    const config = configFor(dingtalk, port)
    await using receiver = await new Receiver({ folder: folder.path, port, config }).start()
    const post = (path: string) => receiver.post(`/api/v1/${path}`, '')
    assert.equal((await post('channels/ops/test')).status, 202)
    const reply = await post('channels/bad/test?wait=10s')
    assert.equal(reply.status, 200)
    const { messages, message_ids } = (await reply.json()) as {
      message_ids: string[]
      messages: Record<string, unknown>[]
    }
    assert.equal(message_ids.length, 1)
    const [message] = messages
    assert.equal(message?.['id'], message_ids[0])
    assert.equal(message?.['robot'], 'wrong')
    assert.equal(message?.['state'], 'dead')
    assert.match(String(message?.['words']), /\S/)
    for (const wait of ['0s', '61s', '2m', 'x', '1h'])
      assert.equal((await post(`channels/ops/test?wait=${wait}`)).status, 400, wait)
    assert.equal((await post('channels/nowhere/test?wait=1s')).status, 404)
    assert.equal((await post('robots/nowhere/test?wait=1s')).status, 404)
  })

  test('is reported as waiting while it waits', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    const port = await freePort()
    const config = configFor(dingtalk, port)
    await using receiver = await new Receiver({ folder: folder.path, port, config }).start()
    dingtalk.script({ kind: 'delay', ms: 3_000 })
    const reply = await receiver.post('/api/v1/robots/unused/test?wait=1s', '')
    const { messages } = (await reply.json()) as { messages: Record<string, unknown>[] }
    assert.ok(['pending', 'sending'].includes(String(messages[0]?.['state'])))
    assert.equal(messages[0]?.['result'], null)
    assert.match(String(messages[0]?.['words']), /waits/)
  })
})
