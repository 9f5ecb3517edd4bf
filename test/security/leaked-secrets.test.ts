import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startBadProxy } from '../support/bad-proxy.ts'
import { freePort, Receiver, runCommand, temporaryFolder, until } from '../support/receiver.ts'

/** Every secret of a configuration, in each form that could leak. */
const CANARIES = {
  sender: 'CANARY1senderBearer',
  password: 'CANARY2senderPassword',
  header: 'CANARY3senderHeader',
  admin: 'CANARY4adminToken',
  proxy: 'CANARY5proxyPassword',
  inletToken: 'CANARY8inletToken',
  inletSecret: 'CANARY9inletSecret',
  inletHmac: 'CANARY10inletHmac',
  signature: 'SECc6a7a6a5a4a3a2a1b0b9c6a7a6a5a4a3a2a1b0b9',
  token: (name: string) => `CANARY7token${name}`,
}

const ROBOTS = ['dns', 'tls', 'refused', 'proxy', 'html', 'redirect', 'errmsg', 'rejected', 'reset']

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const pairs = [`alertmanager:${secret}`, `user:${secret}`].map((pair) => Buffer.from(pair))
  return [
    secret,
    encodeURIComponent(secret),
    bytes.toString('hex'),
    ...[bytes, ...pairs].flatMap((each) => [
      each.toString('base64').replace(/=+$/, ''),
      each.toString('base64url'),
    ]),
  ]
}

const FORMS = [
  ...Object.values(CANARIES).filter((each) => typeof each === 'string'),
  ...ROBOTS.map(CANARIES.token),
].flatMap(formsOf)

function assertClean(text: string, where: string): void {
  for (const form of FORMS)
    assert.ok(!text.includes(form), `${where} shows ${form}: …${around(text, form)}…`)
  assert.doesNotMatch(text, /CANARY/, where)
}

function around(text: string, form: string): string {
  const at = text.indexOf(form)
  return text.slice(Math.max(0, at - 80), at + form.length + 20)
}

