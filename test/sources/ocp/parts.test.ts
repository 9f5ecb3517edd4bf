import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Alert, Notification } from '../../../src/model/alert.ts'
import { ocp } from '../../../src/sources/ocp/index.ts'
import { fieldsInText } from '../../../src/sources/parsing/ocp/default-text.ts'
import { durationMs } from '../../../src/sources/parsing/ocp/duration.ts'
import { targetParts } from '../../../src/sources/parsing/ocp/target.ts'

const CONTEXT = {
  receivedAt: new Date('2026-01-02T03:04:05Z'),
  timezone: 'Asia/Shanghai',
}

const read = (body: string | object): Promise<Notification> =>
  ocp.read(typeof body === 'string' ? body : JSON.stringify(body), CONTEXT)
const one = async (body: string | object): Promise<Alert> =>
  (await read(body)).alerts[0] ?? assert.fail('no alert')

describe("a text of OCP's own templates", () => {
  test("is read in three languages, with an operator's additions around its labels", () => {
    for (const [text, wanted] of [
      [
        'OCP警示通知-單條警示\n- 名稱：N\n- 級別：嚴重\n- 警示對象：T\n- 產生時間：2025-06-06 13:36:51',
        { alarm_name: 'N', alarm_level: '嚴重', alarm_target: 'T' },
      ],
      [
        '**OCP Alert Notification - Multiple Alerts**\nName: N\nAlerts: 12\nAlert target: T',
        { alarm_name: 'N', alarm_count: '12', alarm_target: 'T' },
      ],
      ['# OCP 告警恢复通知 N\n> - 告警对象: T', { alarm_name: 'N', alarm_target: 'T' }],
      ['【告警通知】\n级别：停服\n告警对象：T', { alarm_level: '停服', alarm_target: 'T' }],
    ] as const) {
      const { fields, isComplete } = fieldsInText(text)
      const { alarm_active_at: _, ...rest } = { ...fields }
      assert.deepEqual(rest, wanted)
      assert.ok(isComplete, text)
    }
  })

  test('keeps all lines of a description, and its colons', () => {
    const { fields, isComplete } = fieldsInText(
      'OCP 告警通知 N\n- 告警对象：ob_cluster=C1-1:host=h\n- 详情：ret: -4216\n  at main: x\n\nLevel 3\n- OCP 链接：http://ocp:8080/a?b=c:d',
    )
    assert.deepEqual(
      { ...fields },
      {
        alarm_name: 'N',
        alarm_target: 'ob_cluster=C1-1:host=h',
        alarm_description: 'ret: -4216\n  at main: x\n\nLevel 3',
        alarm_url: 'http://ocp:8080/a?b=c:d',
      },
    )
    assert.ok(isComplete)
  })

  test('with lines that an operator added is delivered in full, and has its level, rule and object', async () => {
    const message = 'OCP 告警通知 N\n- 级别：停服\n- 告警对象：T\n- 值班：张三'
    const alert = await one({ message })
    assert.equal(alert.variables['alarm_description'], message)
    assert.deepEqual([alert.levelWord, alert.name], ['停服', 'N'])
    assert.equal(alert.fingerprint, (await one({ alarm_name: 'N', alarm_target: 'T' })).fingerprint)
  })

  test('does not replace fields of the body', async () => {
    const message = 'OCP 告警通知 N\n- 级别：停服\n- 告警对象：T'
    const { variables } = await one({
      message,
      alarm_level: '2',
      alarm_name: 'mine',
      alarm_target: 'x',
    })
    assert.deepEqual(
      [variables['alarm_level'], variables['alarm_name'], variables['alarm_target']],
      ['2', 'mine', 'x'],
    )
  })

  test('is not found in any other text', () => {
    for (const text of [
      'Level: Down\nAlert target: x',
      'see the OCP alert notification\n- Level: Down',
      'OCP alert notification of yesterday, without a label',
      '',
    ])
      assert.deepEqual({ ...fieldsInText(text).fields }, {}, text)
  })

  test('a fixed title is not a rule: two rules on one object are two alerts', async () => {
    const body = (text: string): object => ({
      msgtype: 'markdown',
      markdown: { title: 'OCP告警', text: `OCP告警通知\n- 告警对象：T\n- 详情：${text}` },
    })
    assert.notEqual((await one(body('disk'))).fingerprint, (await one(body('memory'))).fingerprint)
    assert.equal((await one(body('disk'))).name, 'OCP告警')
  })
})

