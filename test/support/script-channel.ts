import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { ocp } from '../../src/sources/ocp/index.ts'
import { OCP_BODIES } from './ocp-bodies.ts'
import { firing, OCP_SAMPLES, recovered } from './ocp-samples.ts'
import { freePort, type Ran, Receiver, temporaryFolder } from './receiver.ts'

/** The command of an OCP script channel; its last argument is the receiver's channel. */
export interface Sender {
  /** Also the name of a channel in the test's receiver. */
  name: string
  command: string
  args: readonly string[]
  /** Number of random cases; lower for commands that start Node.js. */
  runs: number
}

interface Given {
  channel?: string
  url: string
  /** OCP's environment variables; otherwise only the usual ones. */
  variables?: Record<string, string>
  input?: string
  token?: string
}

/** Runs a script as OCP does, and returns its output. */
export async function sendAs(sender: Sender, given: Given): Promise<Ran> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(sender.command, [...sender.args, given.channel ?? sender.name], {
    env: {
      PATH,
      HOME,
      http_proxy: 'http://user:hidden@192.0.2.1:1',
      NODE_NO_WARNINGS: '1',
      DINGTALK_RECEIVER_URL: given.url,
      ...(given.token === undefined ? {} : { DINGTALK_RECEIVER_TOKEN: given.token }),
      ...given.variables,
    },
    stdio: 'pipe',
  })
  const out = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    out.stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    out.stderr += chunk
  })
  child.stdin.on('error', () => {})
  child.stdin.end(given.input ?? '')
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, ...out }
}

interface Posted {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A fake receiver that records posts and gives scripted answers. */
export async function startListener(reply: () => { status: number; body: string }, port = 0) {
  const posted: Posted[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url: path = '', headers } = request
      posted.push({ path, headers, body: Buffer.concat(chunks).toString('utf8') })
      const { status, body } = reply()
      response.writeHead(status, { Connection: 'close' }).end(body)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posted,
    [Symbol.dispose](): void {
      server.closeAllConnections()
      server.close()
    },
  }
}

const OK = '{"errcode":0,"errmsg":"ok"}'
const ALERT = { alarm_name: 'a rule', alarm_target: 'host=192.0.2.1' }

