import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { ocp } from '../../../src/sources/ocp/index.ts'
import { MARKDOWN_ZH } from '../../support/ocp-bodies.ts'
import {
  firing,
  OCP_SAMPLES,
  type OcpSample,
  ocpBody,
  recovered,
} from '../../support/ocp-samples.ts'
import { Path } from '../../support/path.ts'
import { settingsOf } from '../../support/settings.ts'

const SECOND = 1_000
const MINUTE = 60_000
const SAMPLE = OCP_SAMPLES[0] as OcpSample

describe('repeats and retries of OCP, from the request to the group', () => {
  let path: Path
  afterEach(() => path.stop())

  /** Titles that the group shows after these bodies, each sent some milliseconds after the one before. */
  async function titlesAfter(sent: readonly [string, number][]): Promise<string[]> {
    path = await new Path(settingsOf()).start()
    for (const [body, afterMs] of sent) {
      await path.clock.pass(afterMs)
      await path.post('ocp', body)
    }
    await path.clock.pass(30 * SECOND)
    return path.group
      .shown()
      .reverse()
      .map(({ title }) => title)
  }

  const said = (changes: Record<string, string> = {}): string =>
    ocpBody({ ...firing(SAMPLE), ...changes })

  for (const everyMs of [MINUTE, 3 * MINUTE])
    test(`a firing alert that OCP repeats every ${everyMs / MINUTE} min, with retries, is delivered once`, async () => {
      const repeats = Array.from({ length: 9 / (everyMs / MINUTE) }, (_, at) =>
        said({ alarm_last_interval: `PT${at + 1}M`, value: String(at) }),
      )
      const titles = await titlesAfter([
        [said(), 0],
        // A retry is the same request again.
        [said(), 10 * SECOND],
        [said(), 10 * SECOND],
        ...repeats.flatMap((body): [string, number][] => [
          [body, everyMs - 10 * SECOND],
          [body, 10 * SECOND],
        ]),
      ])
      assert.deepEqual(titles, [`⛔ Down ${SAMPLE.alarm_name} · ob4253_A-1731295857 · 192.0.2.11`])
    })

  test('a recovery is delivered once, and a later firing is a new alert', async () => {
    const over = ocpBody(recovered(SAMPLE, 0))
    const again = said({ alarm_active_at: '2025-06-06T15:10:00+08:00', alarm_id: '190' })
    const titles = await titlesAfter([
      [said(), 0],
      [over, MINUTE],
      [over, MINUTE],
      [over, 3 * MINUTE],
      [again, MINUTE],
      [again, MINUTE],
    ])
    assert.deepEqual(
      titles.map((title) => title.split(' ')[0]),
      ['⛔', '✅', '⛔'],
    )
  })

  test('two rules on two objects are four alerts, even if the template has no rule identifier', async () => {
    const bodies = ['a', 'b'].flatMap((alarm_name) =>
      ['host=1', 'host=2'].map((alarm_target) =>
        JSON.stringify({ alarm_name, alarm_target, alarm_level: '1' }),
      ),
    )
    const titles = await titlesAfter(bodies.map((body) => [body, 4 * SECOND]))
    assert.equal(titles.length, 4)
  })

  test('alerts that share only a rule, or only a target, are different alerts', async () => {
    const bodies = [
      { alarm_target: 'host=1', alarm_description: 'disk' },
      { alarm_target: 'host=1', alarm_description: 'memory' },
      { alarm_type: 'rule', alarm_summary: 'host=1 rule' },
      { alarm_type: 'rule', alarm_summary: 'host=2 rule' },
      { alarm_target: '${alarm_target}', alarm_type: 'rule', alarm_summary: 'host=3 rule' },
    ]
    const titles = await titlesAfter(bodies.map((body) => [JSON.stringify(body), 4 * SECOND]))
    assert.equal(titles.length, bodies.length)
  })

  test("a text of OCP's own templates identifies its alert, whatever value its description contains", async () => {
    const text = (value: string): string =>
      JSON.stringify({
        msgtype: 'markdown',
        markdown: { title: 'OCP', text: MARKDOWN_ZH.replace(/详情：.*/, `详情：使用率 ${value}`) },
      })
    const titles = await titlesAfter([
      [text('98.1 %'), 0],
      [text('98.3 %'), MINUTE],
      [text('99.0 %'), 3 * MINUTE],
    ])
    assert.equal(titles.length, 1)
  })

  test('a message of several alerts is the same alert when their number changes', async () => {
    const several = (alarm_count: string): string => said({ alarm_count, alarm_group_by: 'C1' })
    const titles = await titlesAfter([
      [several('3'), 0],
      [several('4'), 3 * MINUTE],
      [several('5'), MINUTE],
    ])
    assert.equal(titles.length, 1)
  })

  test('a recovery belongs to its firing although the number of alerts has changed', async () => {
    const titles = await titlesAfter([
      [said({ alarm_count: '3' }), 0],
      [ocpBody({ ...recovered(SAMPLE, 0), alarm_count: '4' }), MINUTE],
      [said({ alarm_count: '3' }), MINUTE],
    ])
    assert.deepEqual(
      titles.map((title) => title.split(' ')[0]),
      ['⛔', '✅', '⛔'],
    )
  })

  test('a second test is delivered again, but not its retry', async () => {
    const body = JSON.stringify({ alarm_type: '_test', message: 'OCP alert test message' })
    const titles = await titlesAfter([
      [body, 0],
      [body, 10 * SECOND],
      [body, 70 * SECOND],
    ])
    assert.equal(titles.length, 2)
  })
})

