import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { channelsFor, matches } from '../../src/decisions/route.ts'
import type { Matcher } from '../../src/model/matcher.ts'

const SUBJECT = { variables: { alarm_level: '严重', app: 'x' }, level: 2 as const }
const CRITICAL: Matcher = { kind: 'equals', name: 'alarm_level', negated: false, value: 'Critical' }
const NOT_CRITICAL: Matcher = { ...CRITICAL, negated: true }
const SEVERE: Matcher = {
  kind: 'matches',
  name: 'alarm_level',
  negated: false,
  pattern: { source: 'Down|Critical', matches: (text) => /^(?:Down|Critical)$/.test(text) },
}
const NO_CLUSTER: Matcher = { kind: 'equals', name: 'ob_cluster', negated: false, value: '' }

describe('matchers and routes', () => {
  test("alarm_level is compared as a level, whatever the sender's word", () => {
    assert.ok(matches([CRITICAL], SUBJECT))
    assert.ok(matches([SEVERE], SUBJECT))
    assert.ok(!matches([CRITICAL], { ...SUBJECT, level: 3 }))
    assert.ok(!matches([SEVERE], { ...SUBJECT, level: 3 }))
  })

  test('alarm_level matches any of its names', () => {
    const named = (name: string): Matcher => ({
      ...SEVERE,
      pattern: { source: name, matches: (text) => text === name },
    })
    for (const name of ['Alert', 'Warning'])
      assert.ok(matches([named(name)], { ...SUBJECT, level: 3 }), name)
    assert.ok(!matches([{ ...named('Warning'), negated: true }], { ...SUBJECT, level: 3 }))
    assert.ok(!matches([named('Warning')], SUBJECT))
  })

  test('a negated matcher holds exactly if its opposite does not', () => {
    assert.ok(!matches([NOT_CRITICAL], SUBJECT))
    assert.ok(!matches([{ ...SEVERE, negated: true }], SUBJECT))
    assert.ok(matches([NOT_CRITICAL, { ...SEVERE, negated: true }], { ...SUBJECT, level: 3 }))
  })

  test('other names are compared by their text', () => {
    const app: Matcher = { kind: 'equals', name: 'app', negated: false, value: 'x' }
    assert.ok(matches([app], SUBJECT))
    assert.ok(!matches([{ ...app, value: 'y' }], SUBJECT))
  })

  test('a missing variable is the empty text', () => {
    assert.ok(matches([NO_CLUSTER], SUBJECT))
    assert.ok(!matches([NO_CLUSTER], { ...SUBJECT, variables: { ob_cluster: 'c' } }))
  })

  test('all matchers must hold, and no matchers always do', () => {
    assert.ok(matches([NO_CLUSTER, CRITICAL], SUBJECT))
    assert.ok(!matches([NO_CLUSTER, NOT_CRITICAL], SUBJECT))
    assert.ok(matches([], SUBJECT))
  })

  test('the first route that matches applies, and without one there is no channel', () => {
    const routes = [
      { matchers: [NOT_CRITICAL], channels: ['rest'] },
      { matchers: [CRITICAL], channels: ['a', 'b'] },
      { matchers: [], channels: ['last'] },
    ]
    assert.deepEqual(channelsFor(routes, SUBJECT), ['a', 'b'])
    assert.deepEqual(channelsFor(routes.slice(0, 1), SUBJECT), [])
    assert.deepEqual(channelsFor(routes.slice(2), SUBJECT), ['last'])
  })
})
