import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LastEntry } from '../../src/stores/sql/recent.ts'
import { DedupCache, MAX_ALERTS, MAX_REQUESTS } from '../../src/stores/sqlite/dedup-cache.ts'

function entry(alert: number): LastEntry {
  return {
    ...{ alert, status: 'firing', level: 3, fingerprint: `f${alert}`, repeats: 0 },
    ...{ startsAt: null, firingAt: alert, resolvedAt: null },
  }
}

describe('the dedup cache', () => {
  test('finds an entry by queue, channel and group, and a newer one replaces it', () => {
    const cache = new DedupCache()
    cache.setLast('q1', 'c', 'g', entry(1))
    cache.setLast('q2', 'c', 'g', entry(2))
    cache.setLast('q1', 'd', 'g', entry(3))
    cache.commit()
    cache.setLast('q1', 'c', 'g', entry(4))
    cache.commit()
    assert.deepEqual(
      [
        cache.last('q1', 'c', 'g'),
        cache.last('q2', 'c', 'g'),
        cache.last('q1', 'd', 'g'),
        cache.last('q1', 'c', 'h'),
      ],
      [entry(4), entry(2), entry(3), undefined],
    )
  })

  test('is as it was before when a transaction fails, also what changed twice in it', () => {
    const cache = new DedupCache()
    cache.setLast('q', 'c', 'known', entry(1))
    cache.setRequested('request', 1)
    cache.commit()
    cache.setLast('q', 'c', 'known', entry(2))
    cache.setLast('q', 'c', 'known', entry(3))
    cache.setLast('q', 'c', 'new', entry(4))
    cache.setRequested('request', 2)
    assert.deepEqual(cache.last('q', 'c', 'known'), entry(3))
    cache.rollback()
    assert.deepEqual(
      [cache.last('q', 'c', 'known'), cache.last('q', 'c', 'new'), cache.requestedAt('request')],
      [entry(1), undefined, 1],
    )
    cache.setLast('q', 'c', 'known', entry(5))
    cache.commit()
    cache.rollback()
    assert.deepEqual(cache.last('q', 'c', 'known'), entry(5))
  })

  test('has a bound: it keeps at least the newest, and forgets the oldest', () => {
    const cache = new DedupCache()
    const [alerts, requests] = [3 * MAX_ALERTS, 3 * MAX_REQUESTS]
    for (let id = 1; id <= alerts; id += 1) {
      cache.setLast('q', 'c', String(id), entry(id))
      if (id <= requests) cache.setRequested(String(id), id)
      if (id % 1_000 === 0) cache.commit()
    }
    const keptOf = (count: number, get: (key: string) => unknown): number[] =>
      Array.from({ length: count }, (_, index) => index + 1).filter(
        (id) => get(String(id)) !== undefined,
      )
    for (const [kept, count, most] of [
      [keptOf(alerts, (key) => cache.last('q', 'c', key)), alerts, MAX_ALERTS],
      [keptOf(requests, (key) => cache.requestedAt(key)), requests, MAX_REQUESTS],
    ] as const) {
      assert.ok(kept.length >= most && kept.length <= 2 * most + 2_000, `${kept.length} kept`)
      assert.equal(kept[0], count - kept.length + 1)
    }
  })
})
