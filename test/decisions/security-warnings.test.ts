import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { networksOf } from '../../src/config/networks.ts'
import { securityWarnings } from '../../src/decisions/security-warnings.ts'
import type { Access, Tls } from '../../src/model/access.ts'
import { Secret } from '../../src/model/secret.ts'
import { accessOf } from '../support/settings.ts'

const NOW = new Date('2026-11-24T04:00:00Z')
const AUTH = [{ kind: 'bearer', token: new Secret('t') }] as const

function kindsOf(host: string, access: Partial<Access> = {}, externalUrl?: string): string[] {
  const settings = { listen: { host, port: 8060 }, externalUrl, access: accessOf(access) }
  return securityWarnings(settings, NOW).map(({ kind }) => kind)
}

function tlsUntil(expiresAt: string, clientCa?: string): Tls {
  return { cert: '', key: new Secret(''), clientCa, expiresAt: new Date(expiresAt) }
}

describe('a security warning', () => {
  test('is absent while only this machine can reach the receiver', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1'])
      assert.deepEqual(kindsOf(host), [], host)
  })

  test('reports that anyone may post, until auth, allow_from or a client CA is set', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.5', 'alerts.example.com'])
      assert.deepEqual(kindsOf(host), ['anyone_may_post'], host)
    assert.deepEqual(kindsOf('0.0.0.0', { allowFrom: networksOf(['10.0.0.0/8']) }), [])
    assert.deepEqual(kindsOf('0.0.0.0', { tls: tlsUntil('2120-01-01', 'ca') }), [])
    assert.deepEqual(kindsOf('0.0.0.0', { auth: AUTH, tls: tlsUntil('2120-01-01') }), [])
  })

  test('reports secrets that cross the network without TLS', () => {
    assert.deepEqual(kindsOf('0.0.0.0', { auth: AUTH }), ['secrets_in_clear'])
    assert.deepEqual(kindsOf('127.0.0.1', { auth: AUTH }), [])
    const trustedProxies = networksOf(['10.0.0.1'])
    assert.deepEqual(kindsOf('0.0.0.0', { auth: AUTH, trustedProxies }), [])
  })

  test('reports a certificate from two weeks before it expires', () => {
    assert.deepEqual(kindsOf('127.0.0.1', { tls: tlsUntil('2026-12-24') }), [])
    assert.deepEqual(kindsOf('127.0.0.1', { tls: tlsUntil('2026-12-01') }), ['certificate_ends'])
    const [ended] = securityWarnings(
      {
        listen: { host: '127.0.0.1', port: 1 },
        externalUrl: undefined,
        access: accessOf({ tls: tlsUntil('2026-11-01') }),
      },
      NOW,
    )
    assert.match(ended?.explanation ?? '', /has expired/)
  })

  test('reports the console, if requests through a proxy look local', () => {
    const url = 'https://alerts.example.com'
    const token = { token: new Secret('t'), protect: new Set<never>() }
    assert.deepEqual(kindsOf('127.0.0.1', {}, url), ['proxy_is_admin'])
    assert.deepEqual(kindsOf('0.0.0.0', { allowFrom: networksOf(['::1']) }, url), [
      'proxy_is_admin',
    ])
    assert.deepEqual(kindsOf('127.0.0.1', { admin: token }, url), [])
    assert.deepEqual(kindsOf('127.0.0.1', { trustedProxies: networksOf(['::1']) }, url), [])
    for (const own of ['http://localhost:8060', 'http://127.0.0.1:8060', 'http://[::1]:8060'])
      assert.deepEqual(kindsOf('127.0.0.1', {}, own), [], own)
    const settings = { listen: { host: '::1', port: 1 }, externalUrl: url, access: accessOf() }
    const [found] = securityWarnings(settings, NOW)
    assert.match(found?.explanation ?? '', /admin\.token/)
    assert.match(found?.explanation ?? '', /trusted_proxies/)
  })
})
