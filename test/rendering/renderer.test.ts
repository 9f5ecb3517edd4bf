import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../src/errors.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import { prometheusAlert } from '../../src/rendering/templates/sample-alerts.ts'
import { OCP_SAMPLES, summaryOf } from '../support/ocp-samples.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { channelNamed } from '../support/settings.ts'
import { messageAlert, NOW, rendering, renderWith } from './support.ts'

const SAMPLE = {
  alarm_name: 'OceanBase host cannot connected',
  alarm_level: 'Down',
  alarm_target: 'alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11',
  alarm_summary:
    'alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11 OceanBase host cannot connected',
  alarm_active_at: '2025-06-06T15:01:55.884+08:00',
  alarm_description:
    'OceanBase cluster: ob4253_A, host: 192.0.2.11, alert: OceanBase host cannot connected.',
  alarm_url: 'http://192.0.2.20:8080/alarm/event/187?a_b=1&c=2',
}

test("a channel's language and time zone override those of the file", () => {
  const alert = messageAlert(SAMPLE, { level: 1 })
  const channel = channelNamed('ops', { language: 'zh-CN', timezone: 'UTC' })
  const { text } = renderWith([alert], { channel })
  assert.match(text, /告警级别|级别/)
  assert.doesNotMatch(text, /Level: Down/)
  assert.match(text, /07:01/)
})

