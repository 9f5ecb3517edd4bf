import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { durationWord, elapsedWord } from '../../src/rendering/text/duration.ts'
import { instantIn, timeAs, timeFor, timeInZone } from '../../src/rendering/text/time.ts'

const NOW = new Date('2026-11-24T19:03:30Z')
const before = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1_000)

describe('times', () => {
  const zone = 'Asia/Shanghai'

  test("are in the zone, with date and year only if they differ from today's", () => {
    const at = (iso: string): string => timeFor(new Date(iso), { zone, now: NOW })
    assert.equal(at('2026-11-24T19:01:00Z'), '03:01:00')
    assert.equal(at('2026-11-24T15:59:59Z'), '11-24 23:59:59')
    assert.equal(at('2025-12-31T23:00:00Z'), '01-01 07:00:00')
    assert.equal(at('2025-12-31T15:00:00Z'), '2025-12-31 23:00:00')
    assert.equal(timeAs('yyyy-MM-dd HH:mm', NOW, zone), '2026-11-25 03:03')
  })

  test('are parsed in the notations of OCP and Alertmanager only', () => {
    assert.equal(timeInZone('2026-11-24T19:01:00Z', zone), '2026-11-25T03:01:00+08:00')
    assert.equal(timeInZone('2026-11-24 19:01:00', zone), '2026-11-24T19:01:00+08:00')
    assert.equal(timeInZone('yesterday', zone), 'yesterday')
    assert.equal(
      instantIn('2026-11-25T03:01:00.5+08:00', zone)?.toISOString(),
      '2026-11-24T19:01:00.500Z',
    )
    for (const text of ['', 'soon', '2026', '2026-99-99T00:00:00Z'])
      assert.equal(instantIn(text, zone), undefined)
  })
})

describe('durations', () => {
  test('have their two largest units, in each language', () => {
    const ms = (seconds: number): number => seconds * 1_000
    assert.equal(durationWord('en-US', ms(0)), '0 s')
    assert.equal(durationWord('en-US', ms(200)), '3 min 20 s')
    assert.equal(durationWord('zh-CN', ms(200)), '3 分 20 秒')
    assert.equal(durationWord('zh-CN', ms(180)), '3 分钟')
    assert.equal(durationWord('zh-TW', ms(90_061)), '1 天 1 小時')
    assert.equal(durationWord('en-US', ms(-5)), '0 s')
  })

  test('of a firing alert have no seconds from one minute on, and are absent below ten seconds', () => {
    assert.equal(elapsedWord('en-US', before(0), NOW), undefined)
    assert.equal(elapsedWord('en-US', before(-60), NOW), undefined)
    assert.equal(elapsedWord('en-US', before(42), NOW), '42 s')
    assert.equal(elapsedWord('en-US', before(605), NOW), '10 min')
    assert.equal(elapsedWord('zh-CN', before(3_905), NOW), '1 小时 5 分')
    assert.equal(elapsedWord('zh-TW', before(125), NOW), '2 分鐘')
  })
})
