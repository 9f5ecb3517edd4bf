import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { networksOf } from '../../src/config/networks.ts'
import { exposuresOf } from '../../src/decisions/exposure.ts'
import type { Access, Tls } from '../../src/model/access.ts'
import { Secret } from '../../src/model/secret.ts'
import { accessOf } from '../support/settings.ts'

const NOW = new Date('2026-11-24T04:00:00Z')
const AUTH = [{ kind: 'bearer', token: new Secret('t') }] as const

function kindsOf(host: string, access: Partial<Access> = {}): string[] {
  const settings = { listen: { host, port: 8060 }, access: accessOf(access) }
  return exposuresOf(settings, NOW).map(({ kind }) => kind)
}

function wordsOf(host: string, access: Partial<Access>): string[] {
  const settings = { listen: { host, port: 8060 }, access: accessOf(access) }
  return exposuresOf(settings, NOW).map(({ words }) => words)
}

function tlsUntil(expiresAt: string, clientCa?: string): Tls {
  return { cert: '', key: new Secret(''), clientCa, expiresAt: new Date(expiresAt) }
}

describe('what stands open', () => {
  test('is nothing as long as only this machine gets there', () => {
    for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1'])
      assert.deepEqual(kindsOf(host), [], host)
  })

  test('is posting, for whoever gets there, until one of the three doors is shut', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.5', 'alerts.example.com'])
      assert.deepEqual(kindsOf(host), ['anyone_may_post'], host)
    assert.deepEqual(kindsOf('0.0.0.0', { allowFrom: networksOf(['10.0.0.0/8']) }), [])
    assert.deepEqual(kindsOf('0.0.0.0', { tls: tlsUntil('2120-01-01', 'ca') }), [])
    assert.deepEqual(kindsOf('0.0.0.0', { auth: AUTH, tls: tlsUntil('2120-01-01') }), [])
  })

  test('is every secret that crosses the network without TLS', () => {
    assert.deepEqual(kindsOf('0.0.0.0', { auth: AUTH }), ['secrets_in_clear'])
    assert.deepEqual(kindsOf('127.0.0.1', { auth: AUTH }), [])
    const trustedProxies = networksOf(['10.0.0.1'])
    assert.deepEqual(kindsOf('0.0.0.0', { auth: AUTH, trustedProxies }), [])
  })

  test('is the admin token that crosses the network without TLS, whoever may post', () => {
    const admin = { token: new Secret('t'), protect: new Set<never>() }
    const allowFrom = networksOf(['10.0.0.0/8'])
    assert.deepEqual(kindsOf('0.0.0.0', { admin, allowFrom }), ['secrets_in_clear'])
    assert.deepEqual(kindsOf('0.0.0.0', { admin }), ['anyone_may_post', 'secrets_in_clear'])
  })

  test('is said with the address and with the keys that close it', () => {
    const [posting] = wordsOf('0.0.0.0', {})
    assert.match(posting ?? '', /0\.0\.0\.0:8060.*auth.*allow_from.*tls\.client_ca/)
    const [secrets] = wordsOf('0.0.0.0', { auth: AUTH })
    assert.match(secrets ?? '', /set tls.*trusted_proxies/)
  })

  test('is a certificate from the fourteenth day before its end', () => {
    const kindsUntil = (expiresAt: string) => kindsOf('127.0.0.1', { tls: tlsUntil(expiresAt) })
    assert.deepEqual(kindsUntil('2026-12-24T00:00:00Z'), [])
    assert.deepEqual(kindsUntil('2026-12-08T04:00:00Z'), [])
    assert.deepEqual(kindsUntil('2026-12-08T03:59:59Z'), ['certificate_ends'])
  })

  test('is said of a certificate with the days that are left', () => {
    const said = (expiresAt: string) => wordsOf('127.0.0.1', { tls: tlsUntil(expiresAt) }).join()
    assert.match(said('2026-12-01T05:00:00Z'), /tls\.cert expires in 7 days/)
    assert.match(said('2026-11-24T05:00:00Z'), /tls\.cert expires in 0 days/)
    assert.match(said('2026-11-24T03:00:00Z'), /tls\.cert has expired/)
  })
})
