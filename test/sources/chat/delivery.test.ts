import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, describe, test } from 'node:test'
import type { Channel } from '../../../src/model/settings.ts'
import { Path } from '../../support/path.ts'
import { channelNamed, robotNamed, settingsOf } from '../../support/settings.ts'

const SECOND = 1_000
const MINUTE = 60_000

const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')
const markdown = (title: string, text: string, at?: object): string =>
  JSON.stringify({ msgtype: 'markdown', markdown: { title, text }, at })

describe('chat messages from the request to the group', () => {
  let path: Path
  afterEach(() => path.stop())

  async function started(channel: Partial<Channel> = {}, messages = 20): Promise<Path> {
    const limits = { messages, perMs: 60_000, penaltyMs: 600_000 }
    const settings = settingsOf({
      robots: [robotNamed('ops-1', { limits })],
      channels: [channelNamed('ops', channel)],
    })
    path = await new Path(settings).start()
    return path
  }

  /** Titles that the group shows after these bodies, each sent some milliseconds after the one before. */
  async function shownAfter(
    sent: readonly (readonly [body: string, afterMs: number])[],
    channel: Partial<Channel> = {},
  ): Promise<string[]> {
    await started(channel)
    for (const [body, afterMs] of sent) {
      await path.clock.pass(afterMs)
      await path.post('chat', body)
    }
    await path.clock.pass(30 * SECOND)
    return path.group
      .shown()
      .reverse()
      .map(({ text }) => text)
  }

  const down = fixture('uptime-kuma')
  const up = markdown('[UP] shop front', '## [UP] shop front')

  for (const aggregate of [{ everyMs: 10 * MINUTE, by: undefined }, undefined])
    test(`a retry within a minute is dropped, the same text later is delivered (aggregation ${aggregate ? 'on' : 'off'})`, async () => {
      const texts = await shownAfter(
        [
          [down, 0],
          [down, 5 * SECOND],
          [down, 50 * SECOND],
          [down, 10 * SECOND],
        ],
        { aggregate },
      )
      assert.equal(texts.length, 2)
    })

  test('down, up and down again within the period are three messages', async () => {
    const texts = await shownAfter([
      [down, 0],
      [up, 2 * MINUTE],
      [down, 2 * MINUTE],
    ])
    assert.deepEqual(
      texts.map((text) => /\[(?:DOWN|UP)\]/.exec(text)?.[0]),
      ['[DOWN]', '[UP]', '[DOWN]'],
    )
  })

  test('different texts are each delivered, whatever aggregate.by groups alerts by', async () => {
    const texts = await shownAfter(
      [
        [markdown('build', 'build 1 failed'), 0],
        [markdown('build', 'build 2 failed'), SECOND],
        [markdown('build', 'build 3 failed'), SECOND],
      ],
      { aggregate: { everyMs: 10 * MINUTE, by: ['alarm_name'] } },
    )
    assert.deepEqual(texts, ['build 1 failed', 'build 2 failed', 'build 3 failed'])
  })

  test("an alert in OCP's format is aggregated as in OCP's HTTP channel, and its recovery passes", async () => {
    const fired = fixture('ocp-markdown')
    const texts = await shownAfter([
      [fired, 0],
      [fired, 3 * MINUTE],
      [fired.replace('2025-06-06T13:36:51.231', '2025-06-06T13:36:51.232'), 3 * MINUTE],
      [fixture('ocp-recovery'), MINUTE],
    ])
    assert.equal(texts.length, 2)
    assert.match(texts[1] ?? '', /恢复/)
  })

  test("a message keeps its sender's text and mentions; the channel's mentions are added", async () => {
    await started({ mention: { mobiles: ['13800000099'], users: [], all: false, rules: [] } })
    await path.post('chat', fixture('jenkins-action-card'))
    await path.clock.pass(SECOND)
    const [shown] = path.group.shown()
    assert.match(shown?.text ?? '', /^# \[shop\]\(https:\/\/ci\.example\.com\/job\/shop\/\)/)
    assert.deepEqual([...(shown?.mention.mobiles ?? [])].sort(), ['13800000002', '13800000099'])
    // The sender's own mention is in the text already.
    assert.equal(shown?.text.split('@13800000002').length, 2)
    assert.match(shown?.text ?? '', /@13800000099$/)
  })

  test('waiting messages are merged; none is lost, and all their mentions are kept', async () => {
    await started({}, 2)
    for (let i = 0; i < 12; i += 1)
      await path.post(
        'chat',
        markdown(`build ${i}`, `build ${i} failed`, { atMobiles: [`1380000010${i % 3}`] }),
      )
    await path.clock.pass(3 * MINUTE)
    const shown = path.group.shown()
    assert.ok(shown.length < 12)
    const text = shown.map((each) => each.text).join('\n')
    for (let i = 0; i < 12; i += 1) assert.ok(text.includes(`build ${i}`), `build ${i} in ${text}`)
    const merged = shown.find((each) => each.text.includes('build 10'))
    assert.deepEqual([...(merged?.mention.mobiles ?? [])].sort().slice(0, 3), [
      '13800000100',
      '13800000101',
      '13800000102',
    ])
    const { items } = await path.store.alerts({ limit: 100 })
    assert.deepEqual([...new Set(items.map(({ state }) => state))], ['sent'])
  })

  test('a DingTalk body on the Alertmanager route is read like one on this route', async () => {
    await started()
    await path.post('alertmanager', fixture('alertmanager-payload'))
    await path.clock.pass(SECOND)
    assert.match(path.group.shown()[0]?.text ?? '', /^#### \[FIRING:2\] HighLatency/)
    assert.equal((await path.store.alerts({ limit: 1 })).items[0]?.source, 'chat')
  })
})
