import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { describe, test } from 'node:test'
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
    assert.equal(redact('nothing here'), 'nothing here')
  })

  test('contains no silence link, which any reader could use', () => {
    const text = logged('json', (log) =>
      log.error('request.failed', { path: '/silence/1z.htkkh.rKf6m3b14jk-eVhfc5RTfA' }),
    )
    assert.match(text, /"\/silence\/\[redacted\]"/)
  })
})
