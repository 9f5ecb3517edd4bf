import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { type Generator, hasWrk, load } from './load.ts'

const GENERATORS: readonly [Generator, string | false][] = [
  ['wrk', hasWrk() ? false : 'wrk is not installed: apt-get install wrk'],
  ['autocannon', false],
]

interface Payload {
  alerts: { fingerprint: string }[]
}

/** Answers with a status, and records the fingerprints that it receives. */
async function startServer(status = 200) {
  const fingerprints: string[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    for (const alert of (JSON.parse(text) as Payload).alerts) fingerprints.push(alert.fingerprint)
    response.writeHead(status).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alertmanager/default`,
    fingerprints,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

for (const [generator, skip] of GENERATORS) {
  test(`${generator} posts no alert twice, in one load and the next`, { skip }, async () => {
    await using server = await startServer()
    const first = await load(server.url, { alerts: 3, seconds: 1, connections: 4 }, generator)
    const second = await load(server.url, { alerts: 3, seconds: 1, connections: 4 }, generator)
    assert.equal(new Set(server.fingerprints).size, server.fingerprints.length)
    assert.ok(first.ok + second.ok > 20)
    assert.ok(server.fingerprints.length >= 3 * (first.ok + second.ok))
    assert.ok(first.p99Ms > 0)
  })

  test(`${generator} keeps a rate`, { skip }, async () => {
    await using server = await startServer()
    const loaded = await load(server.url, { alerts: 1, seconds: 2, rate: 100 }, generator)
    // Without a rate there are thousands; the bounds allow for a busy machine.
    assert.ok(loaded.ok > 50 && loaded.ok < 600, `${loaded.ok} requests in 2 s at 100 a second`)
  })

  test(`${generator} counts replies other than 200`, { skip }, async () => {
    await using server = await startServer(503)
    const { ok, refused } = await load(server.url, { alerts: 1, seconds: 1, rate: 50 }, generator)
    assert.equal(ok, 0)
    assert.ok(refused > 10)
  })
}
