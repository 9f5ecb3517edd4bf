import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { Secret } from '../../src/model/secret.ts'
import type { Robot } from '../../src/model/settings.ts'
import { type GroupOptions, SandboxGroup } from '../../src/sandbox/group.ts'
import { robotNamed } from '../support/settings.ts'

const START = Date.UTC(2026, 10, 24)
const SECRET = 'SECtest'

interface Posting {
  robot?: Robot
  body?: unknown
  query?: Record<string, string> | string
  afterMs?: number
}

/** A group, and a function that posts to it and returns the errcode. */
function sandbox(options?: GroupOptions): {
  group: SandboxGroup
  post: (posting?: Posting) => number
} {
  const group = new SandboxGroup(options)
  const post = ({
    robot = robotNamed('lab'),
    body = textBody(),
    query,
    afterMs = 0,
  }: Posting = {}) => {
    const request = {
      query: new URLSearchParams(query ?? { access_token: robot.name }),
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }
    const reply = group.receive(robot, request, new Date(START + afterMs))
    assert.equal(reply.status, 200)
    const { errcode, errmsg } = JSON.parse(String(reply.body)) as {
      errcode: number
      errmsg: string
    }
    assert.ok(errmsg.length > 0)
    return errcode
  }
  return { group, post }
}

function textBody(uuid?: string): object {
  return { msgtype: 'text', text: { content: 'OCP says hello' }, ...(uuid && { msgUuid: uuid }) }
}

function signed(timestampMs: number | string, secret = SECRET): Record<string, string> {
  const sign = createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64')
  return { access_token: 'lab', timestamp: String(timestampMs), sign }
}

describe('an accepted message', () => {
  test('is shown unchanged, newest first', () => {
    const { group, post } = sandbox()
    const at = { atMobiles: ['138'], atUserIds: ['wu'], isAtAll: true }
    const markdown = { title: 'T', text: '# Hello @138 @wu @all' }
    assert.equal(post({ body: { msgtype: 'markdown', msgUuid: 'u1', markdown, at } }), 0)
    const card = {
      title: 'C',
      text: 'card',
      singleTitle: 'Details',
      singleURL: 'https://x.example',
    }
    assert.equal(post({ body: { msgtype: 'actionCard', actionCard: card }, afterMs: 5 }), 0)
    assert.equal(post({ afterMs: 6 }), 0)
    const nobody = { mobiles: [], users: [], all: false }
    const base = { robot: 'lab', uuid: undefined, mention: nobody, buttons: [] }
    const buttons = [{ title: 'Details', url: 'https://x.example' }]
    assert.deepEqual(group.shown(), [
      { ...base, at: new Date(START + 6), msgtype: 'text', title: '', text: 'OCP says hello' },
      {
        ...base,
        at: new Date(START + 5),
        msgtype: 'actionCard',
        title: 'C',
        text: 'card',
        buttons,
      },
      {
        at: new Date(START),
        robot: 'lab',
        msgtype: 'markdown',
        title: 'T',
        text: '# Hello @138 @wu @all',
        mention: { mobiles: ['138'], users: ['wu'], all: true },
        buttons: [],
        uuid: 'u1',
      },
    ])
    assert.equal(group.shown(1)[0]?.msgtype, 'text')
    assert.deepEqual(group.shown(0), [])
  })

  test('shows all buttons of a card, or the one of a card that is a link as a whole', () => {
    const { group, post } = sandbox()
    const btns = [
      { title: 'A', actionURL: 'https://a.example' },
      { title: 'B', actionURL: 'https://b.example' },
    ]
    const card = { title: 'C', text: 'card', btns }
    post({ body: { msgtype: 'actionCard', actionCard: card } })
    assert.deepEqual(group.shown()[0]?.buttons, [
      { title: 'A', url: 'https://a.example' },
      { title: 'B', url: 'https://b.example' },
    ])
    const whole = { ...card, singleTitle: 'W', singleURL: 'https://w.example' }
    post({ body: { msgtype: 'actionCard', actionCard: whole } })
    assert.deepEqual(group.shown()[0]?.buttons, [{ title: 'W', url: 'https://w.example' }])
  })

  test('notifies only people whose number or id is in the text', () => {
    const { group, post } = sandbox()
    const at = { atMobiles: ['138', '139'], atUserIds: ['wu'], isAtAll: false }
    post({ body: { msgtype: 'text', text: { content: 'hello @139' }, at } })
    assert.deepEqual(group.shown()[0]?.mention, { mobiles: ['139'], users: [], all: false })
  })

  test('notifies everyone only if @all is in the text', () => {
    const { group, post } = sandbox()
    for (const [content, all] of [
      ['hello', false],
      ['hello @all', true],
      ['大家好 @所有人', true],
    ] as const) {
      post({ body: { msgtype: 'text', text: { content }, at: { isAtAll: true } } })
      assert.equal(group.shown()[0]?.mention.all, all, content)
    }
  })

  test('is kept among the last 500', () => {
    const { group, post } = sandbox()
    const robot = robotNamed('lab', { limits: { messages: 1_000, perMs: 1, penaltyMs: 1 } })
    for (let i = 0; i < 510; i += 1)
      post({ robot, body: { msgtype: 'text', text: { content: `n${i}` } }, afterMs: i * 10 })
    assert.equal(group.shown().length, 500)
    assert.equal(group.shown()[0]?.text, 'n509')
    assert.equal(group.shown().at(-1)?.text, 'n10')
  })

  test('is shown once if it comes twice with one msgUuid', () => {
    const { group, post } = sandbox()
    assert.equal(post({ body: textBody('u1') }), 0)
    assert.equal(post({ body: textBody('u1'), afterMs: 1_000 }), 0)
    assert.equal(post({ body: textBody('u2') }), 0)
    assert.equal(group.shown().length, 2)
    assert.equal(post({ body: textBody() }) + post({ body: textBody() }), 0)
    assert.equal(group.shown().length, 4)
  })

  test('is shown after a refusal, which does not use up the msgUuid', () => {
    const { group, post } = sandbox()
    group.throttle('lab', new Date(START + 1_000))
    assert.equal(post({ body: textBody('u1') }), 660026)
    assert.equal(post({ body: textBody('u1'), afterMs: 1_000 }), 0)
    assert.equal(group.shown().length, 1)
  })
})