describe('variables that OCP did not replace', () => {
  test('a value that is only its placeholder counts as missing; within a text it stays', async () => {
    const { variables } = await one({
      alarm_name: 'a',
      alarm_url: '${alarm_url}',
      alarmId: '${alarm_id}',
      mine: '${other}',
      alarm_description: 'took ${time_zh_cn}',
      title: '${alarm_name}',
    })
    assert.deepEqual(
      [variables['alarm_url'], variables['alarm_id'], variables['mine']],
      [undefined, undefined, '${other}'],
    )
    assert.equal(variables['alarm_description'], 'took ${time_zh_cn}')
  })

  test('a body with unresolved placeholders only is delivered unchanged', async () => {
    for (const body of ['${message}', '{"message":"${message}"}', '{"alarm_name":"${alarm_name}"}'])
      assert.equal((await one(body)).variables['alarm_description'], body)
  })

  test('message_json is a JSON string, the content between its quotes, or a body', async () => {
    for (const body of [
      'alarm_type=t\nmessage_json="a\\n\\"b\\""',
      'alarm_type=t\nmessage_json=a\\n\\"b\\"',
      '{"alarm_type":"t","message_json":"\\"a\\\\n\\\\\\"b\\\\\\"\\""}',
    ])
      assert.equal((await one(body)).variables['message'], 'a\n"b"', body)
    const { prerendered: ready, alerts } = await read(
      'alarm_type=t\nalarm_level=1\nmessage_json={"msgtype":"text","text":{"content":"own"}}',
    )
    assert.equal(ready?.text, 'own')
    assert.equal(alerts[0]?.levelWord, '1')
  })

  test('a missing level is taken from the other level variables', async () => {
    for (const name of ['alarm_level_native', 'alarm_level_en_us', 'alarm_level_zh_cn'])
      assert.equal((await one({ alarm_name: 'a', [name]: '停服' })).levelWord, '停服')
  })

  test('durations are seconds or ISO 8601, and give the missing time', async () => {
    for (const [text, ms] of [
      ['545', 545_000],
      ['545.5', 545_500],
      ['545 s', 545_000],
      ['545 秒', 545_000],
      ['PT6M8.301194S', 368_301],
      ['P1DT2H', 93_600_000],
      ['pt5m', 300_000],
      ['P', undefined],
      ['soon', undefined],
      ['-5', undefined],
      [undefined, undefined],
    ] as const)
      assert.equal(durationMs(text), ms, text)
    const over = { alarm_name: 'a', alarm_status: 'Inactive', alarm_last_interval: 'PT5M' }
    const at = '2025-06-06T13:36:51.231+08:00'
    const ended = await one({ ...over, alarm_active_at: at })
    assert.equal(ended.endsAt?.toISOString(), '2025-06-06T05:41:51.231Z')
    assert.equal(ended.variables['alarm_resolved_at'], '2025-06-06T13:41:51.231+08:00')
    assert.equal(
      (await one({ ...over, alarm_resolved_at: at })).startsAt?.toISOString(),
      '2025-06-06T05:31:51.231Z',
    )
    assert.equal(
      (await one({ ...over, alarm_status: 'Active', alarm_active_at: at })).endsAt,
      undefined,
    )
  })

  test("OCP's two message types give the status", async () => {
    for (const word of ['Clear Alert', '告警恢复', '警示恢復'])
      assert.equal((await one({ alarm_name: 'a', message_type: word })).status, 'resolved', word)
    assert.equal((await one({ alarm_name: 'a', message_type: 'Alarm' })).status, 'firing')
  })

  test('an alert is resolved by a status in any of three languages, or by an end time', async () => {
    for (const alarm_status of [
      ...['Inactive', 'INACTIVE', 'Restored', 'Cleared', 'Expired', 'Resolved'],
      ...['已消除', '已恢复', '已恢復', '已解除', '已过期', '已過期', '已清除', '已解决', '已解決'],
    ])
      assert.equal((await one({ alarm_name: 'a', alarm_status })).status, 'resolved', alarm_status)
    for (const alarm_status of [
      'Active',
      '告警中',
      '警示中',
      'Silenced',
      'Inhibited',
      '已屏蔽',
      '已抑制',
    ])
      assert.equal((await one({ alarm_name: 'a', alarm_status })).status, 'firing', alarm_status)
    const alarm_resolved_at = '2025-06-06T05:41:54Z'
    for (const alarm_status of ['', 'Active'])
      assert.equal(
        (await one({ alarm_name: 'a', alarm_status, alarm_resolved_at })).status,
        'resolved',
      )
    for (const zero of [
      '',
      '-',
      'null',
      '0001-01-01T00:00:00Z',
      '1970-01-01T08:00:00+08:00',
      '${alarm_resolved_at}',
    ])
      assert.equal((await one({ alarm_name: 'a', alarm_resolved_at: zero })).status, 'firing', zero)
  })

  test('an unclosed quote or brace in a target does not hide the rest', () => {
    assert.deepEqual({ ...targetParts('filename=a"b:host=h') }, { filename: 'a"b', host: 'h' })
    assert.deepEqual({ ...targetParts('x={a:host=h') }, { x: '{a', host: 'h' })
    assert.deepEqual(
      { ...targetParts('x={a:b="1:c=2"}:host=h') },
      {
        x: '{a:b="1:c=2"}',
        host: 'h',
      },
    )
  })
})