describe("OCP's default formats", () => {
  test('markdown in English equals that of OCP 4.2.1, line by line', () => {
    const { text, title, kind } = renderWith([messageAlert(SAMPLE, { level: 1 })])
    assert.equal(
      text,
      `### OCP alert notification OceanBase host cannot connected

- Level: Down
- Alert object: alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11
- Summary: alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11 OceanBase host cannot connected
- Generation time: 2025-06-06T15:01:55.884+08:00
- Description: OceanBase cluster: ob4253_A, host: 192.0.2.11, alert: OceanBase host cannot connected.
- OCP link: http://192.0.2.20:8080/alarm/event/187?a_b=1&c=2

⛔ Down · [Open in OCP](dingtalk://dingtalkclient/page/link?url=http%3A%2F%2F192.0.2.20%3A8080%2Falarm%2Fevent%2F187%3Fa_b%3D1%26c%3D2&pc_slide=false)`,
    )
    assert.equal(
      title,
      '⛔ Down OceanBase host cannot connected · ob4253_A-1731295857 · 192.0.2.11',
    )
    assert.equal(kind, 'alert')
  })

  test('markdown in Chinese equals that of OCP 4.2.1, line by line', () => {
    const { text } = renderWith([messageAlert(SAMPLE, { level: 1 })], { language: 'zh-CN' })
    assert.equal(
      text.split('\n').slice(0, 8).join('\n'),
      `### OCP 告警通知 OceanBase host cannot connected

- 级别：停服
- 告警对象：alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11
- 概述：alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11 OceanBase host cannot connected
- 生成时间：2025-06-06T15:01:55.884+08:00
- 详情：OceanBase cluster: ob4253_A, host: 192.0.2.11, alert: OceanBase host cannot connected.
- OCP 链接：http://192.0.2.20:8080/alarm/event/187?a_b=1&c=2`,
    )
  })

  test('text equals that of OCP before 4.2.1, line by line', () => {
    const channel = { format: 'text', template: { kind: 'named', name: 'ocp-text' } } as const
    assert.equal(
      renderWith([messageAlert(SAMPLE, { level: 1 })], { channel }).text,
      `OCP Alert Notification - Single Alert
- Name: OceanBase host cannot connected
- Level: Down
- Alert target: alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11
- Summary: alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11 OceanBase host cannot connected
- Generation time: 2025-06-06T15:01:55.884+08:00
- Description: OceanBase cluster: ob4253_A, host: 192.0.2.11, alert: OceanBase host cannot connected.
- OCP URL: http://192.0.2.20:8080/alarm/event/187?a_b=1&c=2`,
    )
    const chinese = renderWith([messageAlert(SAMPLE, { level: 1 })], {
      channel,
      language: 'zh-CN',
    }).text
    assert.match(chinese, /^OCP告警通知-单条告警\n- 名称：OceanBase host/)
  })

  test("text names each recovered alert and its distinct labels for other senders; OCP's recovery is unchanged", () => {
    const channel = { format: 'text', template: { kind: 'named', name: 'ocp-text' } } as const
    const pod = { cluster: 'shop', instance: 'db-1' }
    const over = (alertname: string, labels: Record<string, string> = {}) =>
      prometheusAlert({ alertname, ...pod, ...labels }, NOW, { since: 5, lasted: 4 })
    const { text } = renderWith(
      [over('Cpu'), over('Mem', { pod: 'a' }), over('Mem', { pod: 'b' })],
      {
        channel,
      },
    )
    assert.deepEqual(text.match(/^- (?:Name|Alert target): .*/gm), [
      '- Name: Cpu',
      '- Alert target: ob_cluster=shop:host=db-1',
      '- Name: Mem',
      '- Alert target: ob_cluster=shop:host=db-1 · pod=a',
      '- Name: Mem',
      '- Alert target: ob_cluster=shop:host=db-1 · pod=b',
    ])
    const ocp = renderWith([messageAlert(SAMPLE, { status: 'resolved' })], { channel }).text
    assert.match(ocp, /^\[Alarm Recover Notification\]\n- Alert target: .*\n- Details: /)
    assert.doesNotMatch(ocp, /Name/)
  })

  test('the value is left out only if a text contains it as a whole word', () => {
    const valueIn = (summary: string, value: string): string | undefined => {
      const alert = prometheusAlert({ alertname: 'A' }, NOW, { annotations: { summary } })
      const variables = { ...alert.alert.variables, value }
      const { text } = renderWith([{ ...alert, alert: { ...alert.alert, variables } }])
      return /^- Value: (.*)$/m.exec(text)?.[1]
    }
    for (const summary of ['15 minutes', 'for 5min', 'is 5.2', 'is 1.5', 'on db5', 'disk-5', ''])
      assert.equal(valueIn(summary, '5'), '5', summary)
    for (const summary of ['is 5.', 'is 5%', 'is 5', '为5个', '1.5, then 5', '(5)', '-5'])
      assert.equal(valueIn(summary, '5'), undefined, summary)
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.constantFrom('', '.', 'x'), (value, other, between) => {
        assert.equal(valueIn(`is ${other}${between}${value}`, `${value}`), `${value}`)
        assert.equal(valueIn(`is ${value}${between}${other}`, `${value}`), `${value}`)
        assert.equal(valueIn(`is ${value}, not ${other}`, `${value}`), undefined)
      }),
    )
  })

  test('a recovery contains its time and duration, in the language', () => {
    const variables = { ...SAMPLE, alarm_resolved_at: '2025-06-06T07:05:15Z' }
    const times = {
      startsAt: new Date('2025-06-06T07:01:55Z'),
      endsAt: new Date('2025-06-06T07:05:15Z'),
    }
    const { text, kind, title } = renderWith([
      messageAlert(variables, { status: 'resolved', ...times }),
    ])
    assert.match(text, /^### OCP alert recovery notification /)
    assert.match(text, /- Recovered at: 2025-06-06T15:05:15\+08:00\n- Lasted: 3 min 20 s/)
    assert.deepEqual([kind, title.slice(0, 10)], ['recovery', '✅ Resolved'])
    const chinese = renderWith([messageAlert(variables, { status: 'resolved', ...times })], {
      language: 'zh-CN',
    })
    assert.match(chinese.text, /- 持续时间：3 分 20 秒/)
  })
})