describe('the group refuses', () => {
  const BODIES: [string, unknown, number][] = [
    ['text that is not JSON', 'hello', 40035],
    ['an empty body', '', 40035],
    ['null', 'null', 40035],
    ['a list', '[]', 40035],
    ['a form', 'msgtype=text&content=x', 40035],
    ['a body without a type', {}, 400105],
    ['an unknown type', { msgtype: 'image', image: {} }, 400105],
    ['a type of another kind', { msgtype: ['text'], text: { content: 'x' } }, 400105],
    ['a prototype for a type', { msgtype: 'constructor' }, 400105],
    ['text without its part', { msgtype: 'text' }, 400201],
    ['text with nothing', { msgtype: 'text', text: { content: '' } }, 400201],
    ['text with blanks', { msgtype: 'text', text: { content: ' \n' } }, 400201],
    ['text that is a number', { msgtype: 'text', text: { content: 7 } }, 400201],
    ['markdown without its part', { msgtype: 'markdown', text: { content: 'x' } }, 400401],
    ['markdown that is null', { msgtype: 'markdown', markdown: null }, 400401],
    ['markdown without title', { msgtype: 'markdown', markdown: { text: 'x' } }, 400402],
    ['markdown without text', { msgtype: 'markdown', markdown: { title: 'x', text: '' } }, 400403],
    [
      'a card without a link',
      { msgtype: 'actionCard', actionCard: { title: 'x', text: 'x' } },
      40035,
    ],
    [
      'a card with a button that leads nowhere',
      { msgtype: 'actionCard', actionCard: { title: 'x', text: 'x', btns: [{ title: 'a' }] } },
      40035,
    ],
    [
      'more than 50 mentions',
      { ...textBody(), at: { atMobiles: Array(30).fill('1'), atUserIds: Array(21).fill('2') } },
      40035,
    ],
    ['mentions that are not texts', { ...textBody(), at: { atMobiles: [138] } }, 40035],
    ['mentions that are not a list', { ...textBody(), at: { atMobiles: '138' } }, 40035],
  ]
  for (const [name, body, errcode] of BODIES)
    test(`${name}: ${errcode}`, () => {
      const { group, post } = sandbox()
      assert.equal(post({ body }), errcode)
      assert.deepEqual(group.shown(), [])
    })

  test('a body above 20,000 bytes, counted in UTF-8', () => {
    const { post } = sandbox()
    const bodyOf = (bytes: number): string => {
      const empty = JSON.stringify({ msgtype: 'text', text: { content: '汉' } })
      const filling = bytes - Buffer.byteLength(empty)
      return JSON.stringify({ msgtype: 'text', text: { content: `汉${'x'.repeat(filling)}` } })
    }
    assert.equal(post({ body: bodyOf(20_000) }), 0)
    assert.equal(post({ body: bodyOf(20_001) }), 460101)
    assert.ok(bodyOf(20_001).length < 20_000)
  })

  test('a token of another robot', () => {
    const { post } = sandbox()
    assert.equal(post({ query: { access_token: 'other' } }), 300005)
    assert.equal(post({ query: {} }), 300005)
  })

  test('a message without any of the robot’s keywords, in title or text', () => {
    const { post } = sandbox()
    const wants = (...keywords: string[]): Robot => robotNamed('lab', { keywords })
    assert.equal(post({ robot: wants('ocp', 'db') }), 310000)
    assert.equal(post({ robot: wants('nothing', 'OCP') }), 0)
    const body = { msgtype: 'markdown', markdown: { title: 'db down', text: 'x' } }
    assert.equal(post({ robot: wants('db'), body }), 0)
    assert.equal(post({ robot: wants('markdown'), body }), 310000)
  })

  test('any hostile body, without an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (body) => {
        const { group, post } = sandbox()
        const errcode = post({ body })
        assert.equal(errcode === 0, group.shown().length === 1)
      }),
    )
  })
})

