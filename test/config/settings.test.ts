import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hasInnerHost } from '../../src/config/settings.ts'

describe('a host that only the cluster can resolve', () => {
  for (const [url, inner] of [
    ['http://receiver:8060', true],
    ['http://receiver.alerts.svc:8060', true],
    ['http://receiver.alerts.svc.cluster.local:8060/x', true],
    ['https://alerts.example.com', false],
    ['http://127.0.0.1:8060', false],
    ['http://[::1]:8060', false],
    ['http://localhost:8060', false],
  ] as const)
    test(`${inner ? 'is' : 'is not'} that of ${url}`, () => assert.equal(hasInnerHost(url), inner))
})
