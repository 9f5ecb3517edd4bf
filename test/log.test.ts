import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { createLog, type Log, type LogFormat } from '../src/log.ts'
import { redact } from '../src/redact.ts'

function logged(format: LogFormat, write: (log: Log) => void): string {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  write(createLog({ level: 'info', format, stream }))
  return text
}

/** Reads a line as go-logfmt's decoder does: bare values to the next blank, quoted ones as JSON. */
function pairsIn(line: string): Map<string, string> {
  const pairs = new Map<string, string>()
  const pair = /([^\s="]+)=(?:("(?:[^"\\]|\\.)*")|([^\s="]*))(?: |$)/gy
  let end = 0
  for (const { 0: all, 1: key = '', 2: quoted, 3: bare = '' } of line.matchAll(pair)) {
    end += all.length
    pairs.set(key, quoted === undefined ? bare : JSON.parse(quoted))
  }
  assert.equal(end, line.length, line)
  return pairs
}

describe('the log', () => {
  test('writes one line of JSON per event', () => {
    const text = logged('json', (log) => {
      log.info('message.sent', { robot: 'ops-1', bytes: 5, level: 'x', gone: undefined })
      log.debug('not.this')
    })
    const { timestamp, ...rest } = JSON.parse(text)
    assert.ok(!Number.isNaN(Date.parse(timestamp)))
    assert.deepEqual(rest, {
      level: 'info',
      message: 'message.sent',
      robot: 'ops-1',
      bytes: 5,
      level_: 'x',
    })
  })

  test('is readable on a terminal, and no value forges a line', () => {
    const text = logged('pretty', (log) =>
      log.warn('robot.resting', { why: 'a "b"\n2026 ERROR x', robot: 'r', esc: '\u001b[2J' }),
    )
    assert.match(
      text,
      /^\d\d:\d\d:\d\d\.\d{3} WARN {2}robot\.resting why="a \\"b\\"\\n2026 ERROR x" robot=r esc="\\u001b\[2J"\n$/,
    )
  })

  test('in logfmt has ts, level and msg first, and gives every value back as it was', () => {
    const text = logged('logfmt', (log) => log.warn('robot.paused', { robot: 'ops-1', for_ms: 5 }))
    assert.match(
      text,
      /^ts=\d{4}-\d\d-\d\dT[\d:.]+Z level=warn msg=robot\.paused robot=ops-1 for_ms=5\n$/,
    )
    const anything = fc.string({
      unit: fc.oneof(
        fc.constantFrom(...' "=\\\n\r\t\0\u0007\u007f\u009b\u2028\u202e磁盘é🔴'),
        fc.string(),
      ),
    })
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const line = logged('logfmt', (log) => log.info('x', { a, b }))
        assert.doesNotMatch(line.slice(0, -1), /[\p{C}\u2028\u2029]/u)
        const found = pairsIn(line.trimEnd())
        assert.deepEqual([found.get('a'), found.get('b'), found.size], [a, b, 5])
      }),
    )
  })

  test('contains no token, signature or password, whatever the source of a text', () => {
    const secrets = ['tok3ntok3n', 'sig%2Bn', 'SEC0123456789abcdef0123', 'pa55', 'user']
    const text = logged('json', (log) =>
      log.error('post.failed', {
        why: `https://oapi.dingtalk.com/robot/send?access_token=${secrets[0]}&timestamp=1&sign=${secrets[1]} ${secrets[2]} http://${secrets[4]}:${secrets[3]}@proxy:3128`,
      }),
    )
    for (const secret of secrets) assert.ok(!text.includes(secret), secret)
    assert.match(text, /timestamp=1/)
    assert.match(text, /@proxy:3128/)
    for (const written of ['access_token%3Dabc', '{"access_token": "abc"}', 'SEC0123abcd'])
      assert.doesNotMatch(redact(`x ${written} y`), /abc/)
    assert.equal(redact('nothing here'), 'nothing here')
  })

  test('contains no silence link, which any reader could use', () => {
    const text = logged('json', (log) =>
      log.error('request.failed', { path: '/silence/1z.htkkh.rKf6m3b14jk-eVhfc5RTfA' }),
    )
    assert.match(text, /"\/silence\/\[redacted\]"/)
  })
})
