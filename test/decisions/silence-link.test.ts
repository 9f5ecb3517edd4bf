import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { LINK_LASTS_MS, readLink, signedLink } from '../../src/decisions/silence-link.ts'

const NOW = new Date('2026-11-28T20:00:30Z')
const KEY = 'a key'

function later(ms: number): Date {
  return new Date(NOW.getTime() + ms)
}

describe('a link to silence an alert', () => {
  test('identifies its alert, for a day', () => {
    const link = signedLink(4_711, NOW, KEY)
    assert.match(link, /^[\w.-]{20,40}$/)
    assert.deepEqual(readLink(link, NOW, KEY), { kind: 'good', alert: '4711' })
    assert.equal(readLink(link, later(LINK_LASTS_MS - 1), KEY).kind, 'good')
    assert.equal(readLink(link, later(LINK_LASTS_MS + 60_000), KEY).kind, 'expired')
  })

  test('contains nothing of the key, and is invalid with another key', () => {
    assert.equal(readLink(signedLink(1, NOW, KEY), NOW, 'another key').kind, 'wrong')
    assert.ok(!signedLink(1, NOW, KEY).includes(KEY))
  })

  test('that was changed anywhere is invalid', () =>
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.nat(), fc.constantFrom(...'0az.-_Z/%'), (alert, at, sign) => {
        const link = signedLink(alert, NOW, KEY)
        const index = at % link.length
        const changed = link.slice(0, index) + sign + link.slice(index + 1)
        const isLastBits = index === link.length - 1
        if (changed === link || isLastBits) return
        assert.equal(readLink(changed, NOW, KEY).kind, 'wrong')
      }),
    ))

  test('that is any other text is invalid', () =>
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(readLink(text, NOW, KEY).kind, 'wrong')
      }),
    ))
})
