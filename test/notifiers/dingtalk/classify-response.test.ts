import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Outcome } from '../../../src/model/message.ts'
import type { Expectation } from '../../../src/model/settings.ts'
import { classifyResponse } from '../../../src/notifiers/dingtalk/classify-response.ts'
import { ERROR_CODES, errorCodeOf, resultOf } from '../../../src/notifiers/dingtalk/error-codes.ts'

const OK: Expectation = { kind: 'json', subset: { errcode: 0 } }

function judged(body: unknown, { status = 200, expect = OK } = {}) {
  return classifyResponse(
    { status, body: typeof body === 'string' ? body : JSON.stringify(body) },
    expect,
  )
}

/** Writes an outcome on one line. */
function brief(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'delivered':
    case 'too_long':
      return outcome.kind
    case 'throttled':
      return `throttled ${outcome.scope}`
    case 'rejected':
      return `rejected ${outcome.reason}`
    case 'retryable':
      return `retryable ${outcome.reason}${outcome.bounded ? ' bounded' : ''}${outcome.reached ? '' : ' unreached'}`
  }
}

function of(body: unknown, options?: { status?: number; expect?: Expectation }): string {
  return brief(judged(body, options).outcome)
}

describe('success', () => {
  test('is HTTP 2xx with errcode 0, as a number or as a text', () => {
    assert.equal(of({ errcode: 0, errmsg: 'ok' }), 'delivered')
    assert.equal(of({ errcode: '0', errmsg: 'ok' }), 'delivered')
    assert.equal(of({ errcode: 0 }, { status: 201 }), 'delivered')
    assert.equal(of('\r\n\r\n{"errcode":0,"errmsg":"ok"}\r\n'), 'delivered')
    assert.equal(of('\ufeff{"errcode":0}'), 'delivered')
    assert.equal(judged({ errcode: 0, errmsg: 'ok' }).result, 'ok')
  })

  test('never includes a reply that only resembles it', () => {
    for (const body of [
      {},
      { errcode: '' },
      { errcode: null },
      { errcode: false },
      { errcode: [] },
      { errcode: {} },
      { errcode: '0x0' },
      { errcode: 0.5 },
      { errmsg: 'ok' },
      { success: true },
      '',
      'ok',
      '0',
      'null',
      'true',
      '[{"errcode":0}]',
      '"{\\"errcode\\":0}"',
      '{"errcode":0',
      '<html>{"errcode":0}</html>',
      '{"__proto__":{"errcode":0}}',
    ])
      assert.notEqual(of(body), 'delivered', JSON.stringify(body))
    for (const status of [100, 199, 302, 400, 403, 500])
      assert.notEqual(of({ errcode: 0 }, { status }), 'delivered', String(status))
  })

  test('never includes a reply with another code, whatever its text', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.string(),
        fc.integer({ min: 200, max: 599 }),
        (code, said, status) => {
          fc.pre(code !== 0 && !/duplicat|idempot|重复|幂等/i.test(said))
          for (const errcode of [code, String(code)])
            assert.notEqual(of({ errcode, errmsg: said, ok: true }, { status }), 'delivered')
        },
      ),
    )
  })
})