/** Behaviour that `send` and the script for hosts without Node.js share. */
export function behavesAsScript(sender: Sender): void {
  test('every sample alert in the environment, and every shape of body on standard input, arrives as it is', async () => {
    using folder = temporaryFolder()
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      // Without aggregation two bodies of one alert are two requests.
      config: `robots: { r: { webhook: sandbox } }\nchannels: { ${sender.name}: { robots: [r], aggregate: false } }\n`,
    }).start()
    // Starting Node.js takes its time, so the command is given some of them.
    const isSlow = sender.runs < 10
    const environments = OCP_SAMPLES.flatMap((each, way) =>
      isSlow
        ? [way % 3 === 0 ? recovered(each, way) : firing(each)]
        : [firing(each), recovered(each, way)],
    )
    const bodies = OCP_BODIES.flatMap((each) => (each.bytes === undefined ? each.body : []))
    const shapes = isSlow ? bodies.filter((_, at) => at % 8 === 0) : bodies
    const given = [
      ...environments.map((variables) => ({ variables })),
      ...shapes.map((input) => ({ input })),
    ]
    for (const each of given)
      assert.deepEqual(await sendAs(sender, { url: receiver.url, ...each }), {
        code: 0,
        stdout: OK,
        stderr: '',
      })
    type Listed = { alerts: { variables: Record<string, string> }[] }
    const { alerts } = await receiver.json<Listed>('/api/v1/alerts?limit=1000')
    const texts = [...environments.map((variables) => JSON.stringify(variables)), ...shapes]
    const context = { receivedAt: new Date(), timezone: 'Asia/Shanghai' }
    assert.equal(alerts.length, texts.length)
    for (const [at, { variables }] of alerts.reverse().entries()) {
      const wanted = (await ocp.read(texts[at] ?? '', context)).alerts[0]?.variables
      assert.deepEqual(variables, { ...wanted })
    }
  })

  test('any value of a variable arrives unchanged', async () => {
    using listener = await startListener(() => ({ status: 200, body: OK }))
    const value = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .map((text) => text.toWellFormed().replaceAll('\0', ' '))
    const all = Array.from({ length: 127 }, (_, at) => String.fromCharCode(at + 1)).join('')
    const nasty = [
      all,
      '"\\'.repeat(20_000),
      '$(touch /tmp/x) `id` ${PATH} %s %n \\n \\u0041 \\',
      '告警 🚨\r\n\t"quoted"\n\n',
    ]
    const variables = fc.record({ alarm_name: value, message: value, ob_own_label: value })
    await fc.assert(
      fc.asyncProperty(variables, async (made) => {
        const ran = await sendAs(sender, { url: listener.url, variables: made })
        assert.deepEqual(ran, { code: 0, stdout: OK, stderr: '' })
        assert.deepEqual(JSON.parse(listener.posted.at(-1)?.body ?? ''), { ...made })
      }),
      {
        numRuns: sender.runs,
        examples: nasty.map((text) => [
          { alarm_name: text, message: text.slice(0, 50), ob_own_label: 'x' },
        ]),
      },
    )
  })

  test('only OCP’s variables of an alert leave the host', async () => {
    using listener = await startListener(() => ({ status: 200, body: OK }))
    const others = { DATABASE_PASSWORD: 'hidden', npm_config_token: 'hidden', no_proxy: 'hidden' }
    const labels = {
      ob_cluster_name: 'c',
      obproxy_cluster: 'p',
      mount_point: '/data/1',
      value: '7',
    }
    const variables = { ...others, ...labels, ...ALERT, alarm_summary: '' }
    await sendAs(sender, { url: listener.url, variables })
    assert.deepEqual(JSON.parse(listener.posted[0]?.body ?? ''), { ...labels, ...ALERT })
  })

  test('the token is sent as bearer, and never printed', async () => {
    const token = 'a"b\\c$d`e#f'
    const state = { status: 200, body: OK }
    using listener = await startListener(() => state)
    const url = `${listener.url}/base/`
    const accepted = await sendAs(sender, { url, token, variables: ALERT })
    assert.deepEqual(accepted, { code: 0, stdout: OK, stderr: '' })
    const [posted] = listener.posted
    assert.equal(posted?.headers.authorization, `Bearer ${token}`)
    assert.equal(posted?.path, `/base/ocp/${sender.name}`)
    state.status = 401
    state.body = '{"errcode":401,"errmsg":"wrong credentials"}\n'
    const refused = await sendAs(sender, { url, token, variables: ALERT })
    assert.deepEqual(refused, { code: 1, stdout: state.body.trim(), stderr: '' })
    const broken = await sendAs(sender, { url, token: `${token} x`, variables: ALERT })
    assert.deepEqual([broken.code, broken.stdout], [1, ''])
    assert.match(broken.stderr, /DINGTALK_RECEIVER_TOKEN/)
    assert.ok(!broken.stderr.includes(token))
    assert.equal(listener.posted.length, 2)
  })

  test('an answer that is not the receiver’s is not printed, and fails', async () => {
    for (const state of [
      { status: 200, body: '<html>login</html>' },
      { status: 302, body: '' },
      { status: 200, body: '' },
    ]) {
      using listener = await startListener(() => state)
      const ran = await sendAs(sender, { url: listener.url, variables: ALERT })
      assert.deepEqual([ran.code, ran.stdout], [1, ''], JSON.stringify(state))
      assert.match(ran.stderr, /not a receiver \(HTTP \d{3}\)\n$/)
    }
  })

  test('a receiver that is busy for a moment is retried', async () => {
    const replies = [{ status: 503, body: '{"errcode":503,"errmsg":"shutting down"}' }]
    using listener = await startListener(() => replies.pop() ?? { status: 200, body: OK })
    const ran = await sendAs(sender, { url: listener.url, variables: ALERT })
    assert.deepEqual(ran, { code: 0, stdout: OK, stderr: '' })
    const [first, second] = listener.posted
    assert.equal(first?.body, second?.body)
  })

  test('a receiver may listen on a port that browsers refuse', async () => {
    // Any of them, because another program may listen on one.
    const ports = [10_080, 6_000, 6_566, 6_665, 6_669, 5_060]
    for (const port of ports) {
      const listened = await startListener(() => ({ status: 200, body: OK }), port).catch(
        () => undefined,
      )
      if (listened === undefined) continue
      using listener = listened
      const ran = await sendAs(sender, { url: listener.url, variables: ALERT })
      assert.deepEqual(ran, { code: 0, stdout: OK, stderr: '' })
      return
    }
    assert.fail(`no port is free of ${ports.join(', ')}`)
  })

  test('without a receiver standard output stays empty', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const ran = await sendAs(sender, { url, variables: ALERT })
    assert.deepEqual([ran.code, ran.stdout], [1, ''])
    assert.ok(ran.stderr.includes(`cannot reach the receiver at ${url}: `), ran.stderr)
  })

  test('without an alert, and with an invalid address, it explains what to do', async () => {
    for (const [given, words] of [
      [{ url: 'http://127.0.0.1:1' }, /no alert: set OCP's variables such as alarm_name/],
      [{ url: 'http://127.0.0.1:1', variables: { alarm_name: '' } }, /no alert/],
      [{ url: '127.0.0.1:1', variables: ALERT }, /such as http:\/\/127\.0\.0\.1:8060/],
      [{ url: 'http://u:hidden@127.0.0.1:1', variables: ALERT }, /credentials/],
    ] as const) {
      const ran = await sendAs(sender, given)
      assert.deepEqual([ran.code, ran.stdout], [1, ''])
      assert.match(ran.stderr, words)
      assert.ok(!ran.stderr.includes('hidden'))
    }
  })
}
