import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mentionFor } from '../../src/decisions/mention.ts'
import type { Matcher } from '../../src/model/matcher.ts'

const CRITICAL: Matcher = { kind: 'equals', name: 'alarm_level', negated: false, value: 'Critical' }
const MENTION = {
  mobiles: ['1'],
  users: ['team'],
  all: false,
  rules: [
    { matchers: [CRITICAL], mobiles: ['2', '1'], users: ['lead'], all: false },
    { matchers: [{ ...CRITICAL, negated: true }], mobiles: ['3'], users: ['team'], all: true },
  ],
}
const critical = { variables: {}, level: 2 as const }
const info = { variables: {}, level: 5 as const }

describe('mentions', () => {
  test('the channel is mentioned whatever the alerts are', () =>
    assert.deepEqual(mentionFor({ ...MENTION, rules: [] }, []), {
      mobiles: ['1'],
      users: ['team'],
      all: false,
    }))

  test('a rule adds its mentions where one of the alerts matches, each person once', () => {
    assert.deepEqual(mentionFor(MENTION, [critical]), {
      mobiles: ['1', '2'],
      users: ['team', 'lead'],
      all: false,
    })
    assert.deepEqual(mentionFor(MENTION, [info]), {
      mobiles: ['1', '3'],
      users: ['team'],
      all: true,
    })
    assert.deepEqual(mentionFor(MENTION, [critical, info]), {
      mobiles: ['1', '2', '3'],
      users: ['team', 'lead'],
      all: true,
    })
  })

  test("a sender's own mentions are added", () => {
    const own = { mobiles: ['9', '1'], users: ['guest'], all: true }
    assert.deepEqual(mentionFor(MENTION, [critical], own), {
      mobiles: ['1', '2', '9'],
      users: ['team', 'lead', 'guest'],
      all: true,
    })
  })

  test('a channel that mentions everybody does so for every message', () =>
    assert.equal(mentionFor({ ...MENTION, all: true }, [critical]).all, true))
})
