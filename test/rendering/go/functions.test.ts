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
  test('are there for every name that a translation may call', () => {
    const methods = Object.values(METHODS).flatMap((each) =>
      Object.values(each).map(([name]) => name),
    )
    for (const name of [...FUNCTIONS.keys(), ...methods])
      assert.equal(typeof Reflect.get(go, name), 'function', name)
  })

  test('write a time in every part of a Go layout', () => {
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
    assert.throws(() => go.dateInZone('15:04', AT, 'Mars/Base'), /no time zone "Mars\/Base"/)
  })

  test('reckon with times and durations', () => {
    assert.equal(go.timeFormat(go.timeAdd(AT, 28_800e9), '15:04'), '15:04')
    assert.equal(go.timeFormat(go.dateModify('-1.5h', AT), '15:04'), '05:34')
    assert.equal(String(go.timeSub(NOW, new Date('2026-11-24T03:27:57Z'))), '1h2m3s')
    assert.equal(String(go.duration(95)), '1m35s')
    assert.equal(String(go.duration(0)), '0s')
    assert.equal(go.durationMinutes(go.duration(90)), 1.5)
    assert.equal(go.timeIsZero(new Date('0001-01-01T00:00:00Z')), true)
    assert.equal(go.timeAfter(NOW, AT), true)
  })

  test('take for true what Go takes for true', () => {
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

  test('change texts as Go, Alertmanager and sprig do', () => {
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

  test('list labels with alertname first, and can leave some out', () => {
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

  test('reckon, and refuse what has no result', () => {
    assert.equal(go.add(1, '2', 3), 6)
    assert.equal(go.div(7, 2), 3)
    assert.equal(go.mod(7, 4), 3)
    assert.equal(go.round(2.34567, 2), 2.35)
    assert.throws(() => go.div(1, 0), /division by zero/)
  })

  test('split as the engine for patterns does', () => {
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

  test('search no more than the beginning of a long text, and show no more where they replace', () => {
    const text = `${'a'.repeat(5_000)}secret`
    assert.equal(go.match('secret', text), false)
    assert.equal(go.reReplaceAll('secret', '', text), `${'a'.repeat(4_000)}…`)
    assert.equal(go.regexFindAll('a', text, -1).length, 4_000)
    assert.deepEqual(go.regexSplit('secret', text, -1), ['a'.repeat(4_000)])
  })

  test('keep what they make small, and their time short, whatever they are given', () => {
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
