import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pem, tcpServer } from '../notifiers/posting.ts'
import { startBadProxy } from '../support/bad-proxy.ts'
import type { Step } from '../support/dingtalk-stand-in.ts'
import { freePort, until } from '../support/receiver.ts'
import { blackHole, type Case, Fleet } from './fleet.ts'

const reply = (errcode: number | string, errmsg: string): Step => ({
  kind: 'reply',
  body: JSON.stringify({ errcode, errmsg }),
})
const page = (status: number): Step => ({
  kind: 'reply',
  status,
  headers: { 'content-type': 'text/html' },
  body: '<html>Sign in</html>',
})

/** A fault: the message's first result, its final state, and how often its group is shown it. */
interface Fault extends Case {
  name: string
  first: string
  state: 'sent' | 'dead' | 'pending'
  shown: number
  said?: RegExp
  /** Expected number of calls, where it matters. */
  calls?: number
  /** No byte can have reached DingTalk, so that the month must not be charged. */
  free?: boolean
}

const tls = (path: string) => (standIn: { port: number }) =>
  `https://127.0.0.1:${standIn.port}${path}?access_token=canary`

const PATH = '/robot/send'
const lost = (step: Step): Step[] => [step]

describe('the network to DingTalk fails', () => {
  const open = new AsyncDisposableStack()
  let fleet: Fleet
  let hole: Awaited<ReturnType<typeof blackHole>>
  let mute: Awaited<ReturnType<typeof tcpServer>>
  let nobody: number

  const FAULTS: Fault[] = [
    {
      id: 'N01',
      name: 'no such name',
      webhook: () => `http://no-such-host.invalid${PATH}?access_token=canary`,
      first: 'network',
      state: 'pending',
      shown: 0,
      said: /ENOTFOUND|EAI_AGAIN/,
      free: true,
    },
    {
      id: 'N03',
      name: 'connection refused',
      webhook: () => `http://127.0.0.1:${nobody}${PATH}?access_token=canary`,
      first: 'network',
      state: 'pending',
      shown: 0,
      said: /ECONNREFUSED/,
      free: true,
    },
    {
      id: 'N04',
      name: 'a black hole',
      webhook: () => `http://127.0.0.1:${hole.port}${PATH}?access_token=canary`,
      first: 'timeout',
      state: 'pending',
      shown: 0,
      free: true,
    },
    {
      id: 'N05',
      name: 'a certificate of a stranger',
      standIn: { tls: pem('stranger') },
      webhook: tls(PATH),
      first: 'tls',
      state: 'pending',
      shown: 0,
      free: true,
    },
    {
      id: 'N06',
      name: 'a certificate of another name',
      standIn: { tls: pem('wrong-name') },
      webhook: tls(PATH),
      first: 'tls',
      state: 'pending',
      shown: 0,
      said: /ALTNAME|altnames/,
      free: true,
    },
    {
      id: 'N07',
      name: 'https to a plain port',
      webhook: tls(PATH),
      first: 'tls',
      state: 'pending',
      shown: 0,
      free: true,
    },
    {
      id: 'N08',
      name: 'a TLS handshake that is never finished',
      webhook: () => `https://127.0.0.1:${mute.port}${PATH}?access_token=canary`,
      first: 'timeout',
      state: 'pending',
      shown: 0,
      free: true,
    },
    {
      id: 'N09',
      name: 'taken, and never answered',
      script: lost({ kind: 'hang', taken: true }),
      first: 'timeout',
      state: 'sent',
      shown: 1,
      calls: 2,
    },
    {
      id: 'N10',
      name: 'a slow answer within the time',
      script: lost({ kind: 'delay', ms: 400 }),
      timeout: '20s',
      first: 'ok',
      state: 'sent',
      shown: 1,
      calls: 1,
    },
    {
      id: 'N11',
      name: 'a body that drips',
      script: lost({ kind: 'drip', everyMs: 50, taken: true }),
      first: 'timeout',
      state: 'sent',
      shown: 1,
    },
    {
      id: 'N12',
      name: 'a reset in the middle of the body',
      script: lost({ kind: 'cut', by: 'reset', taken: true }),
      first: 'network',
      state: 'sent',
      shown: 1,
    },
    {
      id: 'N13',
      name: 'an end in the middle of the body',
      script: lost({ kind: 'cut', by: 'end', taken: true }),
      first: 'network',
      state: 'sent',
      shown: 1,
    },
    {
      id: 'N14',
      name: 'an end before the answer',
      script: lost({ kind: 'end', taken: true }),
      first: 'network',
      state: 'sent',
      shown: 1,
    },
    {
      id: 'N15',
      name: 'something that is not HTTP',
      script: lost({ kind: 'garbage', bytes: 'SSH-2.0-x\r\n' }),
      first: 'unreadable',
      state: 'sent',
      shown: 1,
    },
    {
      id: 'N16',
      name: 'a body without end',
      script: lost({ kind: 'endless', taken: true }),
      first: 'unreadable',
      state: 'sent',
      shown: 1,
    },
    {
      id: 'N18',
      name: 'pages of a gateway',
      script: [page(500), page(504)],
      first: 'server_error',
      state: 'sent',
      shown: 1,
      calls: 3,
    },
    {
      id: 'N19',
      name: 'a login page with 200',
      script: [page(200)],
      first: 'unreadable',
      state: 'sent',
      shown: 1,
    },
    {
      id: 'N20',
      name: 'an answer without a code',
      script: [{ kind: 'reply', body: '{}' }],
      first: 'unknown',
      state: 'sent',
      shown: 1,
    },
    {
      id: 'N21',
      name: 'a redirect',
      script: [{ kind: 'reply', status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
      first: 'redirect',
      state: 'dead',
      shown: 0,
      calls: 1,
    },
    {
      id: 'N22',
      name: 'throttled',
      script: [reply(130101, 'send too fast, exceed 20 times per minute')],
      first: 'throttled',
      state: 'sent',
      shown: 1,
      calls: 2,
    },
    {
      id: 'N23',
      name: 'the limiter of the address, without a code',
      script: [
        {
          kind: 'reply',
          body: '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"}',
        },
      ],
      first: 'throttled',
      state: 'sent',
      shown: 1,
      calls: 2,
    },
    {
      id: 'N24',
      name: 'throttled by the documented code',
      script: [reply(410100, '发送速度太快而限流')],
      first: 'throttled',
      state: 'sent',
      shown: 1,
      calls: 2,
    },
    {
      id: 'N24q',
      name: 'the month used up',
      script: [reply(90030, 'webhook over limit')],
      first: 'quota',
      state: 'dead',
      shown: 0,
      calls: 1,
    },
    {
      id: 'N25',
      name: 'busy',
      script: [reply(-1, '系统繁忙'), reply(-1, '系统繁忙')],
      first: 'busy',
      state: 'sent',
      shown: 1,
      calls: 3,
    },
    {
      id: 'N26',
      name: 'the robot’s security settings',
      script: [reply(310000, '错误描述:关键词不匹配;解决方案:x;')],
      first: 'keyword',
      state: 'dead',
      shown: 0,
      calls: 1,
    },
    {
      id: 'N27',
      name: 'a robot that is gone',
      script: [reply(300005, 'token is not exist')],
      first: 'token',
      state: 'dead',
      shown: 0,
      calls: 1,
    },
    {
      id: 'N29',
      name: 'content that is refused',
      script: [reply(430102, '含有不合适的文本')],
      first: 'content',
      state: 'dead',
      shown: 0,
      calls: 1,
    },
    {
      id: 'N30',
      name: 'a code of tomorrow',
      script: [reply(999_999, 'unheard of')],
      first: 'unknown',
      state: 'sent',
      shown: 1,
      calls: 2,
    },
  ]

  before(async () => {
    hole = open.use(await blackHole())
    mute = open.use(await tcpServer((socket: Socket) => void socket.resume()))
    // A released port refuses connections.
    nobody = await freePort()
    const cases: Case[] = FAULTS.map((fault) => ({ ...fault }))
    cases.push(
      { id: 'N17' },
      { id: 'N28', length: 8_000, script: [reply(460101, 'message too long, exceed 20000 bytes')] },
    )
    // A separate egress address, so that its penalty pauses no other robot.
    const proxy = open.use(await startBadProxy({ kind: 'ok' }))
    for (const each of cases) if (each.id === 'N23') each.robot = `proxy: "${proxy.url}"`
    const ca = fileURLToPath(new URL('../notifiers/fixtures/wrong-name.crt', import.meta.url))
    fleet = open.use(await Fleet.start(cases, { NODE_EXTRA_CA_CERTS: ca }))
  })
  after(() => open.disposeAsync())

  for (const { id, name, first, state, shown, said, calls, free } of FAULTS)
    test(`${id} ${name}: ${first}, then ${state}`, async () => {
      const message = await fleet.message(id, { state, attempts: 1 })
      const begun = message.attempts[0] ?? (await fleet.message(id)).attempts[0]
      assert.equal(begun?.result, first, JSON.stringify(message))
      if (said !== undefined) assert.match(begun?.errmsg ?? '', said)
      if (state === 'dead') assert.ok((message.reason ?? '').length > 40, message.reason ?? '')
      const standIn = fleet.standIn(id)
      assert.equal(standIn.shown().length, shown)
      if (calls !== undefined) assert.equal(standIn.received.length, calls)
      if (first === 'throttled') {
        const [refused, next] = standIn.received.map((each) => each.at.getTime())
        assert.ok((next ?? 0) - (refused ?? 0) >= 3_000, 'the penalty was not kept')
      }
      if (free !== true) return
      // A call counts while it is in progress.
      await until('no call is counted', async () => {
        const { robots } = await fleet.receiver.json<{
          robots: Record<string, { month_used: number }>
        }>('/api/v1/status')
        return robots[id]?.month_used === 0
      })
    })

  test('N17 an idle connection that the server closed costs no attempt', async () => {
    await fleet.message('N17', { state: 'sent' })
    const standIn = fleet.standIn('N17')
    for (let index = 2; index <= 4; index += 1) {
      await standIn.closeIdle()
      await fleet.post('N17', { instance: `db-${index}` })
      await until('it is delivered', () => standIn.shown().length === index)
    }
    assert.equal(standIn.received.length, 4)
  })

  test('N28 too long: sent again in a smaller message', async () => {
    const split = await fleet.message('N28', { state: 'dead' })
    assert.equal(split.attempts[0]?.result, 'too_long')
    await until('it is delivered', () => fleet.standIn('N28').shown().length === 1)
    const [refused, taken] = fleet.standIn('N28').received
    assert.ok((taken?.body.length ?? 0) < 0.8 * (refused?.body.length ?? 0))
  })

  test('after all faults no output contains a token, and other robots were not delayed', async () => {
    const pages = await Promise.all(
      ['/', '/metrics', '/api/v1/messages?limit=1000'].map(async (path) =>
        (await fleet.receiver.get(path)).text(),
      ),
    )
    for (const text of [...pages, fleet.receiver.output]) assert.doesNotMatch(text, /canary/)
    assert.equal((await fleet.receiver.get('/-/ready')).status, 200)
  })
})
