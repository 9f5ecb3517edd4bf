import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LargeReads } from '../../src/large-reads.ts'
import {
  readStored,
  type StoredAlertsDeps,
  storedVariables,
  withVariables,
} from '../../src/pipeline/stored-alerts.ts'
import { sources } from '../../src/sources/index.ts'
import type { StoredAlert } from '../../src/stores/queries.ts'
import type { StoredPayload } from '../../src/stores/store.ts'

const MIB = 1024 * 1024
const AT = new Date('2026-11-24T03:00:00Z')

function alertmanager(...alerts: object[]): StoredPayload {
  return { source: 'alertmanager', receivedAt: AT, text: JSON.stringify({ alerts }) }
}

function alert(name: string, { summary = 'x', status = 'firing' } = {}) {
  return { status, labels: { alertname: name, severity: 'critical' }, annotations: { summary } }
}

/** A store that returns the first payloads that fit, and records the bytes of each read. */
function storing(all: ReadonlyMap<number, StoredPayload>): StoredAlertsDeps & { given: number[] } {
  const given: number[] = []
  return {
    given,
    store: {
      payloads: async (numbers, maxBytes = Number.POSITIVE_INFINITY) => {
        const found = new Map<number, StoredPayload>()
        let bytes = 0
        for (const number of numbers) {
          const payload = all.get(number)
          if (payload === undefined) continue
          if (found.size > 0 && bytes + payload.text.length > maxBytes) break
          found.set(number, payload)
          bytes += payload.text.length
        }
        given.push(bytes)
        return found
      },
    },
    sources,
    timezone: 'UTC',
    reads: new LargeReads(),
  }
}

const stored = (payload: number, position = 0): StoredAlert => ({
  id: String(1_000 - payload),
  channel: 'ops',
  source: 'alertmanager',
  fingerprint: 'f',
  status: 'firing',
  level: 2,
  state: 'pending',
  reason: undefined,
  messageIds: [],
  receivedAt: AT,
  deliveredAt: undefined,
  repeats: 0,
  position,
  payload,
})

