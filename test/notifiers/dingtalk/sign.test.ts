import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sign, signedUrl } from '../../../src/notifiers/dingtalk/sign.ts'

const WEBHOOK = 'https://oapi.dingtalk.com/robot/send?access_token=abc'

describe('the signature', () => {
  test("is DingTalk's, for known vectors", () => {
    assert.equal(
      sign('this is secret', 1_700_000_000_000),
      'sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0=',
    )
    assert.equal(sign('SECtest', 1_700_000_000_001), 'r4CWp/Dz+Ng0sbTjH1vB0Fr+uQ2fn831mssaN6/C05I=')
  })

  test('is in the query, encoded once', () => {
    const url = signedUrl(WEBHOOK, 'SECtest', new Date(1_700_000_000_001))
    assert.ok(url.endsWith('&sign=r4CWp%2FDz%2BNg0sbTjH1vB0Fr%2BuQ2fn831mssaN6%2FC05I%3D'), url)
    assert.ok(url.includes('&timestamp=1700000000001&'), url)
  })

  test('replaces all earlier ones in the webhook', () => {
    const stale = `${WEBHOOK}&timestamp=1&sign=old&timestamp=2&sign=older`
    const { searchParams } = new URL(signedUrl(stale, 'SECtest', new Date(1_700_000_000_001)))
    assert.deepEqual(searchParams.getAll('timestamp'), ['1700000000001'])
    assert.deepEqual(searchParams.getAll('sign'), ['r4CWp/Dz+Ng0sbTjH1vB0Fr+uQ2fn831mssaN6/C05I='])
    assert.deepEqual(searchParams.getAll('access_token'), ['abc'])
  })

  test('in the webhook is unchanged if the robot has no secret', () => {
    const own = 'https://gateway.example/push?sign=of-its-own'
    assert.equal(signedUrl(own, undefined, new Date(0)), own)
    assert.equal(signedUrl(WEBHOOK, undefined, new Date(0)), WEBHOOK)
  })

  test('of a text that is not a URL is an error that does not quote it', () => {
    assert.throws(
      () => signedUrl('htp//canary-token', 'SECtest', new Date(0)),
      (error: Error) =>
        /webhook/.test(error.message) &&
        !/canary/.test(JSON.stringify({ ...error }) + error.message),
    )
  })

  test('is unchanged by a URL, for any secret and time', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'grapheme' }),
        fc.integer({ min: 0, max: 4_102_444_800_000 }),
        (secret, timestampMs) => {
          const url = new URL(signedUrl(WEBHOOK, secret, new Date(timestampMs)))
          const seen = url.searchParams.get('timestamp')
          const expected = createHmac('sha256', Buffer.from(secret, 'utf8'))
            .update(Buffer.from(`${seen}\n${secret}`, 'utf8'))
            .digest('base64')
          assert.equal(url.searchParams.get('sign'), expected)
          assert.equal(seen, String(timestampMs))
        },
      ),
    )
  })
})
