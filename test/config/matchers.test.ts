import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { SyntaxFault } from '../../src/config/matcher-syntax.ts'
import { parseMatchers } from '../../src/config/matchers.ts'
import { needs } from '../support/program.ts'
import { temporaryFolder } from '../support/receiver.ts'

type Term = readonly [name: string, operator: string, value: string]

interface Row {
  text: string
  wanted: readonly Term[] | RegExp
  /** The first version of Alertmanager that reads it so; absent for all versions. */
  by?: 'utf8'
  /** Alertmanager accepts it, but it is certainly a mistake. */
  stricter?: true
}

const taken = (text: string, ...wanted: Term[]): Row => ({ text, wanted })
const inUtf8 = (text: string, ...wanted: Term[]): Row => ({ text, wanted, by: 'utf8' })
const refused = (text: string, wanted: RegExp): Row => ({ text, wanted })
const stricter = (text: string, wanted: RegExp): Row => ({ text, wanted, stricter: true })

const CRITICAL = ['severity', '=', 'critical'] as const
const DB = ['team', '=', 'db'] as const

const TABLE: readonly Row[] = [
  taken('severity=critical', CRITICAL),
  taken('severity="critical"', CRITICAL),
  taken('{severity="critical"}', CRITICAL),
  taken('{severity=critical,}', CRITICAL),
  taken('  severity  =  critical  ', CRITICAL),
  taken('severity!=critical', ['severity', '!=', 'critical']),
  taken('severity=~"critical|page"', ['severity', '=~', 'critical|page']),
  taken('severity=~critical|page', ['severity', '=~', 'critical|page']),
  taken('severity!~"info|none"', ['severity', '!~', 'info|none']),
  taken('severity=critical,team=db', CRITICAL, DB),
  taken('severity=critical, team=db', CRITICAL, DB),
  taken('{severity="critical",team="db"}', CRITICAL, DB),
  taken('{ severity = "critical" , team = "db" , }', CRITICAL, DB),
  taken('severity=critical,team=db,', CRITICAL, DB),
  taken('severity="a,b",team=db', ['severity', '=', 'a,b'], DB),
  taken('severity=""', ['severity', '=', '']),
  taken('a="say \\"hi\\""', ['a', '=', 'say "hi"']),
  taken('a="C:\\\\disk"', ['a', '=', 'C:\\disk']),
  taken('a="one\\ntwo"', ['a', '=', 'one\ntwo']),
  taken('a="\\d+"', ['a', '=', '\\d+']),
  taken('a=~"\\d+\\.\\w"', ['a', '=~', '\\d+\\.\\w']),
  taken('a="\\t"', ['a', '=', '\\t']),
  taken('a="it\'s"', ['a', '=', "it's"]),
  taken('a="{b}"', ['a', '=', '{b}']),
  taken('a="b=c"', ['a', '=', 'b=c']),
  taken('a="服务 🙂"', ['a', '=', '服务 🙂']),
  taken('a=服务', ['a', '=', '服务']),
  taken('a=x y', ['a', '=', 'x y']),
  taken('a=10.0.0.1:9100', ['a', '=', '10.0.0.1:9100']),
  taken('a=/var/lib', ['a', '=', '/var/lib']),
  taken('a:b=c', ['a:b', '=', 'c']),
  taken('_a1=b', ['_a1', '=', 'b']),
  taken('{a=~x{2}}', ['a', '=~', 'x{2}']),
  taken('a=~"x{2}"', ['a', '=~', 'x{2}']),
  taken('a=b\\d', ['a', '=', 'b\\d']),
  taken('a=~.+', ['a', '=~', '.+']),
  taken('a=~"(?i)disk.*"', ['a', '=~', '(?i)disk.*']),
  taken('{}'),
  inUtf8('app.kubernetes.io/name=api', ['app.kubernetes.io/name', '=', 'api']),
  inUtf8('"app.kubernetes.io/name"="api"', ['app.kubernetes.io/name', '=', 'api']),
  inUtf8('{"service.name"="api","team"="db"}', ['service.name', '=', 'api'], DB),
  inUtf8('pod-name=~"web-.*"', ['pod-name', '=~', 'web-.*']),
  inUtf8('服务="订单"', ['服务', '=', '订单']),
  inUtf8('"服务 名"=订单', ['服务 名', '=', '订单']),
  inUtf8('"a"=b', ['a', '=', 'b']),
  inUtf8('1a=b', ['1a', '=', 'b']),
  inUtf8(' {a=b}', ['a', '=', 'b']),
  inUtf8('"a.b"="\\u4e2d\\x41\\101\\U0001f642\\t"', ['a.b', '=', '中AA🙂\t']),
  inUtf8('a.b="\\xe4\\xb8\\xad"', ['a.b', '=', '中']),
  refused('severity', /^8: expected an operator: =, !=, =~ or !~, found the end$/),
  refused('="critical"', /^0: expected a name, found "="$/),
  refused('severity="critical', /^9: has quotes that do not end$/),
  refused('severity=crit"ical', /^13: .*quotes/),
  refused('severity="a" team="b"', /^13: expected a comma, found "team"$/),
  refused('severity=critical,,team=db', /^18: expected a name, found ","$/),
  refused('{,}', /^1: expected a name, found ","$/),
  refused(',', /^0: expected a name, found ","$/),
  refused('{{a=b}}', /^1: expected a name, found "\{"$/),
  refused('a=~"("', /^3: is not a pattern: /),
  refused('a!~"[z-a]"', /^3: is not a pattern: /),
  refused('a.b="\\d"', /^5: \\d is not an escape; write \\\\d/),
  refused('a.b="\\xff"', /^4: has escapes that are not UTF-8$/),
  refused('a.b="\\ud800"', /^5: /),
  refused('a b=c', /^2: expected an operator/),
  refused('a~b', /^1: /),
  refused('a!b', /^1: /),
  refused('a.b="x\ny"', /^6: has a line end within quotes/),
  stricter('severity==critical', /^8: == is not an operator; write =$/),
  refused('severity=="critical', /^8: == is not an operator; write =$/),
  stricter("severity='critical'", /^9: has .*single quotes/),
  stricter("severity=~'critical|page'", /^10: has .*single quotes/),
  stricter('severity=`critical`', /^9: has .*quotes/),
  stricter('severity=critical team=db', /^17: has another matcher within its value/),
  stricter('severity=critical and team=db', /^17: has another matcher within its value/),
  stricter('a=~~x', /^3: has a value that begins with ~/),
  stricter('a=~x{2}', /^6: has a value with braces, which needs double quotes$/),
  stricter('a=b}', /^3: has a closing brace without an opening one$/),
  stricter('{a=b', /^4: expected a closing brace, found the end$/),
]