describe('several alerts', () => {
  const alerts = OCP_SAMPLES.map((sample, index) =>
    messageAlert(
      { ...sample, alarm_summary: summaryOf(sample), level: '' },
      { level: sample.level, fingerprint: String(index) },
    ),
  )

  test('a group shows each in full, below a line with their number', () => {
    const { text, kind, included: count, title } = renderWith(alerts.slice(0, 5))
    assert.match(
      text,
      /^### ⛔ 1 of 5 down\n\n5 firing · as of 11-24 12:00\n\n### OCP alert notification OceanBase host/,
    )
    assert.equal(text.match(/- Level: /g)?.length, 5)
    assert.deepEqual([kind, count], ['group', 5])
    assert.match(title, /^⛔ 1 of 5 down: OceanBase host cannot connected ×1, /)
  })

  test('the form `lines` shows severe ones in full and others as a line each, with time span and link', () => {
    const { text, kind } = renderWith(alerts, { form: 'lines', link: 'https://console/messages/u' })
    const whole = text.match(/^### OCP alert notification /gm)?.length ?? 0
    assert.ok(whole >= 5, `${whole} whole`)
    assert.equal(text.match(/^- .* · 12:00$/gm)?.length, 16 - whole)
    assert.match(text, /16 firing · 11-24 12:00:00\n/)
    assert.match(text, /\[Full list\]\(https:\/\/console\/messages\/u\)$/)
    assert.equal(kind, 'digest')
  })

  test('the form `counts` has the most severe first, and counts what does not fit', () => {
    const groups = Array.from({ length: 400 }, (_, index) => ({
      level: 2 as const,
      name: `rule_${index}`,
      cluster: 'c',
      firing: 20,
      resolved: 5,
      examples: ['a', 'b'].map((target) =>
        messageAlert({ alarm_name: `rule_${index}`, alarm_target: target }),
      ),
    }))
    const { text } = renderWith([], { form: 'counts', groups, total: 10_000, maxBytes: 5_000 })
    assert.match(text, /^### 🔴 8000 of 10000 critical\n\n8000 firing, 2000 resolved · /)
    const shown = text.match(/^- \*\*25\*\* rule_/gm)?.length ?? 0
    assert.ok(shown > 10)
    assert.match(text, new RegExp(`^and ${(400 - shown) * 25} more$`, 'm'))
  })

  test('a template stays in use until it is too slow three times in a row', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path, { recursive: true })
    const slow =
      '<% if (it.get("slow")) for (const t = Date.now(); Date.now() - t < 1100; ); %>mine'
    writeFileSync(join(folder.path, 'mine.eta'), slow)
    const template = { kind: 'named', name: 'mine' } as const
    const { renderer, request } = rendering([], { templates: folder.path, channel: { template } })
    const isMine = (variables: Record<string, string>): boolean => {
      const alerts = [messageAlert({ alarm_name: 'A', ...variables })]
      return renderer.render({ ...request, alerts, total: 1 }).text.includes('mine')
    }
    const calls = ['yes', '', 'yes', '', 'yes', 'yes', '']
    assert.deepEqual(
      calls.map((each) => isMine({ slow: each })),
      [false, true, false, true, false, false, false],
    )
  })

  test('a delayed message gives the time and the reason of the delay', () => {
    const delayed = { since: new Date('2026-11-24T03:00:00Z'), reason: 'penalty' } as const
    assert.match(
      renderWith(alerts.slice(0, 1), { delayed }).text,
      /^> ⏳ Delayed 1 h \(since 11:00:00\): DingTalk rate-limited this robot\.\n\n### OCP/,
    )
  })
})

