import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { FUNCTIONS, METHODS } from '../../../src/config/moving-over/functions.ts'
import { goFunctions } from '../../../src/rendering/go/functions.ts'

const NOW = new Date('2026-11-24T04:30:00Z')
const go = goFunctions({ now: NOW, zone: 'Asia/Shanghai' })
const AT = new Date('2026-01-02T07:04:05.060Z')

describe('the functions of Go templates', () => {
  test('exist for every name that a translated template may call', () => {
    const methods = Object.values(METHODS).flatMap((each) =>
      Object.values(each).map(([name]) => name),
    )
    for (const name of [...FUNCTIONS.keys(), ...methods])
      assert.equal(typeof Reflect.get(go, name), 'function', name)
  })

  test('format a time by every element of a Go layout', () => {
    const inZone = go.tz('Asia/Shanghai', AT)
    for (const [layout, wanted] of [
      ['2006-01-02 15:04:05', '2026-01-02 15:04:05'],
      ['Mon Jan _2 3:04PM 06', 'Fri Jan  2 3:04PM 26'],
      ['Monday, January 2 2006 03:04:05pm', 'Friday, January 2 2026 03:04:05pm'],
      ['2006-01-02T15:04:05Z07:00', '2026-01-02T15:04:05+08:00'],
      ['15:04:05.000 .999', '15:04:05.060 .06'],
      ['2006.01.02 15.04.05', '2026.01.02 15.04.05'],
      ['-0700 MST -07', '+0800 CST +08'],
      ['1/2 002', '1/2 002'],
      ['年月日 2006年01月02日', '年月日 2026年01月02日'],
    ] as const)
      assert.equal(go.timeFormat(inZone, layout), wanted, layout)
    assert.equal(go.timeFormat(AT, '15:04 MST Z07:00'), '07:04 UTC Z')
    assert.equal(go.toString(AT), '2026-01-02 07:04:05.06 +0000 UTC')
    assert.equal(go.date('15:04', AT), '15:04')
    assert.equal(go.toString(go.timeLocal(AT)), '2026-01-02 15:04:05.06 +0800 CST')
    // As in sprig, an unknown zone is UTC, and an invalid time is the current time.
    assert.equal(go.dateInZone('15:04', AT, 'Mars/Base'), '07:04')
    assert.equal(go.date('15:04', 'soon'), '12:30')
    assert.throws(() => go.tz('Mars/Base', AT), /unknown time zone "Mars\/Base"/)
  })

  test('calculate with times and durations', () => {
    assert.equal(go.timeFormat(go.timeAdd(AT, 28_800e9), '15:04'), '15:04')
    assert.equal(go.timeFormat(go.dateModify('-1.5h', AT), '15:04'), '05:34')
    assert.equal(String(go.timeSub(NOW, new Date('2026-11-24T03:27:57Z'))), '1h2m3s')
    assert.equal(String(go.duration(95)), '1m35s')
    assert.equal(String(go.duration(0)), '0s')
    assert.equal(go.durationRound('2h10m5s'), '2h')
    assert.equal(go.durationRound(new Date('2026-11-20T00:00:00Z')), '4d')
    assert.equal(String(go.durationRound('1h2m40s', 60e9)), '1h3m0s')
    assert.equal(go.durationMinutes(go.duration(90)), 1.5)
    assert.equal(go.timeIsZero(new Date('0001-01-01T00:00:00Z')), true)
    assert.equal(go.timeAfter(NOW, AT), true)
  })

  test('treat the same values as true as Go does', () => {
    for (const value of ['', 0, false, undefined, null, [], {}, Object.create(null)])
      assert.equal(go.truth(value), false, JSON.stringify(value))
    for (const value of ['0', 1, -1, true, [0], { a: '' }, AT]) assert.equal(go.truth(value), true)
    assert.equal(go.and('a', '', 'b'), '')
    assert.equal(go.or('', 0, 'b', 'c'), 'b')
    assert.equal(go.eq('a', 'b', 'a'), true)
    assert.equal(go.eq(undefined, ''), true)
    assert.equal(go.lt(2, '10'), true)
    assert.equal(go.gt('b', 'a'), true)
  })

  test('transform texts as Go, Alertmanager and sprig do', () => {
    for (const [made, wanted] of [
      [go.title('high load on-node'), 'High Load On-Node'],
      [go.join(', ', ['a', 'b']), 'a, b'],
      [go.reReplaceAll('(\\w+):(\\d+)', '$2 of ${1}', 'db:91 x:1'), '91 of db 1 of x'],
      [go.reReplaceAll('a', '$1x$$', 'banana'), 'b$n$n$'],
      [go.regexReplaceAllLiteral('a', 'banana', '$1'), 'b$1n$1n$1'],
      [go.regexFind('[0-9]+', 'a12b3'), '12'],
      [go.trimSuffix('.cn', 'a.cn.cn'), 'a.cn'],
      [go.trimAll('$', '$5.00$'), '5.00'],
      [go.trunc(-2, 'héllo'), 'lo'],
      [go.abbrev(5, 'abcdefgh'), 'ab...'],
      [go.substr(0, 5, 'hello world'), 'hello'],
      [go.indent(2, 'a\nb'), '  a\n  b'],
      [go.plural('one', 'many', 1), 'one'],
      [go.quote('a"b'), '"a\\"b"'],
      [go.urlquery('a b&c=*'), 'a+b%26c%3D%2A'],
      [go.default('x', ''), 'x'],
      [go.ternary('y', 'n', false), 'n'],
      [go.coalesce('', undefined, 'z'), 'z'],
      [
        go.printf('%s|%5d|%-4s|%.2f|%q|%05d|%x|%v|%%|%d', 'a', 7, 'b', 1.005, 'c', 42, 255, true),
        'a|    7|b   |1.00|"c"|00042|ff|true|%|%!d(MISSING)',
      ],
      [go.toString({ b: '1', a: '2' }), 'map[a:2 b:1]'],
      [go.toString(['a', 'b']), '[a b]'],
      [go.toString(undefined), ''],
    ] as const)
      assert.equal(made, wanted)
  })

  test('list labels with alertname first, and can omit some', () => {
    const labels = { zone: 'z', alertname: 'A', app: 'x' }
    assert.deepEqual(go.names(labels), ['alertname', 'app', 'zone'])
    assert.deepEqual(go.values(go.remove(labels, ['app'])), ['A', 'z'])
    assert.deepEqual(go.each({ b: 1, a: 2 }), [
      ['a', 2],
      ['b', 1],
    ])
    assert.deepEqual(go.each(2), [
      [0, 0],
      [1, 1],
    ])
    assert.equal(go.index({ a: { b: 'c' } }, 'a', 'b'), 'c')
    assert.throws(() => go.index([1], 3), /index out of range: 3/)
    assert.equal(go.field({ labels: 'x' }, 'Labels'), 'x')
    assert.equal(go.field({}, 'constructor'), undefined)
    assert.equal(go.index({}, '__proto__'), undefined)
  })

  test('calculate, and fail if there is no result', () => {
    assert.equal(go.add(1, '2', 3), 6)
    assert.equal(go.div(7, 2), 3)
    assert.equal(go.mod(7, 4), 3)
    assert.equal(go.round(2.34567, 2), 2.35)
    assert.equal(go.round(123.5555, 3), 123.556)
    assert.equal(go.addf(0.1, 0.2), 0.3)
    assert.equal(go.mulf('0.853', 100), 85.3)
    assert.equal(go.divf(1, 4), 0.25)
    assert.equal(go.maxf(1.5, '2'), 2)
    assert.equal(go.seq(3), '1 2 3')
    assert.equal(go.seq(0, 2, 5), '0 2 4')
    for (const divided of [go.div, go.mod, go.divf])
      assert.throws(() => divided(1, 0), /division by zero/)
  })

  test('create maps, and change only maps that the template created', () => {
    const map = go.dict('a', 1, 'b', 'x')
    go.set(map, '__proto__', 2)
    assert.equal(go.toString(map), 'map[__proto__:2 a:1 b:x]')
    assert.equal(go.toString(go.unset(map, '__proto__')), 'map[a:1 b:x]')
    assert.equal(go.toString(go.pick(map, 'a', 'none')), 'map[a:1]')
    assert.equal(go.toString(go.omit(map, 'a')), 'map[b:x]')
    assert.deepEqual(go.keys(map), ['a', 'b'])
    assert.equal(go.field(go.split(':', 'db-1:9100'), '_1'), '9100')
    assert.equal(go.field(go.splitn(':', 2, 'a:b:c'), '_1'), 'b:c')
    const labels = { team: 'dba' }
    assert.throws(() => go.set(labels, 'team', 'x'), /a map that the template created/)
    assert.throws(() => go.unset(labels, 'team'), /a map that the template created/)
    assert.deepEqual(labels, { team: 'dba' })
  })

  test('print values as Go does', () => {
    assert.equal(go.title("it's a db-1_x"), "It'S A Db-1_x")
    assert.equal(go.print('a', 1, 2, 'b'), 'a1 2b')
    assert.equal(go.printf('%c %e', 65, 12_345.678), 'A 1.234568e+04')
    assert.equal(go.toString(go.sortedPairs({ b: '1', alertname: 'A' })), '[{alertname A} {b 1}]')
    assert.equal(go.markdown('a_b*c`d[e](f)'), 'a\\_b\\*c\\`d[e](f)')
    assert.equal(go.html('<a href="x">\'&'), '&lt;a href=&#34;x&#34;&gt;&#39;&amp;')
    assert.equal(go.toJson({ a: '<b>' }), '{"a":"\\u003cb\\u003e"}')
    assert.equal(go.toRawJson({ a: '<b>' }), '{"a":"<b>"}')
    assert.equal(go.b64dec(go.b64enc('告警')), '告警')
  })

  test('split texts with the engine for patterns', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', ',', '-'), maxLength: 12 }),
        fc.constantFrom(',', 'a*', ',|-', 'b', '', '^', '$'),
        fc.integer({ min: -1, max: 4 }),
        (text, pattern, most) =>
          assert.deepEqual(
            go.regexSplit(pattern, text, most),
            RE2JS.compile(pattern).split(text, Math.max(0, most)),
          ),
      ),
    )
  })

  test('search only the beginning of a long text; a replacement drops the rest', () => {
    const text = `${'a'.repeat(5_000)}secret`
    assert.equal(go.match('secret', text), false)
    assert.equal(go.reReplaceAll('secret', '', text), `${'a'.repeat(4_000)}…`)
    assert.equal(go.regexFindAll('a', text, -1).length, 4_000)
    assert.deepEqual(go.regexSplit('secret', text, -1), ['a'.repeat(4_000)])
  })

  test('limit their result and their time for any argument', () => {
    const began = performance.now()
    assert.ok(go.repeat(1e9, 'ab').length <= 60_000)
    assert.ok(go.until(1e9).length <= 10_000)
    assert.ok(go.each(1e9).length <= 10_000)
    assert.ok(go.indent(1e9, 'a').length <= 101)
    assert.equal(go.match('(a*)*b', 'a'.repeat(20_000)), false)
    go.title('a'.repeat(20_000))
    assert.ok(performance.now() - began < 5_000)
  })
})