/** A server that echoes each request in its replies, as a gateway might. */
async function startMirror() {
  const server = createServer((request, response) => {
    const told = `${request.url} ${JSON.stringify(request.headers)}`
    const at = new URL(request.url ?? '/', 'http://mirror').pathname
    request.resume()
    if (at === '/html') response.writeHead(502).end(`<html>cannot POST ${told}</html>`)
    else if (at === '/redirect')
      response.writeHead(302, { Location: `http://127.0.0.2${request.url}` }).end(told)
    else if (at === '/rejected')
      response.end(JSON.stringify({ errcode: 300001, errmsg: `token is not exist ${told}` }))
    else if (at === '/reset') request.socket.resetAndDestroy()
    else response.end(JSON.stringify({ errcode: 99999, errmsg: `odd: ${told}` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: (path: string, token: string) =>
      `http://127.0.0.1:${port}/${path}?access_token=${CANARIES.token(token)}`,
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function configuration(at: {
  mirror: Awaited<ReturnType<typeof startMirror>>
  proxy: string
  closed: number
}): string {
  const { mirror } = at
  const signed = `secret: ${CANARIES.signature}, timeout: 2s`
  const robots = {
    dns: `webhook: "https://nowhere.invalid/robot/send?access_token=${CANARIES.token('dns')}"`,
    tls: `webhook: "${mirror.url('html', 'tls').replace('http:', 'https:')}"`,
    refused: `webhook: "http://127.0.0.1:${at.closed}/?access_token=${CANARIES.token('refused')}"`,
    proxy: `webhook: { file: webhook }, proxy: "http://user:${CANARIES.proxy}@${at.proxy}"`,
    html: `webhook: "${mirror.url('html', 'html')}"`,
    redirect: `webhook: "${mirror.url('redirect', 'redirect')}"`,
    errmsg: `webhook: { env: CANARY_WEBHOOK }`,
    rejected: `webhook: "${mirror.url('rejected', 'rejected')}"`,
    reset: `webhook: "${mirror.url('reset', 'reset')}"`,
  }
  return `auth:
  - bearer: ${CANARIES.sender}
  - basic: { username: alertmanager, password: ${CANARIES.password} }
  - header: { name: X-OCP-Token, value: { env: CANARY_HEADER } }
admin: { token: ${CANARIES.admin} }
robots:
${Object.entries(robots)
  .map(([name, keys]) => `  ${name}: { ${keys}, ${signed} }`)
  .join('\n')}
channels:
  all: { robots: [${ROBOTS.join(', ')}] }
  inlet:
    robots: [errmsg]
    inlet: { token: ${CANARIES.inletToken}, secret: ${CANARIES.inletSecret}, hmac: ${CANARIES.inletHmac} }
`
}

/** An unused port. */
async function closedPort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('no output contains a secret, whatever fails', async () => {
  using folder = temporaryFolder()
  await using mirror = await startMirror()
  await using proxy = await startBadProxy({ kind: 'password', user: 'user', password: 'another' })
  const config = configuration({ mirror, proxy: proxy.host, closed: await closedPort() })
  const env = { CANARY_WEBHOOK: mirror.url('errmsg', 'errmsg'), CANARY_HEADER: CANARIES.header }
  writeFileSync(
    join(folder.path, 'webhook'),
    `https://oapi.dingtalk.com/robot/send?access_token=${CANARIES.token('proxy')}\n`,
  )
  const receiver = new Receiver({
    folder: folder.path,
    port: await freePort(),
    config,
    env,
    args: ['--log-level', 'debug'],
  })
  await using _ = await receiver.start()
  const asAdmin = { Authorization: `Bearer ${CANARIES.admin}` }
  const get = async (path: string, headers: Record<string, string> = asAdmin): Promise<string> =>
    (await fetch(`${receiver.url}${path}`, { headers })).text()

  const alert = { alerts: [{ status: 'firing', labels: { alertname: 'HighLoad' } }] }
  const basic = Buffer.from(`alertmanager:${CANARIES.password}`).toString('base64')
  for (const headers of [
    { Authorization: `Bearer ${CANARIES.sender}` },
    { Authorization: `Basic ${basic}` },
    { 'X-OCP-Token': CANARIES.header },
  ] as Record<string, string>[])
    assert.equal((await receiver.post('/alertmanager/all', alert, headers)).status, 200)

  const inlet = { timestamp: String(Date.now()), sign: CANARIES.inletSecret }
  for (const access_token of [CANARIES.inletToken, `${CANARIES.inletToken}x`]) {
    const query = new URLSearchParams({ access_token, ...inlet })
    const text = { msgtype: 'text', text: { content: 'hello' } }
    const reply = await receiver.post(`/robot/send?${query}`, text)
    assert.equal(reply.status, 401)
    assertClean(await reply.text(), 'a refusal of /robot/send')
  }
  const unsigned = { 'X-OCP-Token': CANARIES.header, 'X-Grafana-Alerting-Signature': 'x' }
  const reply = await receiver.post('/alertmanager/inlet', alert, unsigned)
  assert.equal(reply.status, 401)
  assertClean(await reply.text(), 'a refusal of a signature')

  const messages = await until('each robot has failed', async () => {
    const list = JSON.parse(await get('/api/v1/messages?limit=100'))
    const tried = list.messages.filter((each: { attempts: unknown[] }) => each.attempts.length > 0)
    const robots = new Set(tried.map((each: { robot: string }) => each.robot))
    return robots.size === ROBOTS.length && (list.messages as { id: string }[])
  })

  const replies: Record<string, string> = {}
  for (const path of [
    '/',
    '/messages',
    '/alerts',
    '/playground',
    '/sandbox',
    '/setup',
    '/metrics',
    '/api/v1/status',
    '/api/v1/messages',
    '/api/v1/alerts',
    '/api/v1/sandbox',
    ...messages.flatMap(({ id }) => [`/api/v1/messages/${id}`, `/messages/${id}`]),
  ])
    replies[path] = await get(path)
  replies['no token'] = await get('/', { Authorization: `Bearer ${CANARIES.sender}` })
  const strangers: Record<string, Record<string, string>> = {
    wrong: { Authorization: `Bearer ${CANARIES.admin}x` },
    cookie: { Cookie: `dingtalk_receiver_session=${CANARIES.admin}` },
  }
  for (const [name, headers] of Object.entries(strangers))
    replies[name] = await (await receiver.post('/-/reload', '', headers)).text()
  const form = new URLSearchParams({ token: CANARIES.admin })
  const signedIn = await fetch(`${receiver.url}/sign-in`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  })
  replies['sign-in'] = JSON.stringify([...signedIn.headers]) + (await signedIn.text())
  const previewed = JSON.stringify({ channel: 'all', payload: alert })
  replies['preview'] = await (await receiver.post('/api/v1/preview', previewed, asAdmin)).text()

  // A configuration with every secret in the wrong place.
  const wrong = config
    .replaceAll('http://127', 'ftp://127')
    .replace(`user:${CANARIES.proxy}@`, `user:${CANARIES.proxy}@:bad:`)
    .replace(CANARIES.sender, `"${CANARIES.sender}\\n"`)
    .replace(`token: ${CANARIES.inletToken}`, `tokn: ${CANARIES.inletToken}`)
    .replace('password: CANARY', 'pasword: CANARY')
  receiver.configure(wrong)
  const refused = await receiver.post('/-/reload', '', asAdmin)
  assert.equal(refused.status, 500)
  replies['a faulty reload'] = await refused.text()
  receiver.configure(`${config}\n  - "${CANARIES.sender}`)
  replies['broken YAML'] = await (await receiver.post('/-/reload', '', asAdmin)).text()
  assert.match(replies['broken YAML'] ?? '', /dingtalk-receiver\.yml:\d+:\d+/)

  const commands: [string, string[], string?][] = [
    ['check', ['check'], config],
    ['check of faults', ['check'], wrong],
    ['test', ['test', 'all'], config],
    ['render', ['render', 'all', '--payload', 'payload.json'], config],
    ['simulate', ['simulate', '--alerts', '5'], config],
  ]
  writeFileSync(join(folder.path, 'payload.json'), JSON.stringify(alert))
  for (const [name, args, file] of commands) {
    receiver.configure(file ?? config)
    const ran = await runCommand(args, { cwd: folder.path, env })
    assert.notEqual(`${ran.stdout}${ran.stderr}`, '', name)
    replies[name] = `${ran.stdout}${ran.stderr}`
  }
  assert.equal(await receiver.end('SIGTERM'), 0)

  assert.match(receiver.output, /"message":"message\.attempted"/)
  assertClean(receiver.output, 'the log')
  for (const [name, text] of Object.entries(replies)) assertClean(text, name)
  const data = join(folder.path, 'data')
  for (const name of readdirSync(data)) {
    assertClean(readFileSync(join(data, name), 'latin1'), name)
    assert.equal(statSync(join(data, name)).mode & 0o077, 0, `${name} is for its owner alone`)
  }
})

test("the store's files are private while it is open", async () => {
  using folder = temporaryFolder()
  await using receiver = await new Receiver({ folder: folder.path, port: await freePort() }).start()
  await receiver.post('/ocp/default', 'an alert')
  const data = join(folder.path, 'data')
  const files = readdirSync(data)
  assert.ok(files.some((name) => name.endsWith('-wal')))
  for (const name of files) assert.equal(statSync(join(data, name)).mode & 0o077, 0, name)
})

test('no message contains a private key', async () => {
  using folder = temporaryFolder()
  for (const name of ['server.crt', 'renewed.key'])
    copyFileSync(
      fileURLToPath(new URL(`../http/fixtures/${name}`, import.meta.url)),
      join(folder.path, name),
    )
  writeFileSync(
    join(folder.path, 'dingtalk-receiver.yml'),
    'robots: { r: { webhook: sandbox } }\nchannels: { c: { robots: [r] } }\ntls: { cert: server.crt, key: renewed.key }\n',
  )
  const ran = await runCommand(['check'], { cwd: folder.path })
  assert.equal(ran.code, 1)
  assert.match(ran.stdout, /tls\.key: .*renewed\.key does not belong to the certificate/)
  const [, body = 'none'] = readFileSync(join(folder.path, 'renewed.key'), 'utf8').split('\n')
  assert.ok(!`${ran.stdout}${ran.stderr}`.includes(body))
})