/** Code, text as seen in real replies, and outcome: every row of DingTalk's table. */
const CODES: [number, string, string][] = [
  [-1, '系统繁忙', 'retryable busy'],
  [660026, 'sending too many messages per minute', 'throttled robot'],
  [410100, '发送速度太快而限流', 'throttled robot'],
  [130101, 'send too fast, exceed 20 times per minute', 'throttled robot'],
  [1111, 'deny', 'throttled address'],
  [90002, '您的服务器调用钉钉开放平台所有接口的请求都被暂时禁用了', 'retryable busy'],
  [90018, '调用该接口的QPS超过上限', 'retryable busy'],
  [90001, '请求被暂时禁用了', 'retryable busy'],
  [90003, '请求被暂时禁用了', 'retryable busy'],
  [90014, '请求被暂时禁用了', 'retryable busy'],
  [90020, '您的企业本月api调用量已超过限制，调用量:10001次，额度:10000次', 'rejected quota'],
  [90030, 'webhook over limit', 'rejected quota'],
  [300005, 'token is not exist', 'rejected token'],
  [300001, 'token is not exist', 'rejected token'],
  [400101, 'access_token不存在', 'rejected token'],
  [88, '鉴权异常', 'rejected token'],
  [400102, '机器人已停用', 'rejected group'],
  [400106, '机器人不存在', 'rejected group'],
  [400013, '群已被解散', 'rejected group'],
  [40035, '缺少参数 json', 'rejected request'],
  [40035, '不合法的参数', 'rejected request'],
  [40035, '缺少参数 access_token', 'rejected token'],
  [43002, '需要POST请求', 'rejected request'],
  [43004, '无效的HTTP HEADER Content-Type', 'rejected request'],
  [400105, '不支持的消息类型', 'rejected request'],
  [400201, 'miss param : text', 'rejected request'],
  [400401, 'miss param : markdown', 'rejected request'],
  [400402, 'miss param : markdown->title', 'rejected request'],
  [400403, 'miss param : markdown->text', 'rejected request'],
  [400602, 'miss param : feedCard->links', 'rejected request'],
  [400204, 'miss param : text->content', 'rejected request'],
  [400301, 'miss param : link', 'rejected request'],
  [400404, 'miss param : something of tomorrow', 'rejected request'],
  [400501, 'miss param : actionCard', 'rejected request'],
  [400699, 'miss param : feedCard', 'rejected request'],
  [400200, 'not of a message type', 'retryable unknown bounded'],
  [400700, 'not of a message type', 'retryable unknown bounded'],
  [22, 'Invalid method', 'rejected request'],
  [404, '请求的URI地址不存在', 'rejected request'],
  [430101, '含有不安全的外链', 'rejected content'],
  [430102, '含有不合适的文本', 'rejected content'],
  [430103, '含有不合适的图片', 'rejected content'],
  [430104, '含有不合适的内容', 'rejected content'],
  [460101, 'message too long, exceed 20000 bytes', 'too_long'],
  [460101, 'body 大小不合法;请保持大小在 20000bytes 以内', 'too_long'],
  [101002, 'message is too long', 'too_long'],
  [310000, 'keywords not in content, more: [https://ding-doc.dingtalk.com/x]', 'rejected keyword'],
  [
    310000,
    '错误描述:关键词不匹配;解决方案:请联系群管理员查看此机器人的关键词;',
    'rejected keyword',
  ],
  [310000, 'sign not match, more: [https://ding-doc.dingtalk.com/x]', 'rejected signature'],
  [310000, 'description:机器人发送签名不匹配;solution:请确认签名和时间戳;', 'rejected signature'],
  [310000, 'invalid timestamp', 'rejected signature'],
  [
    310000,
    '错误描述:机器人发送签名过期;解决方案:签名生成时间和发送时间请保持在 timestampms 以内;',
    'rejected signature',
  ],
  [310000, 'ip 203.0.113.7 not in whitelist', 'rejected address'],
  [310000, '错误描述:ip 不在白名单;', 'rejected address'],
  [310000, 'something new', 'rejected signature'],
  [302033, 'send too fast', 'throttled robot'],
  [450101, '发送太快', 'throttled robot'],
  [450102, 'exceed 20000 bytes', 'too_long'],
  [300009, 'token is not exist', 'rejected token'],
  [400109, '机器人已停用', 'rejected group'],
  [90031, 'webhook over limit', 'rejected quota'],
  [90021, '您的企业本月api调用量已超过限制，调用量:10001次，额度:10000次', 'rejected quota'],
  [460409, 'duplicate msgUuid', 'delivered'],
  [460409, 'msgUuid is duplicated', 'delivered'],
  [460409, '消息重复', 'delivered'],
  [460409, '幂等请求处理中', 'delivered'],
  [460409, 'idempotencyProcessing', 'delivered'],
  [300005, 'duplicate token is not exist', 'rejected token'],
  [999999, 'who knows', 'retryable unknown bounded'],
]

