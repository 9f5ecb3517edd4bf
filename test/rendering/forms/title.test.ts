import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MALFORMED_NAME, UNREADABLE_NAME } from '../../../src/model/alert.ts'
import { prometheusAlert } from '../../../src/rendering/templates/sample-alerts.ts'
import { locationOf } from '../../../src/rendering/text/location.ts'
import { messageAlert, NOW, rendering, renderWith } from '../support.ts'

const firing = (alertname: string, instance: string, level: 1 | 2 | 3 = 2) =>
  prometheusAlert(
    { alertname, severity: level === 3 ? 'warning' : 'critical', cluster: 'prod', instance },
    NOW,
    { level },
  )
const resolved = (alertname: string, instance: string) =>
  prometheusAlert({ alertname, cluster: 'prod', instance }, NOW, { lasted: 1 })

describe('a title', () => {
  test('has level, name and location of one alert', () => {
    assert.equal(
      renderWith([firing('HighLoad', 'db-1')]).title,
      '🔴 Critical HighLoad · prod · db-1',
    )
    assert.equal(
      renderWith([firing('HighLoad', 'db-1')], { language: 'zh-CN' }).title,
      '🔴 严重 HighLoad · prod · db-1',
    )
    assert.equal(
      renderWith([resolved('HighLoad', 'db-1')]).title,
      '✅ Resolved HighLoad · prod · db-1',
    )
  })

  test('can be rendered without the text of its message', () => {
    for (const channel of [{}, { title: '${alarm_name}!' }, { title: '\u200b' }]) {
      const { renderer, request } = rendering([firing('HighLoad', 'db-1')], { channel })
      const title = renderer.title(request)
      assert.deepEqual(title, { title: renderer.render(request).title, faults: [], blanks: [] })
    }
  })

  test('of several has the worst firing level, the count, the names, and the common location', () => {
    const alerts = [resolved('A', '1'), firing('HighLoad', 'db-1'), firing('DiskFull', 'db-2', 3)]
    assert.equal(
      renderWith(alerts).title,
      '🔴 1 of 3 critical: HighLoad ×1, DiskFull ×1, A ×1 · prod',
    )
    assert.equal(
      renderWith([resolved('A', 'x'), resolved('A', 'y')]).title,
      '✅ 2 resolved: A · prod',
    )
    assert.equal(
      renderWith([resolved('A', 'x')], { stillFiring: [firing('A', 'y')] }).title,
      '✅ Resolved A · prod · x · 1 still firing',
    )
  })

  test('has the level once if all alerts have it', () => {
    assert.equal(
      renderWith([firing('HighLoad', 'db-1'), firing('HighLoad', 'db-2')]).title,
      '🔴 Critical 2 alerts: HighLoad · prod',
    )
    assert.equal(
      renderWith([firing('A', '1'), firing('B', '2', 3)], { language: 'zh-CN' }).title,
      '🔴 2 条中 1 条严重：A ×1, B ×1 · prod',
    )
  })

  test("has the sender's own word for a level if it differs, and no level if the alert names none", () => {
    const named = (severity: string | undefined, level: 1 | 2 | 3) =>
      prometheusAlert(
        { alertname: 'A', ...(severity === undefined ? {} : { severity }), pod: 'p-1' },
        NOW,
        { level },
      )
    const title = (...args: Parameters<typeof named>) => renderWith([named(...args)]).title
    assert.match(title('P2', 3), /^⚠️ Warning \(P2\) A · /)
    assert.match(title('warning', 3), /^⚠️ Warning A · /)
    assert.match(title('weird', 3), /^⚠️ weird A · /)
    assert.match(title(undefined, 3), /^🔔 A · /)
    assert.match(renderWith([messageAlert({ alarm_name: 'A' }, { level: 3 })]).title, /^⚠️ Alert A$/)
  })

  test('configured by the operator keeps the count', () => {
    const channel = { title: 'OCP ${alarm_name}' }
    assert.equal(renderWith([firing('A', 'x')], { channel }).title, 'OCP A')
    assert.equal(
      renderWith([firing('A', 'x'), firing('B', 'y')], { channel }).title,
      '2 alerts: OCP A',
    )
  })

  test('is on one line, mentions no one, and is never cut within a character', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 300 }),
          fc.string({ unit: 'binary', maxLength: 300 }),
        ),
        (name) => {
          const { title } = renderWith([
            messageAlert({ alarm_name: name, alarm_target: '@all\n👨‍👩‍👧'.repeat(40) }),
          ])
          assert.ok(title.isWellFormed() && title.length <= 121 && title.length > 0)
          assert.doesNotMatch(title, /[\r\n]|@all|\u200d…$/)
        },
      ),
    )
  })
})

test('the name of an alert that cannot be read is in the language of the message', () => {
  for (const [alarm_name, language, word] of [
    [MALFORMED_NAME, 'en-US', 'Malformed alert'],
    [MALFORMED_NAME, 'zh-CN', '格式错误的告警'],
    [MALFORMED_NAME, 'zh-TW', '格式錯誤的警示'],
    [UNREADABLE_NAME, 'en-US', 'Unreadable alert'],
    [UNREADABLE_NAME, 'zh-CN', '无法读取的告警'],
    [UNREADABLE_NAME, 'zh-TW', '無法讀取的警示'],
  ] as const) {
    const alert = messageAlert({ alarm_name })
    const name = alert.alert.name
    const groups = [
      { level: 3, name, cluster: '', firing: 9, resolved: 0, examples: [alert] } as const,
    ]
    for (const { title, text } of [
      renderWith([alert], { language }),
      renderWith([], { language, form: 'counts', groups, total: 9 }),
    ]) {
      assert.ok(title.includes(word), title)
      assert.ok(text.includes(word), text)
      if (language !== 'en-US') assert.ok(!`${title}${text}`.includes(alarm_name), text)
    }
  }
})

describe("an alert's location", () => {
  test('has the values of its object, from the cluster to the host', () => {
    const place = (target: string): string[] => locationOf({ alarm_target: target })
    assert.deepEqual(place('alarm_template_id=0:ob_cluster=ob4253_A-17:host=192.0.2.11'), [
      'ob4253_A-17',
      '192.0.2.11',
    ])
    assert.deepEqual(place('host=1:db=monitor'), ['host=1', 'db=monitor'])
    assert.deepEqual(
      place('exporter_addr=http://192.0.2.1:62889/metrics/ob:exporter_type=OB_CLUSTER'),
      ['exporter_addr=http://192.0.2.1:62889/metrics/ob', 'exporter_type=OB_CLUSTER'],
    )
    assert.deepEqual(place('ob_cluster=C-12:trans_hash={hash:106, addr:"192.0.2.1:2882", t:16}'), [
      'C-12',
      'trans_hash={hash:106, addr:"192.0.2.1:2882", t:16}',
    ])
    assert.deepEqual(place('rule=时间列:目标=一'), ['rule=时间列', '目标=一'])
    assert.deepEqual(locationOf({ ob_cluster: 'c', instance: 'db-1' }), ['c', 'db-1'])
  })
})
