import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Packing, unpack } from '../../src/stores/sqlite/packed.ts'
import type { Arrival, Arriving } from '../../src/stores/store.ts'

const word = fc.constantFrom('', 'a', 'b', '告警')
const alert = fc.record<Arriving>(
  {
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
    suppressed: fc.constantFrom('resolved_off', 'x'),
  },
  {
    noNullPrototype: true,
    requiredKeys: [
      'position',
      'channel',
      'queues',
      'fingerprint',
      'status',
      'level',
      'name',
      'cluster',
      'group',
      'everyMs',
    ],
  },
)
const arrival = fc.record<Arrival>(
  {
    now: fc.date({ noInvalidDate: true }),
    source: fc.constantFrom('alertmanager', 'ocp'),
    key: word,
    repeatWithinMs: fc.nat(),
    dated: fc.boolean(),
    body: fc.string({ unit: 'grapheme' }),
    alerts: fc.array(alert, { maxLength: 6 }),
  },
  { noNullPrototype: true },
)

test('requests are the same on both sides of the store’s thread', () => {
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 5 }), fc.boolean(), (arrivals, withBytes) => {
      const sent = arrivals.map((each) =>
        withBytes ? { ...each, body: Buffer.from(each.body) } : each,
      )
      const packing = new Packing()
      for (const each of sent) packing.add(each)
      const packed = packing.packed()
      const crossed = structuredClone(packed, { transfer: [packed.texts.buffer] })
      const got = unpack(crossed).map(({ body, ...rest }) => ({
        ...rest,
        body: new TextDecoder('utf-8', { ignoreBOM: true }).decode(body),
      }))
      assert.deepEqual(got, arrivals)
    }),
  )
})