describe('DingTalk’s codes', () => {
  for (const [errcode, errmsg, expected] of CODES)
    test(`${errcode} "${errmsg}" is ${expected}`, () => {
      const verdict = judged({ errcode, errmsg })
      assert.equal(brief(verdict.outcome), expected)
      assert.equal(verdict.errcode, errcode)
      assert.equal(verdict.errmsg, errmsg)
      assert.equal(verdict.httpStatus, 200)
      assert.equal(of({ errcode: String(errcode), errmsg }), expected)
    })

  test('mean the same with a failing HTTP status, except a redirect', () => {
    for (const [errcode, errmsg, expected] of CODES.filter(([, , each]) => !/unknown/.test(each)))
      for (const status of [400, 403, 429, 500, 502])
        assert.equal(of({ errcode, errmsg }, { status }), expected)
    assert.equal(of({ errcode: 660026 }, { status: 302 }), 'rejected redirect')
  })

  test('are read from Chinese text in escapes', () => {
    assert.equal(
      of('{"errcode":310000,"errmsg":"\\u5173\\u952e\\u8bcd\\u4e0d\\u5339\\u914d"}'),
      'rejected keyword',
    )
  })

  test('distinguish clock and secret in the explanation, though both are signature errors', () => {
    assert.match(judged({ errcode: 310000, errmsg: 'invalid timestamp' }).explanation, /clock/)
    assert.match(judged({ errcode: 310000, errmsg: 'sign not match' }).explanation, /`secret`/)
  })

  test('must be integers of a sensible size', () => {
    for (const errcode of [1e300, 3.5, '99999999999', 2 ** 31, Number.MAX_SAFE_INTEGER])
      assert.equal(judged({ errcode }).errcode, undefined)
  })

  test('have one meaning each', () => {
    const codes = Object.values(ERROR_CODES).flatMap((each) => [...each.codes])
    assert.equal(new Set(codes).size, codes.length)
    assert.equal(errorCodeOf(660026), 'throttled')
    assert.equal(errorCodeOf(12345), undefined)
  })
})

describe('the limiter of a public address', () => {
  const JSON_FORM = { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: 'abc' }
  test('is recognised without a code, as JSON, as text and as HTML', () => {
    for (const body of [
      JSON_FORM,
      { ...JSON_FORM, errcode: 999_999, errmsg: 'deny' },
      { status: '1111' },
      { punish: 'deny' },
      '<html><body>{"status":1111,"wait":5,"source":"x5","punish":"deny"}</body></html>',
      '<p>{&quot;status&quot;:1111,&quot;punish&quot;:&quot;deny&quot;}</p>',
      '<script>var x5={status: 1111}</script>',
      '<script src="https://g.example/_____tmd_____/punish?x5secdata=1"></script>',
    ])
      assert.equal(of(body), 'throttled address', JSON.stringify(body))
    for (const status of [200, 403, 429, 503])
      assert.equal(of(JSON_FORM, { status }), 'throttled address')
  })

  test("is not recognised if the same reply has the code of the robot's limit", () => {
    for (const errcode of [130101, 660026, 410100]) {
      const mixed = JSON.stringify({ ...JSON_FORM, errcode, errmsg: 'send too fast' })
      for (const body of [
        mixed,
        `\r\n${mixed}`,
        JSON.stringify({ errcode: String(errcode), ...JSON_FORM }),
        `<html><body>${mixed}</body></html>`,
        `${JSON.stringify(JSON_FORM)}${JSON.stringify({ errcode })}`,
        `<p>${mixed.replaceAll('"', '&quot;')}</p>`,
      ])
        assert.equal(of(body), 'throttled robot', body)
    }
  })

  test('is not recognised in a longer number that begins alike', () => {
    assert.equal(of({ status: 11111 }), 'retryable unknown bounded')
    assert.equal(of('<p>status: 11112</p>'), 'retryable unreadable bounded')
  })
})

describe('a reply that the message key was already used', () => {
  test('means delivered, with or without a code, and is explained', () => {
    for (const [body, status] of [
      [{ errcode: 460409, errmsg: 'duplicate msgUuid' }, 200],
      [{ code: 'duplicateClientToken', message: 'The request is a repeat' }, 409],
      [{ code: 'idempotencyProcessing', message: '幂等请求处理中' }, 400],
    ] as const)
      assert.equal(of(body, { status }), 'delivered', JSON.stringify(body))
    const verdict = judged({ errcode: 460409, errmsg: 'duplicate msgUuid' })
    assert.equal(verdict.result, 'ok')
    assert.match(verdict.explanation, /already/)
  })

  test('is not recognised in HTML or in a redirect', () => {
    assert.equal(of('<p>duplicate msgUuid</p>'), 'retryable unreadable bounded')
    assert.equal(of({ errcode: 1, errmsg: 'duplicate' }, { status: 302 }), 'rejected redirect')
  })
})

