import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LastEntry, RecentSession } from '../../src/stores/sql/recent.ts'
import { DedupCache, MAX_ALERTS, MAX_REQUESTS } from '../../src/stores/sqlite/dedup-cache.ts'
import type { Tx } from '../../src/stores/tx.ts'

function entry(alert: number, repeats = 0): LastEntry {
  return {
    ...{ alert, status: 'firing', level: 3, fingerprint: `f${alert}`, repeats },
    ...{ startsAt: null, firingAt: alert * 10, resolvedAt: null },
  }
}

/** A database with the rows of all alerts that `entry` creates. */
const ROWS = {
  all: async (_sql: string, [ids]: [number[]]) =>
    ids.map((id) => ({
      ...{ id, status: 'firing', level: 3, fingerprint: `f${id}`, starts_at: null },
      ...{ previous: 0, grp: null, received_at: id * 10 },
    })),
} as unknown as Tx

describe('the dedup cache', () => {
  /** A session that has read the alerts with these ids. */
  const begin = async (cache: DedupCache, ...ids: number[]): Promise<RecentSession> => {
    const session = await cache.begin(ROWS)
    await session.load(new Set(ids))
    return session
  }

  test('finds an entry by queue, channel and group, and a newer one replaces it', async () => {
    const cache = new DedupCache()
    const first = await begin(cache)
    first.setLast('q1', 'c', 'g', entry(1))
    first.setLast('q2', 'c', 'g', entry(2))
    first.setLast('q1', 'd', 'g', entry(3, 7))
    cache.commit()
    const second = await begin(cache)
    second.setLast('q1', 'c', 'g', entry(4))
    cache.commit()
    const third = await begin(cache, 4, 2, 3)
    assert.deepEqual(
      [
        third.last('q1', 'c', 'g'),
        third.last('q2', 'c', 'g'),
        third.last('q1', 'd', 'g'),
        third.last('q1', 'c', 'h'),
      ],
      [entry(4), entry(2), entry(3, 7), undefined],
    )
  })

  test('returns an alert as it was set before its row is written', async () => {
    const cache = new DedupCache()
    const session = await cache.begin({} as Tx)
    session.setLast('q', 'c', 'g', entry(1, 2))
    assert.deepEqual(session.last('q', 'c', 'g'), entry(1, 2))
  })

  test('restores its state when a transaction fails, including entries that changed twice', async () => {
    const cache = new DedupCache()
    const first = await begin(cache)
    first.setLast('q', 'c', 'known', entry(1))
    first.setRequested('request', 1)
    cache.commit()
    const failing = await begin(cache)
    failing.setLast('q', 'c', 'known', entry(2))
    failing.setLast('q', 'c', 'known', entry(3))
    failing.setLast('q', 'c', 'new', entry(4))
    failing.setRequested('request', 2)
    assert.deepEqual(failing.last('q', 'c', 'known'), entry(3))
    cache.rollback()
    const session = await begin(cache, 1)
    assert.deepEqual(
      [
        session.last('q', 'c', 'known'),
        session.last('q', 'c', 'new'),
        session.requestedAt('request'),
      ],
      [entry(1), undefined, 1],
    )
    session.setLast('q', 'c', 'known', entry(5))
    cache.commit()
    cache.rollback()
    assert.deepEqual(session.last('q', 'c', 'known'), entry(5))
  })

  test('is bounded: it keeps at least the newest entries, and drops the oldest', async () => {
    const cache = new DedupCache()
    const session = await begin(cache)
    const [alerts, requests] = [3 * MAX_ALERTS, 3 * MAX_REQUESTS]
    for (let id = 1; id <= alerts; id += 1) {
      session.setLast('q', 'c', String(id), entry(id))
      if (id <= requests) session.setRequested(String(id), id)
      if (id % 1_000 === 0) cache.commit()
    }
    const keptOf = (count: number, get: (key: string) => unknown): number[] =>
      Array.from({ length: count }, (_, index) => index + 1).filter(
        (id) => get(String(id)) !== undefined,
      )
    for (const [kept, count, most] of [
      [keptOf(alerts, (key) => session.last('q', 'c', key)), alerts, MAX_ALERTS],
      [keptOf(requests, (key) => session.requestedAt(key)), requests, MAX_REQUESTS],
    ] as const) {
      assert.ok(kept.length >= most && kept.length <= 2 * most + 2_000, `${kept.length} kept`)
      assert.equal(kept[0], count - kept.length + 1)
    }
  })
})