describe('options for behaviour that DingTalk does not document', () => {
  test('a repeated msgUuid is refused with a text, or shown again', () => {
    const refusing = sandbox({ repeats: 'refused' })
    assert.equal(refusing.post({ body: textBody('u1') }), 0)
    assert.equal(refusing.post({ body: textBody('u1') }), 460409)
    assert.equal(refusing.group.shown().length, 1)
    const heedless = sandbox({ repeats: 'shown' })
    assert.equal(
      heedless.post({ body: textBody('u1') }) + heedless.post({ body: textBody('u1') }),
      0,
    )
    assert.equal(heedless.group.shown().length, 2)
  })

  test('isAtAll alone mentions everyone', () => {
    const { group, post } = sandbox({ everyone: 'flag' })
    const body = { msgtype: 'text', text: { content: 'hello' }, at: { isAtAll: true } }
    assert.equal(post({ body }), 0)
    assert.equal(group.shown()[0]?.mention.all, true)
  })

  test('a keyword counts only in the text', () => {
    const { post } = sandbox({ keywords: 'text' })
    const robot = robotNamed('lab', { keywords: ['db'] })
    const bodyOf = (title: string, text: string) => ({
      msgtype: 'markdown',
      markdown: { title, text },
    })
    assert.equal(post({ robot, body: bodyOf('db down', 'x') }), 310000)
    assert.equal(post({ robot, body: bodyOf('x', 'db down') }), 0)
  })

  test('the byte limit counts only the text', () => {
    const { post } = sandbox({ size: 'text' })
    const bodyOf = (letters: number) => ({
      msgtype: 'text',
      text: { content: 'x'.repeat(letters) },
    })
    assert.equal(post({ body: bodyOf(20_000) }), 0)
    assert.equal(post({ body: bodyOf(20_001) }), 460101)
  })

  test('a call over the limit is refused in each known form', () => {
    const robot = robotNamed('lab')
    const request = { query: new URLSearchParams({ access_token: 'lab' }), body: '{}' }
    for (const [throttled, status, errcode] of [
      ['code', undefined, 660026],
      ['mixed', 1111, 130101],
      ['address', 1111, undefined],
    ] as const) {
      const { group } = sandbox({ throttled })
      group.throttle('lab', new Date(START + 1))
      const { body } = group.receive(robot, request, new Date(START))
      const said = JSON.parse(String(body)) as Record<string, unknown>
      assert.deepEqual([said['status'], said['errcode']], [status, errcode])
    }
  })

  test('a reply is compressed, with its Content-Encoding', () => {
    const request = { query: new URLSearchParams({ access_token: 'x' }), body: '{}' }
    for (const [encoding, unpack] of [
      ['gzip', gunzipSync],
      ['deflate', inflateSync],
      ['br', brotliDecompressSync],
    ] as const) {
      const reply = new SandboxGroup({ encoding }).receive(robotNamed('lab'), request, new Date(0))
      assert.equal(reply.encoding, encoding)
      assert.match(unpack(reply.body).toString(), /"errcode":300005/)
    }
  })
})