describe('alerts read again for a message', () => {
  test('are read a few payloads at a time and keep their order; missing payloads are left out', async () => {
    const summary = 'x'.repeat(1.5 * MIB)
    const payloads = new Map(
      [1, 2, 4, 5, 6].map((number) => [number, alertmanager(alert(`A${number}`, { summary }))]),
    )
    const deps = storing(payloads)
    const places = [6, 5, 4, 3, 2, 1, 7].map((payload) => ({ payload, position: 0 }))
    const read = await readStored(places, deps)
    assert.deepEqual(
      places.map((place) => read(place).alert.name),
      ['A6', 'A5', 'A4', 'Unreadable alert', 'A2', 'A1', 'Unreadable alert'],
    )
    assert.ok(Math.max(...deps.given) <= 4 * MIB, `${deps.given}`)
  })

  test('are reported if their payload is missing or can no longer be read', async () => {
    const reported: [payload: number, why: string][] = []
    const payloads = new Map<number, StoredPayload>([
      [1, alertmanager(alert('A1'))],
      [2, { source: 'alertmanager', receivedAt: AT, text: '[]' }],
      [4, { source: 'chat', receivedAt: AT, text: '{}' }],
    ])
    await readStored(
      [1, 2, 3, 4].map((payload) => ({ payload, position: 0 })),
      {
        ...storing(payloads),
        sources: new Map([...sources].filter(([name]) => name !== 'chat')),
        events: { payloadUnreadable: (...each) => void reported.push(each) },
      },
    )
    assert.match(reported.shift()?.[1] ?? '', /not an Alertmanager payload/)
    assert.deepEqual(reported, [
      [4, 'unknown source "chat"'],
      [3, 'it is not in the store'],
    ])
  })

  test('keep the group labels and annotations, which group silences and Go templates read', async () => {
    const text = JSON.stringify({ groupLabels: { team: 'db' }, alerts: [alert('A1')] })
    const deps = storing(new Map([[1, { source: 'alertmanager', receivedAt: AT, text }]]))
    const place = { payload: 1, position: 0 }
    const { alert: kept } = (await readStored([place], deps))(place)
    assert.deepEqual({ ...kept.groupLabels }, { team: 'db' })
    assert.deepEqual({ ...kept.annotations }, { summary: 'x' })
  })

  test('keep as much of each text as a message can show, and mark the cut', async () => {
    const long = '载'.repeat(100_000)
    const deps = storing(
      new Map([[1, alertmanager({ ...alert(long, { summary: long }), fingerprint: 'f1' })]]),
    )
    const { alert: kept } = (await readStored([{ payload: 1, position: 0 }], deps))({
      payload: 1,
      position: 0,
    })
    for (const text of [kept.name, kept.variables['summary'], kept.labels?.['alertname']]) {
      assert.equal(text?.length, 20_000)
      assert.match(text ?? '', /^载+…$/)
    }
  })

  test('are kept with less of each if they are many, first variables first', async () => {
    const annotations = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`note_${index}`, 'x'.repeat(19_000)]),
    )
    const many = Array.from({ length: 600 }, (_, index) => ({
      labels: { alertname: `A${index}` },
      annotations: index < 20 ? annotations : {},
    }))
    const deps = storing(new Map([[1, alertmanager(...many)]]))
    const places = many.map((_, position) => ({ payload: 1, position }))
    const read = await readStored(places, deps)
    const { variables } = read(places[0] as (typeof places)[0]).alert
    const size = Object.entries(variables).flat().join('').length
    assert.ok(size <= 32 * 1024 && size > 20_000, `${size}`)
    assert.equal(variables['alertname'], 'A0')
    assert.equal(read(places[599] as (typeof places)[0]).alert.variables['alertname'], 'A599')
  })

  test('include still firing alerts of their payloads only if they are resolved, and never thousands', async () => {
    const firing = Array.from({ length: 2_000 }, (_, index) => alert(`F${index}`))
    const over = alert('over', { status: 'resolved' })
    const deps = storing(new Map([[1, alertmanager(over, ...firing)]]))
    const together = async (position: number) =>
      (await readStored([{ payload: 1, position }], deps))({ payload: 1, position }).firing
    assert.deepEqual(await together(1), [])
    const still = await together(0)
    assert.deepEqual([still.length, still[0]?.name], [500, 'F0'])
  })
})

describe('a page of alerts', () => {
  test('ends early if its payloads are large, and continues after its `next`', async () => {
    const summary = 'x'.repeat(15 * MIB)
    const numbers = [1, 2, 3, 4, 5, 6, 7]
    const deps = storing(
      new Map(numbers.map((number) => [number, alertmanager(alert(`A${number}`, { summary }))])),
    )
    const items = numbers.map((number) => stored(number))
    const variablesOf = (alerts: readonly StoredAlert[]) => storedVariables(alerts, deps)
    const first = await withVariables({ items, next: null }, variablesOf)
    assert.deepEqual(
      first.items.map(({ variables }) => variables['alertname']),
      ['A1', 'A2', 'A3', 'A4', 'A5'],
    )
    assert.equal(first.next, '995')
    const rest = await withVariables({ items: items.slice(5), next: null }, variablesOf)
    assert.deepEqual(
      rest.items.map(({ variables }) => variables['alertname']),
      ['A6', 'A7'],
    )
    assert.equal(rest.next, null)
  })

  test('contains all its small alerts, those with missing payloads without variables', async () => {
    const deps = storing(new Map([[1, alertmanager(alert('A'), alert('B'))]]))
    const items = [stored(2), stored(1, 1), stored(1), stored(1, 7)]
    const page = await withVariables({ items, next: 'x' }, (alerts) =>
      storedVariables(alerts, deps),
    )
    assert.deepEqual(
      page.items.map(({ variables }) => variables['alertname']),
      [undefined, 'B', 'A', undefined],
    )
    assert.equal(page.next, 'x')
  })
})
