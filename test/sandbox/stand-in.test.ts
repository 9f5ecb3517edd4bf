import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'

async function post(standIn: StandIn, token: string, body: unknown = text()): Promise<number> {
  const reply = await fetch(standIn.url(token), { method: 'POST', body: JSON.stringify(body) })
  assert.equal(reply.status, 200)
  return ((await reply.json()) as { errcode: number }).errcode
}

function text(): object {
  return { msgtype: 'text', text: { content: 'hello' } }
}

describe('the stand-in for DingTalk', () => {
  test("judges each token by its robot's settings and records the requests", async () => {
    const at = new Date('2026-11-24T08:00:00Z')
    await using standIn = await startStandIn({
      robots: { few: { limits: { messages: 1, perMs: 60_000, penaltyMs: 600_000 } } },
      unknown: ['gone'],
      now: () => at,
    })
    assert.deepEqual([await post(standIn, 'few'), await post(standIn, 'few')], [0, 660026])
    assert.equal(await post(standIn, 'a b'), 0)
    assert.equal(await post(standIn, 'gone'), 300005)
    assert.equal(await post(standIn, ''), 40035)
    assert.deepEqual(
      standIn.received.map(({ token }) => token),
      ['few', 'few', 'a b', 'gone', ''],
    )
    assert.equal(standIn.received[0]?.at, at)
    assert.deepEqual(
      standIn.shown().map(({ robot }) => robot),
      ['a b', 'few'],
    )
  })

  test('requires a POST', async () => {
    await using standIn = await startStandIn()
    const reply = await fetch(standIn.url('x'))
    assert.equal(((await reply.json()) as { errcode: number }).errcode, 43002)
  })

  test('follows its script, one step per request, then its rules', async () => {
    await using standIn = await startStandIn()
    standIn.script(
      { kind: 'reply', status: 503, headers: { 'x-why': 'test' }, body: 'no' },
      { kind: 'end', taken: true },
      { kind: 'end' },
    )
    const url = standIn.url('x')
    const send = () => fetch(url, { method: 'POST', body: JSON.stringify(text()) })
    const scripted = await send()
    assert.equal(scripted.status, 503)
    assert.equal(scripted.headers.get('x-why'), 'test')
    assert.equal(await scripted.text(), 'no')
    await assert.rejects(send())
    assert.equal(standIn.shown().length, 1)
    await assert.rejects(send())
    assert.equal(standIn.shown().length, 1)
    assert.equal(await post(standIn, 'x'), 0)
  })

  test('closes even if requests hang', async () => {
    const standIn = await startStandIn()
    standIn.script({ kind: 'hang' })
    const hanging = fetch(standIn.url('x'), { method: 'POST', body: '{}' })
    await standIn.arrived(1)
    await standIn.close()
    await assert.rejects(hanging)
  })
})