describe('replies without a DingTalk code', () => {
  const PAGE = '<html><title>Sign in</title></html>'
  const ROWS: [number, string, string][] = [
    [200, PAGE, 'retryable unreadable bounded'],
    [200, '', 'retryable unreadable bounded'],
    [204, '', 'retryable unreadable bounded'],
    [200, '{}', 'retryable unknown bounded'],
    [200, '{"errcode":', 'retryable unreadable bounded'],
    [301, '', 'rejected redirect'],
    [302, PAGE, 'rejected redirect'],
    [307, '{"errcode":0}', 'rejected redirect'],
    [400, '', 'retryable unknown bounded'],
    [401, PAGE, 'retryable unknown bounded'],
    [403, PAGE, 'retryable proxy bounded'],
    [404, PAGE, 'retryable unknown bounded'],
    [407, PAGE, 'retryable proxy bounded'],
    [408, '', 'retryable timeout'],
    [429, '', 'throttled robot'],
    [429, PAGE, 'throttled robot'],
    [500, '', 'retryable server_error'],
    [502, PAGE, 'retryable server_error'],
    [503, '{"message":"busy"}', 'retryable server_error'],
    [504, PAGE, 'retryable server_error'],
  ]
  for (const [status, body, expected] of ROWS)
    test(`HTTP ${status} with ${JSON.stringify(body)} is ${expected}`, () => {
      assert.equal(of(body, { status }), expected)
    })

  test('are explained with their HTTP status or code', () => {
    assert.match(judged('', { status: 502 }).explanation, /HTTP 502/)
    assert.match(judged({ errcode: 4711 }).explanation, /Code 4711/)
  })
})

describe("the operator's own expectation", () => {
  const regex = (source: string): Expectation => ({
    kind: 'regex',
    pattern: { source, matches: (text) => new RegExp(`^(?:${source})$`, 's').test(text) },
  })

  test("applies in addition to DingTalk's code, never instead of it", () => {
    for (const expect of [
      regex('.*'),
      { kind: 'status', status: 200 },
      { kind: 'json', subset: {} },
      { kind: 'json', subset: { errmsg: 'ok' } },
    ] as const) {
      const ok = { errmsg: 'ok' }
      assert.equal(of({ errcode: 0, ...ok }, { expect }), 'delivered')
      assert.equal(of({ errcode: 660026, ...ok }, { expect }), 'throttled robot')
      assert.equal(of({ errcode: 300005, ...ok }, { expect }), 'rejected token')
      assert.equal(of({ errcode: 4711, ...ok }, { expect }), 'retryable unknown bounded')
      assert.equal(of(ok, { expect }), 'retryable unknown bounded')
      assert.equal(of('<html>Sign in</html>', { expect }), 'retryable unreadable bounded')
      assert.equal(of({ status: 1111, punish: 'deny' }, { expect }), 'throttled address')
    }
  })

  test('decides whether a reply with errcode 0 is a success', () => {
    const ok = { errcode: 0, errmsg: 'ok' }
    assert.equal(of(ok, { expect: regex('.*"ok".*') }), 'delivered')
    assert.equal(of(ok, { status: 202, expect: { kind: 'status', status: 202 } }), 'delivered')
    assert.equal(of(ok, { expect: { kind: 'status', status: 202 } }), 'retryable unknown bounded')
    const subset = { result: { ok: true, list: [1, { a: 1 }] } }
    const expect: Expectation = { kind: 'json', subset }
    assert.equal(
      of({ ...ok, result: { ok: true, list: [1, { a: 1, b: 2 }], more: 1 }, other: 1 }, { expect }),
      'delivered',
    )
  })

  test('compares strictly, with equal types', () => {
    const expect: Expectation = { kind: 'json', subset: { ok: true, n: 1, deep: { x: null } } }
    for (const body of [
      { ok: 'true', n: 1, deep: { x: null } },
      { ok: true, n: '1', deep: { x: null } },
      { ok: true, n: 1, deep: {} },
      { ok: true, n: 1, deep: [] },
      { ok: true, n: 1, deep: 'x' },
      { ok: true, n: 1 },
    ])
      assert.equal(
        of({ errcode: 0, ...body }, { expect }),
        'retryable unknown bounded',
        JSON.stringify(body),
      )
    const list: Expectation = { kind: 'json', subset: { list: [1, 2] } }
    for (const value of [[1], [1, 2, 3], [2, 1], { 0: 1, 1: 2 }])
      assert.notEqual(of({ errcode: 0, list: value }, { expect: list }), 'delivered')
    const inherited = JSON.parse('{"__proto__":{}}') as Record<string, unknown>
    assert.notEqual(
      of({ errcode: 0 }, { expect: { kind: 'json', subset: inherited } }),
      'delivered',
    )
  })

  test("if it fails, does not change the meaning of DingTalk's codes", () => {
    for (const expect of [regex('never'), { kind: 'status', status: 201 } as const]) {
      assert.equal(of({ errcode: 660026 }, { expect }), 'throttled robot')
      assert.equal(of({ errcode: 300005 }, { expect }), 'rejected token')
      assert.equal(of('<html>', { status: 502, expect }), 'retryable server_error')
    }
  })

  test('if it fails on an ok reply, is retried a few times, with an explanation', () => {
    const verdict = judged({ errcode: 0, errmsg: 'ok' }, { expect: regex('never') })
    assert.equal(brief(verdict.outcome), 'retryable unknown bounded')
    assert.match(verdict.explanation, /`expect`/)
  })

  test('as a pattern also requires HTTP 2xx', () => {
    assert.equal(of('ok', { status: 500, expect: regex('.*') }), 'retryable server_error')
  })
})