describe('the identity of an OCP alert, and of its request', () => {
  const CONTEXT = {
    receivedAt: new Date('2026-01-02T03:04:05Z'),
    timezone: 'Asia/Shanghai',
  }
  const read = (fields: Record<string, string>) => ocp.read(JSON.stringify(fields), CONTEXT)
  const fingerprint = async (fields: Record<string, string>) =>
    (await read(fields)).alerts[0]?.fingerprint

  const MOVED = {
    alarm_count: '4',
    alarm_updated_at: '2025-06-06T15:05:00+08:00',
    alarm_duration: '180',
    alarm_last_interval: 'PT3M',
    value: '99',
    value_shown: '99 %',
    value_en_us: '99 %',
    value_zh_cn: '99 %',
    value_zh_tw: '99 %',
    alarm_description: 'the value is 99',
    alarm_summary: 'now 99',
    message: 'OCP: 99',
  }
  const IDENTITIES: [string, Record<string, string>][] = [
    ['rule and target', { alarm_type: 'rule', alarm_target: 'host=1', alarm_name: 'n' }],
    ['name and target', { alarm_name: 'n', alarm_target: 'host=1' }],
    ['number', { alarm_id: '7', alarm_name: 'n' }],
  ]
  for (const [name, identity] of IDENTITIES)
    test(`is its ${name}: fields that change with a repeat do not count`, async () => {
      const known = {
        ...identity,
        alarm_level: '严重',
        alarm_active_at: '2025-06-06T15:00:00+08:00',
      }
      const once = await read({ ...known, alarm_count: '3', value: '1' })
      for (const [field, value] of Object.entries(MOVED)) {
        const again = await read({ ...known, alarm_count: '3', value: '1', [field]: value })
        assert.equal(again.alerts[0]?.fingerprint, once.alerts[0]?.fingerprint, field)
        assert.equal(again.key, once.key, field)
        assert.notEqual(await again.contentKey(), await once.contentKey(), field)
      }
    })

  test('is its text if it has nothing else: fields that change do not count', async () => {
    const text = { alarm_description: 'disk full', alarm_level: '3', alarm_count: '3' }
    const moves: Record<string, string>[] = [
      { alarm_count: '4' },
      { value: '9' },
      { alarm_level: '1', alarm_level_en_us: 'Down', alarm_level_color: '#722ED1' },
      { alarm_status: 'Inactive', alarm_resolved_at: '2025-06-06T15:05:00+08:00' },
      { message_type: 'Clear Alert' },
    ]
    for (const moved of moves)
      assert.equal(
        await fingerprint({ ...text, ...moved }),
        await fingerprint(text),
        JSON.stringify(moved),
      )
    assert.notEqual(
      await fingerprint({ ...text, alarm_description: 'disk gone' }),
      await fingerprint(text),
    )
  })

  test('a change of level, status or start time is another request for the same alert', async () => {
    const known = { alarm_type: 'rule', alarm_target: 'host=1', alarm_level: 'Caution' }
    const once = await read({ ...known, alarm_active_at: '2025-06-06T15:00:00+08:00' })
    const changes: Record<string, string>[] = [
      { alarm_level: 'Critical', alarm_active_at: '2025-06-06T15:00:00+08:00' },
      { alarm_active_at: '2025-06-06T15:00:00+08:00', alarm_status: 'Inactive' },
      { alarm_active_at: '2025-06-06T15:01:00+08:00' },
    ]
    for (const changed of changes) {
      const other = await read({ ...known, ...changed })
      assert.notEqual(other.key, once.key, JSON.stringify(changed))
      assert.equal(other.alerts[0]?.fingerprint, once.alerts[0]?.fingerprint)
    }
  })

  test('several alerts in one body are the same request in any order', async () => {
    const [a, b] = ['1', '2'].map((id) => ({ alarm_id: id, alarm_name: 'n' }))
    const keyOf = async (...alerts: unknown[]) =>
      (await ocp.read(JSON.stringify(alerts), CONTEXT)).key
    assert.equal(await keyOf(a, b), await keyOf(b, a))
    assert.notEqual(await keyOf(a, b), await keyOf(a))
  })
})