/** The terms of a text as the parser read them, or its fault with the place. */
function outcomeOf(text: string): readonly Term[] | string {
  try {
    return parseMatchers(text).map((each): Term => {
      const [operator, value] =
        each.kind === 'equals' ? ['=', each.value] : ['=~', each.pattern.source]
      return [each.name, each.negated ? operator.replace('=', '!').padEnd(2, '=') : operator, value]
    })
  } catch (error) {
    assert.ok(error instanceof SyntaxFault, String(error))
    return `${error.at}: ${error.message}`
  }
}

describe('matchers', () => {
  test("are parsed in both of Alertmanager's notations; a fault names the place", () => {
    assert.ok(TABLE.length >= 60)
    for (const { text, wanted } of TABLE) {
      const outcome = outcomeOf(text)
      if (wanted instanceof RegExp) assert.match(String(outcome), wanted, text)
      else assert.deepEqual(outcome, wanted, text)
    }
  })

  test('mean what amtool reads', needs('amtool', 'prometheus-alertmanager'), () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'alertmanager.yml')
    const knowsUtf8 = isSinceUtf8(run('amtool', ['--version']).output)
    let compared = 0
    for (const { text, wanted, by, stricter: isStricter } of TABLE) {
      // YAML 1.2 accepts JSON strings.
      writeFileSync(
        file,
        `route: { receiver: r, routes: [{ receiver: r, matchers: [${JSON.stringify(text)}] }] }\nreceivers: [{ name: r }]\n`,
      )
      const { code, output } = run('amtool', ['config', 'routes', 'show', '--config.file', file])
      const isTaken = isStricter === true || !(wanted instanceof RegExp || (by && !knowsUtf8))
      assert.equal(code === 0, isTaken, `${text}\n${output}`)
      // Versions print a UTF-8 name differently.
      if (wanted instanceof RegExp || by) continue
      const shown = wanted.map(
        ([name, operator, value]) => `${name}${operator}${JSON.stringify(value)}`,
      )
      if (shown.length > 0) assert.ok(output.includes(`{${shown.join(',')}}`), `${text}\n${output}`)
      compared += 1
    }
    assert.ok(compared >= 35)
  })

  test('match the whole value', () => {
    const [matcher] = parseMatchers('a!~"x.*"')
    assert.ok(matcher?.kind === 'matches' && matcher.negated)
    assert.ok(matcher.pattern.matches('xyz') && !matcher.pattern.matches('axyz'))
  })

  test('compare levels, whatever word names them', () => {
    for (const word of ['Critical', 'critical', '"严重"'])
      assert.deepEqual(outcomeOf(`alarm_level=${word}`), [['alarm_level', '=', 'Critical']])
    assert.match(String(outcomeOf('alarm_level="very bad"')), /^12: "very bad" is not a level; /)
  })

  test('match in linear time', () => {
    const [matcher] = parseMatchers('a=~"(a+)+$"')
    assert.ok(matcher?.kind === 'matches' && !matcher.pattern.matches(`${'a'.repeat(20_000)}!`))
  })

  test('read only the beginning of a value of megabytes', () => {
    const [begin, end] = parseMatchers('a=~"b.*",a=~".*end"')
    assert.ok(begin?.kind === 'matches' && end?.kind === 'matches')
    assert.ok(begin.pattern.matches(`b${'a'.repeat(10_000_000)}`))
    assert.ok(!end.pattern.matches(`${'a'.repeat(10_000_000)}end`))
  })
})

function run(command: string, args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return { code: status, output: `${stdout}${stderr}` }
}

/** Alertmanager reads UTF-8 since 0.27. */
function isSinceUtf8(version: string): boolean {
  const [, major = 0, minor = 0] = (/version (\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  return major > 0 || minor >= 27
}
