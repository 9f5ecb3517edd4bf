import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { describe, mock, test } from 'node:test'
import { challengesOf, checkFor } from '../../src/http/credentials.ts'
import type { Credential } from '../../src/model/access.ts'
import { Secret } from '../../src/model/secret.ts'

const bearer = (token: string): Credential => ({ kind: 'bearer', token: new Secret(token) })
const basic: Credential = { kind: 'basic', username: 'u', password: new Secret('p') }

describe('a check of credentials', () => {
  test('compares hashes of equal length with every credential of the kind', (t) => {
    const check = checkFor([bearer('one'), bearer('two'), bearer('three'), basic])
    const compared: [number, number][] = []
    const { timingSafeEqual, hash } = crypto
    const hashed: unknown[] = []
    t.mock.method(crypto, 'timingSafeEqual', (a: Buffer, b: Buffer) => {
      compared.push([a.length, b.length])
      return timingSafeEqual(a, b)
    })
    t.mock.method(crypto, 'hash', (...values: Parameters<typeof hash>) => {
      hashed.push(values[1])
      return hash(...values)
    })
    syncBuiltinESMExports()
    try {
      for (const [token, is] of [
        ['one', true],
        ['three', true],
        ['x', false],
        ['x'.repeat(10_000), false],
      ] as const) {
        compared.length = 0
        hashed.length = 0
        assert.equal(check({ authorization: `Bearer ${token}` }), is)
        assert.deepEqual(compared, [
          [32, 32],
          [32, 32],
          [32, 32],
        ])
        assert.deepEqual(hashed, [token])
      }
    } finally {
      mock.restoreAll()
      t.mock.restoreAll()
      syncBuiltinESMExports()
    }
  })

  test('treats a header named like a scheme as a header', () => {
    const check = checkFor([{ kind: 'header', name: 'bearer', value: new Secret('word') }])
    assert.ok(check({ bearer: 'word' }))
    assert.ok(!check({ authorization: 'Bearer word' }))
  })

  test('names the accepted schemes in its challenge', () => {
    assert.deepEqual(challengesOf([bearer('x')]), ['Bearer realm="dingtalk-receiver"'])
    assert.match(challengesOf([basic]).join(), /^Basic realm="dingtalk-receiver", charset="UTF-8"$/)
    assert.equal(challengesOf([basic, bearer('x')]).length, 2)
    const header: Credential = { kind: 'header', name: 'x-t', value: new Secret('x') }
    assert.deepEqual(challengesOf([header]), ['Bearer realm="dingtalk-receiver"'])
  })
})
