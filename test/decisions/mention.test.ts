import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MAX_MENTIONED, mentionFor } from '../../src/decisions/mention.ts'
import type { Subject } from '../../src/decisions/route.ts'
import type { Mention } from '../../src/model/alert.ts'
import type { Matcher } from '../../src/model/matcher.ts'
import type { Directory } from '../../src/model/people.ts'
import type { Channel } from '../../src/model/settings.ts'

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
const NOBODY = { mobiles: [], users: [], all: false, rules: [] }
const NOW = new Date('2026-12-01T00:00:00Z')
const DIRECTORY: Directory = {
  people: new Map([
    ['zhangsan', { kind: 'mobile', mobile: '13800000000' }],
    ['lisi', { kind: 'user', user: 'manager4567' }],
    ['王五', { kind: 'mobile', mobile: '13700000000' }],
  ]),
  rotas: new Map([
    [
      'dba',
      {
        turns: [['zhangsan'], ['lisi', '王五']],
        everyMs: 7 * 86_400_000,
        from: '2026-11-30T09:00',
        timezone: 'Asia/Shanghai',
        overrides: [],
      },
    ],
  ]),
}

function resolved(
  mention: Channel['mention'],
  alerts: Parameters<typeof mentionFor>[1],
  { own, now = NOW }: { own?: Mention; now?: Date } = {},
) {
  const { unknown, ...found } = mentionFor(mention, alerts, {
    directory: DIRECTORY,
    now,
    ...(own && { own }),
  })
  return unknown.length === 0 ? found : { ...found, unknown }
}

/** The people that the value of a label named `owner` mentions. */
function named(value: string, now = NOW) {
  const alerts = [{ variables: { owner: value }, level: 3 as const }]
  return resolved({ ...NOBODY, labels: ['owner'] }, alerts, { now })
}

describe('mentions', () => {
  test("the channel's people are mentioned for any alerts", () =>
    assert.deepEqual(resolved({ ...MENTION, rules: [] }, []), {
      mobiles: ['1'],
      users: ['team'],
      all: false,
    }))

  test('a rule adds its mentions where one of the alerts matches, each person once', () => {
    assert.deepEqual(resolved(MENTION, [critical]), {
      mobiles: ['1', '2'],
      users: ['team', 'lead'],
      all: false,
    })
    assert.deepEqual(resolved(MENTION, [info]), {
      mobiles: ['1', '3'],
      users: ['team'],
      all: true,
    })
    assert.deepEqual(resolved(MENTION, [critical, info]), {
      mobiles: ['1', '2', '3'],
      users: ['team', 'lead'],
      all: true,
    })
  })

  test("a sender's own mentions are added", () => {
    const own = { mobiles: ['9', '1'], users: ['guest'], all: true }
    assert.deepEqual(resolved(MENTION, [critical], { own }), {
      mobiles: ['1', '2', '9'],
      users: ['team', 'lead', 'guest'],
      all: true,
    })
  })

  test('a channel that mentions everybody does so for every message', () =>
    assert.equal(resolved({ ...MENTION, all: true }, [critical]).all, true))

  test("names of the directory and of rotas are resolved to DingTalk's ids", () =>
    assert.deepEqual(resolved({ ...NOBODY, people: ['lisi'], oncall: ['dba'] }, []), {
      mobiles: ['13800000000'],
      users: ['manager4567'],
      all: false,
    }))

  test('the people on call are those of the given instant', () => {
    const mention = { ...NOBODY, oncall: ['dba'] }
    const later = new Date('2026-12-07T01:00:00Z')
    assert.deepEqual(resolved(mention, [], { now: new Date(later.getTime() - 1) }).mobiles, [
      '13800000000',
    ])
    assert.deepEqual(resolved(mention, [], { now: later }), {
      mobiles: ['13700000000'],
      users: ['manager4567'],
      all: false,
    })
  })

  test('the value of a label names people, rotas, mobiles and user ids in any mix', () => {
    assert.deepEqual(named('王五, dba，user:U_1; +86 139-0000-0000'), {
      mobiles: ['13700000000', '13800000000', '13900000000'],
      users: ['U_1'],
      all: false,
    })
    assert.deepEqual(named('@zhangsan 王五').mobiles, ['13800000000', '13700000000'])
    assert.deepEqual(named(' , ,'), { mobiles: [], users: [], all: false })
  })

  test('an unknown name is returned as written and mentions nobody', () => {
    assert.deepEqual(named('zhangsan, Platform Team, zhang'), {
      mobiles: ['13800000000'],
      users: [],
      all: false,
      unknown: ['Platform Team', 'zhang'],
    })
    assert.deepEqual(named('user:all, @all, everyone, 所有人'), {
      ...{ mobiles: [], users: [], all: false },
      unknown: ['user:all', 'all', 'everyone', '所有人'],
    })
  })

  test('a rule reads its labels only from the alerts that it matches', () => {
    const mention = {
      ...NOBODY,
      rules: [
        { matchers: [CRITICAL], mobiles: [], users: [], all: false, labels: ['owner', 'team'] },
      ],
    }
    const alerts: Subject[] = [
      { variables: { owner: 'zhangsan' }, level: 5 as const },
      { variables: { team: 'lisi' }, level: 2 as const },
    ]
    assert.deepEqual(resolved(mention, alerts), {
      mobiles: [],
      users: ['manager4567'],
      all: false,
    })
  })

  test('at most 50 people are mentioned, those of the channel before those from labels', () => {
    const many = Array.from({ length: 60 }, (_, index) => `139${String(index).padStart(8, '0')}`)
    const alerts = [{ variables: { owner: many.join() }, level: 3 as const }]
    const { mobiles, users } = resolved({ ...NOBODY, users: ['lead'], labels: ['owner'] }, alerts)
    assert.deepEqual(users, ['lead'])
    assert.deepEqual(mobiles, many.slice(0, MAX_MENTIONED - 1))
  })

  test('any label value mentions only the numbers, ids and names in it', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'grapheme' }),
            fc.constantFrom('@all', '**x**', '[a](b)', '\u0000', '\u202e', 'user:', 'zhangsan'),
          ),
        ),
        (parts) => {
          const value = parts.join(',')
          const { mobiles, users, all } = named(value)
          assert.equal(all, false)
          for (const user of users) assert.match(user, /^(?!all$|everyone$)[\w.$-]{1,64}$/i)
          for (const mobile of mobiles) assert.match(mobile, /^\+?[\d-]{7,16}$/)
          assert.ok(mobiles.length + users.length <= MAX_MENTIONED)
        },
      ),
    ))
})
