import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { createSilenceApi } from '../../src/alertmanagers/client.ts'
import { Secret } from '../../src/model/secret.ts'
import type { Alertmanager } from '../../src/model/settings.ts'
import { freePort } from '../support/receiver.ts'

interface Asked {
  method: string
  url: string
  authorization: string | undefined
  body: string
}

type Reply = { status: number; body?: string; location?: string }

/** A member of a cluster with the given answers; records its requests. */
async function member(answer: (asked: Asked) => Reply, authorization?: string) {
  const asked: Asked[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    const each = {
      method,
      url,
      authorization: headers.authorization,
      body: Buffer.concat(chunks).toString(),
    }
    asked.push(each)
    const { status, body = '', location } = answer(each)
    response.writeHead(status, location === undefined ? {} : { Location: location })
    response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const settings: Alertmanager = {
    url,
    externalUrl: url,
    authorization: authorization === undefined ? undefined : new Secret(authorization),
  }
  return {
    settings,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const api = createSilenceApi()
const WANTED = {
  matchers: [
    { name: 'alertname', value: 'A', isRegex: false },
    { name: 'pod', value: 'web-.*', isRegex: true },
  ],
  startsAt: new Date('2026-11-28T20:00:00Z'),
  endsAt: new Date('2026-11-28T20:30:00Z'),
  createdBy: '张三',
  comment: 'A',
}
const MADE = { status: 200, body: '{"silenceID":"b3-1"}' }

describe('a silence in Alertmanager', () => {
  test('is requested through the API, with the credentials', async () => {
    await using first = await member(() => MADE, 'Bearer t')
    assert.deepEqual(await api.create([first.settings], WANTED), { kind: 'done', value: 'b3-1' })
    const [asked] = first.asked
    assert.equal(`${asked?.method} ${asked?.url}`, 'POST /api/v2/silences')
    assert.equal(asked?.authorization, 'Bearer t')
    assert.deepEqual(JSON.parse(asked?.body ?? ''), {
      matchers: [
        { name: 'alertname', value: 'A', isRegex: false, isEqual: true },
        { name: 'pod', value: 'web-.*', isRegex: true, isEqual: true },
      ],
      startsAt: '2026-11-28T20:00:00.000Z',
      endsAt: '2026-11-28T20:30:00.000Z',
      createdBy: '张三',
      comment: 'A',
    })
  })

  test('is created by the first member of the cluster that answers', async () => {
    await using broken = await member(() => ({ status: 503 }))
    await using good = await member(() => MADE)
    await using spare = await member(() => MADE)
    const gone = { ...good.settings, url: `http://127.0.0.1:${await freePort()}` }
    const members = [gone, broken.settings, good.settings, spare.settings]
    assert.equal((await api.create(members, WANTED)).kind, 'done')
    assert.deepEqual([broken.asked.length, good.asked.length, spare.asked.length], [1, 1, 0])
  })

  test('that one member refuses is not requested from another', async () => {
    await using first = await member(() => ({ status: 400, body: '"bad matcher"' }))
    await using second = await member(() => MADE)
    const answer = await api.create([first.settings, second.settings], WANTED)
    assert.deepEqual(answer, { kind: 'refused', explanation: 'HTTP 400 "bad matcher"' })
    assert.equal(second.asked.length, 0)
  })

  test("that no member answers gives each member's error", async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const answer = await api.create([{ url, externalUrl: url, authorization: undefined }], WANTED)
    assert.deepEqual(answer, {
      kind: 'unreachable',
      explanation: `${url.slice('http://'.length)}: ECONNREFUSED`,
    })
    assert.equal((await api.create([], WANTED)).kind, 'unreachable')
  })

  test('is not created at the target of a redirect, and credentials are not sent there', async () => {
    await using other = await member(() => MADE)
    const location = `${other.settings.url}/api/v2/silences`
    await using first = await member(() => ({ status: 307, location }), 'Bearer t')
    assert.equal((await api.create([first.settings], WANTED)).kind, 'refused')
    assert.equal(other.asked.length, 0)
  })

  test('is not reported as created if the reply has no valid id', async () => {
    for (const body of ['', '{}', '{"silenceID":"../x"}', '{"silenceID":1}', 'x'.repeat(200_000)]) {
      await using first = await member(() => ({ status: 200, body }))
      assert.equal((await api.create([first.settings], WANTED)).kind, 'refused')
    }
  })

  test('is ended, or reported as ended already', async () => {
    await using first = await member(() => ({ status: 200 }))
    assert.equal((await api.expire([first.settings], 'b3-1')).kind, 'done')
    assert.equal(`${first.asked[0]?.method} ${first.asked[0]?.url}`, 'DELETE /api/v2/silence/b3-1')
    await using over = await member(({ method }) =>
      method === 'DELETE'
        ? { status: 500, body: 'already expired' }
        : { status: 200, body: '{"status":{"state":"expired"}}' },
    )
    assert.equal((await api.expire([over.settings], 'b3-1')).kind, 'done')
    await using active = await member(({ method }) =>
      method === 'DELETE'
        ? { status: 500, body: 'disk full' }
        : { status: 200, body: '{"status":{"state":"active"}}' },
    )
    assert.equal((await api.expire([active.settings], 'b3-1')).kind, 'unreachable')
  })

  test('unknown to one member is ended by another; unknown to all counts as ended', async () => {
    await using empty = await member(() => ({ status: 404 }))
    await using knows = await member(() => ({ status: 200 }))
    assert.equal((await api.expire([empty.settings, knows.settings], 'b3-1')).kind, 'done')
    assert.equal(knows.asked.length, 1)
    assert.equal((await api.expire([empty.settings, empty.settings], 'b3-1')).kind, 'done')
    const gone = { ...knows.settings, url: `http://127.0.0.1:${await freePort()}` }
    assert.equal((await api.expire([empty.settings, gone], 'b3-1')).kind, 'unreachable')
  })
})
