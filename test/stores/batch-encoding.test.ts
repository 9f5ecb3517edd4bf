import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AcceptRequest, IncomingAlert } from '../../src/stores/incoming.ts'
import {
  ALONE_FROM_BYTES,
  BatchEncoder,
  decodeBatch,
  isSentAlone,
} from '../../src/stores/sqlite/batch-encoding.ts'
import { acceptRequest, incomingAlert } from '../support/requests.ts'

const word = fc.constantFrom('', 'a', 'b', '告警')
const instant = fc.date({ noInvalidDate: true })
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const alert = fc
  .record({
    position: fc.nat(1_000_000),
    channel: word,
    queues: fc.array(word, { maxLength: 3 }),
    fingerprint: fc.string({ unit: 'grapheme' }),
    status: fc.constantFrom('firing', 'resolved'),
    level: fc.constantFrom(1, 2, 3, 4, 5),
    name: word,
    cluster: word,
    group: word,
    everyMs: fc.constantFrom(0, 600_000),
    startsAtMs: optional(fc.integer()),
    endsAtMs: optional(fc.integer()),
    suppressed: optional(fc.constantFrom('resolved_off', 'x')),
    onlyNew: optional(fc.constant(true)),
    muted: optional(fc.constant(true)),
  })
  .map(
    ({ suppressed, onlyNew, muted, ...rest }): IncomingAlert => ({
      ...rest,
      ...(suppressed !== undefined && { suppressed }),
      ...(onlyNew !== undefined && { onlyNew }),
      ...(muted !== undefined && { muted }),
    }),
  )

const request: fc.Arbitrary<AcceptRequest> = fc.record(
  {
    now: instant,
    source: fc.constantFrom('alertmanager', 'ocp'),
    key: word,
    dedupWindowMs: fc.nat(),
    body: fc.string({ unit: 'grapheme' }),
    alerts: fc.array(alert, { maxLength: 6 }),
  },
  { noNullPrototype: true },
)

test('requests are equal on both sides of the store’s worker', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 5 }), fc.boolean(), (requests, withBytes) => {
      const encoder = new BatchEncoder()
      for (const each of requests)
        encoder.add(withBytes ? { ...each, body: Buffer.from(each.body) } : each)
      const encoded = encoder.encoded()
      const crossed = structuredClone(encoded, { transfer: [encoded.bodies.buffer] })
      const got = decodeBatch(crossed).map(({ body, ...rest }) => ({
        ...rest,
        body: new TextDecoder('utf-8', { ignoreBOM: true }).decode(body as Uint8Array),
      }))
      assert.deepEqual(got, requests)
    }),
  )
})

test('a large body is transferred in its original buffer, even if it is part of a larger one', () => {
  const memory = Buffer.alloc(2 * ALONE_FROM_BYTES, 'x')
  const body = memory.subarray(7, 7 + ALONE_FROM_BYTES)
  const encoder = new BatchEncoder()
  encoder.add(acceptRequest([incomingAlert('a')], { body }))
  const encoded = encoder.encoded()
  assert.equal(encoded.bodies.buffer, memory.buffer)
  const crossed = structuredClone(encoded, { transfer: [encoded.bodies.buffer] })
  assert.equal(memory.length, 0)
  const [got] = decodeBatch(crossed)
  assert.equal(Buffer.from(got?.body as Uint8Array).toString(), 'x'.repeat(ALONE_FROM_BYTES))
})

test('a body is sent alone by its size in bytes, not by its number of characters', () => {
  const chinese = '警'.repeat(Math.ceil(ALONE_FROM_BYTES / 3))
  assert.equal(isSentAlone(chinese), true)
  assert.equal(isSentAlone(Buffer.from(chinese)), true)
  assert.equal(isSentAlone(chinese.slice(1)), false)
  assert.equal(isSentAlone('x'.repeat(ALONE_FROM_BYTES - 1)), false)
  assert.equal(isSentAlone('x'.repeat(ALONE_FROM_BYTES)), true)
})