describe('lines that an operator added', () => {
  test("an everyday word in a long text does not begin a new line; OCP's names do", async () => {
    const { variables } = await one(
      'alarm_name=a\nalarm_description=first\nhost=1.2.3.4 is gone\nvalue=7\nalarm_name=b\nalarm_level=1',
    )
    assert.equal(
      variables['alarm_description'],
      'first\nhost=1.2.3.4 is gone\nvalue=7\nalarm_name=b',
    )
    assert.deepEqual([variables['alarm_level'], variables['value']], ['1', undefined])
  })

  test('a text that only begins like a pair stays plain text', async () => {
    const text = 'ob_cluster=c1 has no leader\nsince 15:01'
    assert.equal((await one(text)).variables['message'], text)
  })
})

describe('other platforms’ bodies', () => {
  test("Feishu's rich text and cards are read in each of their formats", async () => {
    const english = {
      title: 'T',
      content: [[{ tag: 'text', text: 'a' }], [{ tag: 'a', href: 'http://x', text: 'http://x' }]],
    }
    const card = {
      schema: '2.0',
      header: { title: { content: 'T' } },
      body: {
        elements: [
          { tag: 'markdown', content: '**a**' },
          { tag: 'div', fields: [{ text: { content: 'f1' } }, { text: { content: 'f2' } }] },
          { tag: 'note', elements: [{ tag: 'plain_text', content: 'n' }] },
        ],
      },
    }
    for (const [body, text] of [
      [{ msg_type: 'post', content: { post: { en_us: english } } }, 'T\na\nhttp://x'],
      [{ msg_type: 'interactive', card }, '### T\n\n**a**\n\nf1\nf2\n\nn'],
      [{ msg_type: 'interactive', card: JSON.stringify(card) }, '### T\n\n**a**\n\nf1\nf2\n\nn'],
      [{ msg_type: 'text', content: { text: 'hi <at user_id="ou_1">Tom</at>' } }, 'hi @Tom'],
    ] as const)
      assert.equal((await read(body)).prerendered?.text, text)
    const all = (
      await read({
        msg_type: 'text',
        content: { text: '<at user_id="all">all</at> up' },
      })
    ).prerendered
    assert.deepEqual([all?.text, all?.mention.all], ['all up', true])
  })

  test('a body without text is delivered unchanged', async () => {
    for (const body of [
      { msg_type: 'interactive', card: { elements: [] } },
      { msg_type: 'post', content: { post: {} } },
      { msgtype: 'feedCard', feedCard: { links: [] } },
      { msgtype: '__proto__', alarm: 5 },
    ]) {
      const { prerendered: ready, alerts } = await read(body)
      assert.equal(ready, undefined, JSON.stringify(body))
      assert.ok((alerts[0]?.variables['alarm_description'] ?? '').length > 2)
    }
  })

  test('a DingTalk card keeps its links, and a body in quotes is read', async () => {
    const card = { title: 'T', text: 'x', singleTitle: 'Look', singleURL: 'http://x' }
    assert.equal(
      (await read({ msgtype: 'actionCard', actionCard: card })).prerendered?.text,
      'x\n\n[Look](http://x)',
    )
    const links = [
      { title: 'one', messageURL: 'http://1' },
      { title: 'two', messageURL: 'http://2' },
    ]
    assert.equal(
      (await read({ msgtype: 'feedCard', feedCard: { links } })).prerendered?.text,
      '- [one](http://1)\n- [two](http://2)',
    )
    const inQuotes = JSON.stringify(JSON.stringify({ alarm_name: 'a', alarm_level: '1' }))
    assert.equal((await one(inQuotes)).levelWord, '1')
  })
})

test('reading texts is linear: a quadratic algorithm would exceed the time limit', {
  timeout: 60_000,
}, async () => {
  const size = 300_000
  for (const unit of [
    ' ',
    '_',
    '*',
    '<',
    '<a>',
    '\n- ',
    '\n- Level',
    '\n- Level: x',
    '> ',
    '[x](',
    ']',
    '\n详情：',
  ])
    for (const start of ['OCP alert notification ', 'OCP 告警通知\n- 级别：1\n', '<', '【'])
      assert.ok((await one({ message: `${start}${unit.repeat(size / unit.length)}x` })).fingerprint)
  const at = '<at id=all>'.repeat(size / 11)
  assert.ok((await read({ msg_type: 'text', content: { text: at } })).prerendered)
})
