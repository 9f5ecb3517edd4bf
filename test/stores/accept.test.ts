import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { acceptAll } from '../../src/stores/sql/accept.ts'
import { SqliteDatabase } from '../../src/stores/sqlite/database.ts'
import { DedupCache } from '../../src/stores/sqlite/dedup-cache.ts'
import type { Tx } from '../../src/stores/tx.ts'
import { acceptRequest, incomingAlert as alert } from '../support/requests.ts'

/** Counts the queries of a transaction: each is a round trip to a remote database. */
function counting(tx: Tx): { tx: Tx; asked: () => number } {
  let asked = 0
  const counted: Tx = {
    ...tx,
    get(sql, values) {
      asked += 1
      return tx.get(sql, values)
    },
    all(sql, values) {
      asked += 1
      return tx.all(sql, values)
    },
  }
  return { tx: counted, asked: () => asked }
}

test('repeats of many alerts need no more queries than repeats of a few, also after a reload removed a queue', async () => {
  const recent = new DedupCache()
  const database = new SqliteDatabase(':memory:', (committed) =>
    committed ? recent.commit() : recent.rollback(),
  )
  let requests = 0
  const accept = (count: number, queues: readonly string[]): Promise<number> =>
    database.write(async (tx) => {
      requests += 1
      const alerts = Array.from({ length: count }, (_, index) => alert(`f${index}`, { queues }))
      const request = acceptRequest(alerts, { now: new Date(requests), key: `k${requests}` })
      const counted = counting(tx)
      await acceptAll(counted.tx, [request], { recent, reasonToSuppress })
      return counted.asked()
    })
  const [before, now] = [
    ['robot:a', 'robot:b', 'robot:gone'],
    ['robot:a', 'robot:b'],
  ] as const
  await accept(500, before)
  assert.equal(await accept(500, before), await accept(5, before))
  assert.equal(await accept(500, now), await accept(5, now))
  database.close()
})