describe('whatever an alert contains', () => {
  test('values are data: template syntax, patterns and Markdown come out as they were written', () => {
    const hostile = '<% process.exit(1) %> ${alarm_name} $& $` <b>x</b> [a](http://evil) *b* `c`'
    const { text } = renderWith([messageAlert({ alarm_name: 'n', alarm_description: hostile })])
    const line = text.split('\n').find((each) => each.startsWith('- Description'))
    assert.equal(
      line,
      '- Description: &lt;% process.exit(1) %> ${alarm_name} $& $\\` &lt;b>x&lt;/b> \\[a\\](http://evil) \\*b\\* \\`c\\`',
    )
  })

  test('lines of a value begin no heading, list or quote', () => {
    const { text } = renderWith([
      messageAlert({ alarm_name: 'n', alarm_description: 'a\n# b\n- c\n> d\n1. e' }),
    ])
    for (const line of ['\\# b', '\\- c', '\\> d', '1\\. e'])
      assert.ok(text.includes(`\n${line}`), text)
  })

  test('a line whose variable is missing is left out', () => {
    const { text } = renderWith([messageAlert({ alarm_name: 'n' })])
    assert.equal(text, '### OCP alert notification n\n\n- Level: Critical\n\n🔴 Critical')
  })

  const anything = fc.dictionary(
    fc.constantFrom(
      'alarm_name',
      'alarm_target',
      'alarm_summary',
      'alarm_description',
      'alarm_url',
      'alarm_active_at',
    ),
    fc.string({ unit: 'binary', maxLength: 6_000 }),
  )
  test('every message fits, is well-formed text, and is never empty', () => {
    fc.assert(
      fc.property(
        fc.array(anything, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('markdown', 'text'),
        fc.constantFrom(3_000, 20_000),
        (each, format, maxBytes) => {
          const alerts = each.map((variables) => messageAlert(variables))
          for (const form of ['full', 'lines'] as const) {
            const made = renderWith(alerts, { form, maxBytes, channel: { format } })
            assert.ok(
              Buffer.byteLength(JSON.stringify({ title: made.title, text: made.text })) <= maxBytes,
            )
            assert.ok(made.title.trim() !== '' && made.text.trim() !== '')
            assert.ok(made.title.isWellFormed() && made.text.isWellFormed())
            assert.ok(made.included >= 1 && made.included <= alerts.length)
            assert.deepEqual(made.faults, [])
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  test('a single alert that is too large is cut, with a notice', () => {
    const { text, included: count } = renderWith([
      messageAlert({ alarm_name: 'n', alarm_description: '告警'.repeat(30_000) }),
    ])
    assert.equal(count, 1)
    assert.match(text, /告警… \(shortened\)/)
  })
})

describe("the operator's templates", () => {
  test('are replaced by the built-in ones if they are too long by themselves, which is reported', () => {
    const template = { kind: 'inline', text: `\${alarm_name} ${'x'.repeat(30_000)}` } as const
    const made = renderWith([messageAlert({ alarm_name: 'n', alarm_summary: 'The load is 42' })], {
      channel: { template },
    })
    assert.match(made.text, /Summary: The load is 42/)
    assert.equal(made.faults.length, 1)
    assert.match(made.faults[0] ?? '', /template: too long for a message/)
  })

  test('may be written in the channel, with its own variables', () => {
    const channel = {
      template: {
        kind: 'inline',
        text: '**${alarm_name}** ${where}\n- Owner: ${owner}\n- None: ${nothing}',
      } as const,
      variables: new Map([
        ['where', 'at ${alarm_target}'],
        ['owner', 'dba'],
      ]),
      title: '${alarm_name}!',
    }
    const { text, title } = renderWith(
      [messageAlert({ alarm_name: 'n_1', alarm_target: '${owner}' })],
      {
        channel,
      },
    )
    assert.equal(text, '**n_1** at ${owner}\n- Owner: dba')
    assert.equal(title, 'n_1!')
  })

  test('may be files with Eta code, and are used for recoveries too', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(
      join(folder.path, 'mine.eta'),
      "<% if (it.get('alarm_level') === 'Critical') { %>!!! <% } %>${alarm_name}",
    )
    const options = {
      channel: { template: { kind: 'named', name: 'mine' } as const },
      templates: folder.path,
    }
    assert.equal(renderWith([messageAlert({ alarm_name: 'n' })], options).text, '!!! n')
    assert.equal(
      renderWith([messageAlert({ alarm_name: 'n' }, { status: 'resolved' })], options).text,
      '!!! n',
    )
  })

  test('that fail at run time are replaced by the built-in text, so that no alert is lost', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path, { recursive: true })
    const file = join(folder.path, 'mine.eta')
    writeFileSync(file, '<% throw new Error("boom") %>')
    const { text, faults } = renderWith([messageAlert({ alarm_name: 'n', alarm_target: 't' })], {
      channel: { template: { kind: 'named', name: 'mine' } as const },
      templates: folder.path,
    })
    assert.match(text, /^### OCP alert notification n\n\n- Level: Critical\n- Alert object: t/)
    assert.deepEqual(faults, [`${file}:1: boom`])
  })

  test('with a syntax error, or missing, are faults that name the place', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(join(folder.path, 'broken.eta'), '<% if ( %>')
    const make = (name: string) => () =>
      createRenderer({ language: 'en-US', timezone: 'UTC', templates: folder.path }, [
        channelNamed('ops', { template: { kind: 'named', name } }),
      ])
    assert.throws(
      make('broken'),
      (error) => error instanceof AppError && /broken\.eta/.test(error.message),
    )
    assert.throws(make('absent'), /unknown template "absent".*absent\.eta/)
  })
})
