import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { AppError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/receiver.ts'

const BASE = 'robots: { lab: { webhook: sandbox } }\n'
const CHANNEL = 'channels: { ops: { robots: [lab] } }\n'

function loaded(yaml: string) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'c.yml')
  writeFileSync(file, yaml)
  return loadSettings({ file, env: {}, cwd: folder.path }).settings
}

/** The faults of a configuration, without the folder. */
function faultsOf(yaml: string): string[] {
  try {
    loaded(yaml)
  } catch (error) {
    if (error instanceof AppError) return error.faults.map((each) => each.replace(/^.*c\.yml:/, ''))
    throw error
  }
  return []
}

const PEOPLE = `people:
  zhangsan: { mobile: "138 0000 0000" }
  lisi: { user: manager4567 }
  王五: { mobile: 13700000000 }
`

describe('people and rotas of the configuration', () => {
  test('are a directory, a rota with overrides, and channels that mention them', () => {
    const settings = loaded(`${BASE}${PEOPLE}oncall:
  dba:
    people: [zhangsan, [lisi, 王五]]
    every: 1w
    from: "2026-11-30 09:00"
    overrides: [{ from: "2026-12-24 09:00", to: "2026-12-26 09:00", people: [lisi] }]
channels:
  ops:
    robots: [lab]
    mention:
      people: [zhangsan]
      oncall: [dba]
      labels: [owner]
      rules: [{ matchers: ['team="db"'], people: [lisi] }]
`)
    assert.deepEqual(settings.people.get('zhangsan'), { kind: 'mobile', mobile: '13800000000' })
    assert.deepEqual(settings.people.get('lisi'), { kind: 'user', user: 'manager4567' })
    assert.deepEqual(settings.people.get('王五'), { kind: 'mobile', mobile: '13700000000' })
    assert.deepEqual(settings.rotas.get('dba'), {
      turns: [['zhangsan'], ['lisi', '王五']],
      everyMs: 7 * 86_400_000,
      from: '2026-11-30T09:00',
      timezone: 'Asia/Shanghai',
      overrides: [
        {
          from: new Date('2026-12-24T01:00:00Z'),
          to: new Date('2026-12-26T01:00:00Z'),
          people: ['lisi'],
        },
      ],
    })
    const { mention } = settings.channels.get('ops') ?? assert.fail()
    assert.deepEqual(
      [mention.people, mention.oncall, mention.labels],
      [['zhangsan'], ['dba'], ['owner']],
    )
    assert.deepEqual(mention.rules[0]?.people, ['lisi'])
  })

  test('an invalid person, rota or mobile is a fault at its place', () => {
    assert.deepEqual(
      faultsOf(`${BASE}people:
  zhangsan: { mobile: "12" }
  lisi: { user: "a b" }
oncall:
  dba:
    people: [zhangsna, [lisi, nobody]]
    every: 30m
    from: "2026-02-30 09:00"
    overrides: [{ from: "2026-12-26", to: "2026-12-24", people: [x] }]
  zhangsan: { people: [lisi], every: 1d, from: "2026-11-30" }
channels:
  ops: { robots: [lab], mention: { people: [lisy], oncall: [dbas] } }
`),
      [
        '3:23: people.zhangsan.mobile: must be a phone number: digits, with + and the country code outside the mainland of China',
        '4:17: people.lisi.user: must be the id of a DingTalk user, such as manager4567',
        '7:14: oncall.dba.people.0: unknown person "zhangsna" (did you mean "zhangsan"?); available: zhangsan, lisi',
        '7:31: oncall.dba.people.1.1: unknown person "nobody"; available: zhangsan, lisi',
        '8:12: oncall.dba.every: must be at least 1h',
        '9:11: oncall.dba.from: is not a valid date and time',
        '10:43: oncall.dba.overrides.0.to: must be later than from',
        '10:66: oncall.dba.overrides.0.people.0: unknown person "x"; available: zhangsan, lisi',
        '11:13: oncall.zhangsan: is also the name of a person; give the rota another name',
        '13:45: channels.ops.mention.people.0: unknown person "lisy" (did you mean "lisi"?); available: zhangsan, lisi',
        '13:61: channels.ops.mention.oncall.0: unknown rota "dbas" (did you mean "dba"?); available: dba, zhangsan',
      ],
    )
  })

  test('names that a list in a label cannot contain are faults', () => {
    for (const name of ['"a,b"', '"user:x"', '"138"', '"@all"'])
      assert.equal(faultsOf(`${BASE}${CHANNEL}people: { ${name}: { user: a } }\n`).length, 1, name)
  })

  test('an invalid time is a fault with an example of a valid one', () =>
    assert.match(
      faultsOf(
        `${BASE}${CHANNEL}${PEOPLE}oncall: { dba: { people: [lisi], every: 1d, from: monday } }\n`,
      ).join(),
      /oncall\.dba\.from: must be a date and time such as 2026-11-30 09:00/,
    ))

  test('a user id that would mention everybody is a fault', () =>
    assert.equal(faultsOf(`${BASE}${CHANNEL}people: { a: { user: all } }\n`).length, 1))

  test('more than 50 people in one mention are a fault, those of the largest turn included', () => {
    const names = Array.from({ length: 51 }, (_, index) => `p${index}`)
    const people = `people:\n${names.map((name) => `  ${name}: { user: ${name} }\n`).join('')}`
    const rota = `oncall: { all: { people: [[${names.join()}]], every: 1d, from: "2026-01-01" } }\n`
    const faults = faultsOf(
      `${BASE}${people}${rota}channels: { ops: { robots: [lab], mention: { oncall: [all] } } }\n`,
    )
    assert.match(faults.join('\n'), /channels\.ops\.mention: mentions more than 50 people/)
  })
})

describe('the Alertmanagers of the configuration', () => {
  test('have an address, the external one of their alerts, and credentials', () => {
    const [first, second] = loaded(`${BASE}${CHANNEL}alertmanagers:
  - { url: "http://am:9093/", external_url: "https://AM.example.com/x/", bearer: token-of-twelve }
  - { url: "http://am-2:9093", basic: { username: u, password: "p" } }
`).alertmanagers
    assert.equal(first?.url, 'http://am:9093')
    assert.equal(first?.externalUrl, 'https://am.example.com/x')
    assert.equal(first?.authorization?.reveal(), 'Bearer token-of-twelve')
    assert.equal(second?.externalUrl, 'http://am-2:9093')
    assert.equal(second?.authorization?.reveal(), 'Basic dTpw')
  })

  test('need the address under which people reach the receiver', () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'c.yml')
    writeFileSync(file, `${BASE}${CHANNEL}alertmanagers: [{ url: "http://a" }]\n`)
    const { warnings } = loadSettings({ file, env: {}, cwd: folder.path })
    assert.match(warnings.join(), /alertmanagers: has no effect without external_url/)
  })

  test('one with both kinds of credentials, or with a password in its address, is a fault', () => {
    assert.equal(
      faultsOf(
        `${BASE}${CHANNEL}alertmanagers: [{ url: "http://a", bearer: x, basic: { username: u, password: p } }]\n`,
      ).length,
      1,
    )
    assert.equal(
      faultsOf(
        `${BASE}${CHANNEL}alertmanagers: [{ url: "http://u:p@a", external_url: "http://a" }]\n`,
      ).length,
      1,
    )
  })
})