describe('the quoted text of a reply', () => {
  const TOKEN = 'canary0123456789abcdef'

  test('contains no token, signature or secret', () => {
    const secret = `SEC${'a1'.repeat(32)}`
    for (const said of [
      `bad access_token=${TOKEN}&timestamp=1`,
      `<a href="/robot/send?access_token=${TOKEN}&amp;sign=${TOKEN}">`,
      `sign=${TOKEN} is old`,
      `{"access_token":"${TOKEN}"}`,
      `access_token%3D${TOKEN}`,
    ]) {
      for (const body of [said, { errcode: 300005, errmsg: said }, { errcode: 1, message: said }])
        assert.ok(!JSON.stringify(judged(body)).includes('canary'), said)
    }
    assert.ok(!JSON.stringify(judged({ errcode: 1, errmsg: `not ${secret}!` })).includes('a1a1'))
  })

  test('holds none of the given secrets, bare or percent-encoded, not even their beginning', () => {
    const sign = 'r4CWp/Dz+Ng0=canary'
    const all = `${TOKEN} token ${TOKEN} sign ${encodeURIComponent(sign)} ${sign}`
    for (const body of [all, `${'x'.repeat(490)}${all}`, `${'x'.repeat(480)}${all}`]) {
      const { errmsg = '' } = classifyResponse({ status: 200, body }, OK, [
        'canary0123',
        TOKEN,
        sign,
      ])
      assert.ok(!/canary|456789|r4CWp/.test(errmsg), errmsg)
      assert.ok(errmsg.includes('[redacted'))
    }
  })

  test('keeps words that only look like a label', () => {
    const errmsg = 'sign not match; keywords not in content: SECURITY, sign: none'
    assert.equal(judged({ errcode: 310000, errmsg }).errmsg, errmsg)
  })

  test('is one well-formed line of at most 500 characters', () => {
    const { errmsg = '' } = judged(`<html>\n\u0000\u001b[31m${'😀'.repeat(400)}`)
    assert.equal(errmsg.length, 500)
    assert.ok(errmsg.isWellFormed())
    assert.ok(!/\p{Cc}/u.test(errmsg))
    assert.equal(judged('').errmsg, undefined)
  })

  test('is extracted from any reply without an exception', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.json().map((json) => `{"errcode":${json}}`),
        ),
        fc.integer({ min: 100, max: 599 }),
        (body, status) => {
          const verdict = judged(body, { status })
          assert.ok(verdict.explanation.length > 10)
          assert.equal(verdict.result, resultOf(verdict.outcome))
          assert.ok((verdict.errmsg?.length ?? 0) <= 500)
        },
      ),
    )
  })
})

describe('the table of error codes', () => {
  test('explains each one in whole sentences', () => {
    for (const [name, { explanation }] of Object.entries(ERROR_CODES))
      assert.match(explanation, /^[A-Z].*\.$/, name)
  })
})