describe('a robot with a secret', () => {
  const robot = robotNamed('lab', { secret: new Secret(SECRET) })

  test('accepts a signature within the hour', () => {
    for (const offMs of [0, 3_600_000, -3_600_000]) {
      const { post } = sandbox()
      assert.equal(post({ robot, query: signed(START + offMs) }), 0)
    }
  })

  test('refuses any other request', () => {
    const right = signed(START)
    const queries: (Record<string, string> | string)[] = [
      { access_token: 'lab' },
      { access_token: 'lab', timestamp: String(START) },
      { access_token: 'lab', sign: right['sign'] ?? '' },
      signed(START + 3_600_001),
      signed(START - 3_600_001),
      signed('soon'),
      signed(START, 'SECother'),
      { ...right, sign: encodeURIComponent(right['sign'] ?? '') },
      { ...right, timestamp: String(START + 1) },
      `${new URLSearchParams(right)}&timestamp=1&sign=old`,
    ]
    for (const query of queries) {
      const { group, post } = sandbox()
      assert.equal(post({ robot, query }), 310000, JSON.stringify(query))
      assert.deepEqual(group.shown(), [])
    }
  })
})

describe('the limit of calls', () => {
  const robot = robotNamed('lab', { limits: { messages: 3, perMs: 1_000, penaltyMs: 5_000 } })

  test('refuses the call after it, and everything during the penalty', () => {
    const { post } = sandbox()
    const at = (afterMs: number): number => post({ robot, afterMs })
    assert.deepEqual([at(0), at(1), at(2), at(999)], [0, 0, 0, 660026])
    assert.deepEqual([at(1_000), at(3_000), at(5_998)], [660026, 660026, 660026])
    assert.deepEqual([at(5_999), at(6_000), at(6_001), at(6_002)], [0, 0, 0, 660026])
  })

  test('is a sliding window', () => {
    const { post } = sandbox()
    const at = (afterMs: number): number => post({ robot, afterMs })
    assert.deepEqual([at(0), at(900), at(901), at(1_000), at(1_001)], [0, 0, 0, 0, 660026])
  })

  test('counts refused calls and repeats too', () => {
    const { post } = sandbox()
    assert.equal(post({ robot, body: 'no JSON' }), 40035)
    assert.equal(post({ robot, body: textBody('u1') }), 0)
    assert.equal(post({ robot, body: textBody('u1') }), 0)
    assert.equal(post({ robot }), 660026)
  })

  test('is separate for each robot', () => {
    const { post } = sandbox()
    for (let i = 0; i < 4; i += 1) post({ robot })
    assert.equal(post({ robot }), 660026)
    assert.equal(post({ robot: { ...robot, name: 'other' } }), 0)
  })

  test('is never exceeded in any window, whenever calls come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2_500 }), { maxLength: 60 }), (gaps) => {
        const { group, post } = sandbox()
        let afterMs = 0
        let refusedAt = Number.NEGATIVE_INFINITY
        for (const gap of gaps) {
          afterMs += gap
          const refused = post({ robot, afterMs }) === 660026
          if (afterMs < refusedAt + 5_000) assert.ok(refused)
          else if (refused) refusedAt = afterMs
        }
        const instants = group.shown().map(({ at }) => at.getTime())
        for (const end of instants)
          assert.ok(instants.filter((each) => each <= end && each > end - 1_000).length <= 3)
      }),
    )
  })
})
