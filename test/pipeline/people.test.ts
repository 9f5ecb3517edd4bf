import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Attempt } from '../../src/model/message.ts'
import type { Channel, Format } from '../../src/model/settings.ts'
import { Path } from '../support/path.ts'
import { channelNamed, settingsOf } from '../support/settings.ts'

const DIRECTORY = {
  people: new Map([
    ['zhangsan', { kind: 'mobile' as const, mobile: '13800000000' }],
    ['lisi', { kind: 'user' as const, user: 'manager4567' }],
  ]),
  rotas: new Map([
    [
      'dba',
      {
        turns: [['zhangsan'], ['lisi']],
        everyMs: 3_600_000,
        from: '2026-11-24T12:00',
        timezone: 'Asia/Shanghai',
        overrides: [],
      },
    ],
  ]),
}

const THROTTLED: Attempt = {
  outcome: { kind: 'throttled', scope: 'robot' },
  result: 'throttled',
  httpStatus: 200,
  errcode: 660026,
  errmsg: undefined,
  explanation: 'Too fast.',
  durationMs: 1,
}

interface Body {
  at: { atMobiles: string[]; atUserIds: string[]; isAtAll: boolean }
  [msgtype: string]: unknown
}

/** The body for one alert with these labels, and the later messages. */
async function pathOf(format: Format, mention: Partial<Channel['mention']>): Promise<Path> {
  const channel = channelNamed('ops', {
    format,
    mention: { mobiles: [], users: [], all: false, rules: [], ...mention },
  })
  return new Path(settingsOf({ channels: [channel] }, DIRECTORY)).start()
}

async function lastBody(path: Path): Promise<{ body: Body; text: string }> {
  await path.clock.pass(10_000)
  const { items } = await path.store.messages({ limit: 1 })
  const body = JSON.parse(items[0]?.body ?? assert.fail('nothing was sent')) as Body
  const said = (body['markdown'] ?? body['text'] ?? body['actionCard']) as Record<string, string>
  return { body, text: said['text'] ?? said['content'] ?? '' }
}

describe('a message mentions', () => {
  for (const format of ['markdown', 'text', 'actionCard'] as const)
    test(`in ${format}: the people in labels, with the token that DingTalk needs in the text`, async () => {
      const path = await pathOf(format, { labels: ['owner'] })
      await path.ocp('host=1', { owner: 'lisi, dba, nobody *here*' })
      const { body, text } = await lastBody(path)
      assert.deepEqual(body.at, {
        atMobiles: ['13800000000'],
        atUserIds: ['manager4567'],
        isAtAll: false,
      })
      assert.match(text, /@13800000000 @manager4567 nobody (?:\*here\*|\\\*here\\\*)/)
      await path.stop()
    })

  test('the people on call when it is composed, not when the alert arrived', async () => {
    const path = await pathOf('markdown', { oncall: ['dba'] })
    await path.ocp('host=1')
    assert.deepEqual((await lastBody(path)).body.at.atMobiles, ['13800000000'])
    // Throttled in the last minutes of the first turn, the robot pauses until the second.
    await path.clock.pass(3_300_000)
    path.intercept = () => THROTTLED
    await path.ocp('host=refused')
    await path.clock.pass(1_000)
    path.intercept = () => undefined
    await path.ocp('host=2')
    await path.clock.pass(650_000)
    assert.deepEqual((await lastBody(path)).body.at, {
      ...{ atMobiles: [], atUserIds: ['manager4567'], isAtAll: false },
    })
    await path.stop()
  })

  test('a hostile name mentions no one else and loses no message', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'grapheme', maxLength: 20 }),
            fc.constantFrom(
              '@all',
              '@所有人',
              '# x',
              '**b**',
              '[a](http://x)',
              '<img>',
              '\u202e@1380000',
            ),
          ),
          { minLength: 1, maxLength: 5 },
        ),
        fc.constantFrom<Format>('markdown', 'text', 'actionCard'),
        async (names, format) => {
          const path = await pathOf(format, { labels: ['owner'] })
          const hostile = names.filter((name) => !/\d{7}|^user:/i.test(name)).join(',')
          await path.ocp('host=1', { owner: `zhangsan,${hostile}` })
          const { body, text } = await lastBody(path)
          assert.deepEqual(body.at, {
            ...{ atMobiles: ['13800000000'], atUserIds: [], isAtAll: false },
          })
          assert.equal(text.match(/@(?:all|所有人|everyone)/i), null, text)
          assert.equal(text.match(/@\d{5,}/g)?.join(), '@13800000000', text)
          await path.stop()
        },
      ),
      { numRuns: 60 },
    )
  })
})
