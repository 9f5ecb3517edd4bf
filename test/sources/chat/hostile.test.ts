import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../../src/errors.ts'
import { sources } from '../../../src/sources/index.ts'
import type { Source } from '../../../src/sources/source.ts'

const chat = sources.get('chat') as Source
const CONTEXT = {
  receivedAt: new Date('2026-11-28T01:00:00Z'),
  timezone: 'Asia/Shanghai',
}

async function codeOf(body: unknown): Promise<number | undefined> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const error = await chat.read(text, CONTEXT).catch((each) => each)
  assert.ok(error instanceof AppError, text)
  assert.equal(error.code, 'bad_payload')
  return error.errcode
}

const parts = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(
    fc.constantFrom('title', 'text', 'content', 'messageUrl', 'links', 'btns', 'singleURL'),
    fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 2 })),
  ),
)
const body = fc.dictionary(
  fc.constantFrom(
    'msgtype',
    'msg_type',
    'text',
    'link',
    'markdown',
    'actionCard',
    'feedCard',
    'content',
    'at',
    'alerts',
    'rule_name',
    '__proto__',
  ),
  fc.oneof(parts, fc.constantFrom('text', 'link', 'markdown', 'actionCard', 'feedCard', 'image')),
)

describe('a body that contains no message', () => {
  test("is refused with DingTalk's code for the missing part", async () => {
    for (const [given, errcode] of [
      ['', 40035],
      ['  \n', 40035],
      [{}, 40035],
      [{ msgtype: 'text' }, 400201],
      [{ msgtype: 'text', text: {} }, 400201],
      [{ msgtype: 'text ', text: { content: '' } }, 400201],
      [{ msgtype: 'text', text: 'bare' }, 400201],
      [{ msgtype: 'link', link: { title: 'x' } }, 400301],
      [{ msgtype: 'markdown', markdown: { title: 'x' } }, 400403],
      [{ msgtype: 'actionCard', actionCard: null }, 400501],
      [{ msgtype: 'feedCard', feedCard: { links: [] } }, 400602],
      [{ msgtype: 'feedCard', feedCard: { links: [{ title: 'no address' }] } }, 400602],
      [{ msgtype: 'image', image: { mediaId: '1' } }, 400105],
      [{ msgtype: 'constructor' }, 400105],
      [{ msgtype: { a: 1 } }, 400105],
    ] as const)
      assert.equal(await codeOf(given), errcode, JSON.stringify(given))
  })
})

/** The fastest of several reads in milliseconds, because other processes use the machine too. */
async function fastest(filling: string, length: number): Promise<number> {
  const text = `${filling.repeat(length / filling.length)}x`
  const given = JSON.stringify({ msgtype: 'markdown', markdown: { title: text, text } })
  const times: number[] = []
  for (let i = 0; i < 5; i += 1) {
    const began = performance.now()
    await chat.read(given, CONTEXT)
    times.push(performance.now() - began)
  }
  return Math.min(...times)
}

describe('a hostile body', () => {
  test('is refused with an explanation or read, and a second read gives the same alerts', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (given) => {
        const text = JSON.stringify(given)
        const read = await chat.read(text, CONTEXT).catch((error) => error)
        if (read instanceof AppError) return void assert.equal(read.code, 'bad_payload')
        const again = await chat.read(Buffer.from(text), CONTEXT)
        assert.equal(again.key, read.key)
        assert.deepEqual(again.prerendered, read.prerendered)
        assert.ok(read.alerts.length > 0 || 'alerts' in given)
        for (const alert of read.alerts)
          for (const [name, value] of Object.entries(alert.variables)) {
            assert.equal(typeof value, 'string')
            assert.ok(name.isWellFormed() && String(value).isWellFormed())
            assert.ok(!String(value).includes('\0'))
          }
      }),
      { numRuns: 500 },
    )
  })

  test('does not change any prototype', async () => {
    const { alerts } = await chat.read(
      '{"msgtype":"text","text":{"content":"x"},"__proto__":{"polluted":"yes"},"constructor":"c"}',
      CONTEXT,
    )
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    assert.equal(alerts[0]?.variables['constructor'], 'c')
  })

  test('a long title is read in linear time', async () => {
    for (const filling of ['[', ' ', '🔴', '[RESOLVED', '- 级别：'])
      assert.ok(
        (await fastest(filling, 3_200_000)) < 100 * (await fastest(filling, 200_000)),
        filling,
      )
  })
})
