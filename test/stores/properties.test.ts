import { after, before, describe, test } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { openPostgres } from '../../src/stores/postgres/open.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { backendOf, SQLITE_IN_MEMORY, sqliteFile } from './backends.ts'
import type { Backend } from './conformance/harness.ts'
import { Sequence } from './properties.ts'

async function playAll(backend: Backend, count: number): Promise<void> {
  for (let seed = 1; seed <= count; seed += 1)
    try {
      await new Sequence(backend, seed).play(40)
    } catch (error) {
      throw new Error(`the sequence of seed ${seed}`, { cause: error })
    }
}

describe('after a random sequence of verbs each alert is in the state that the model predicts', () => {
  test('on SQLite in memory', () => playAll(SQLITE_IN_MEMORY, 200))

  test('on a SQLite file that is opened again', () => playAll(sqliteFile({ thread: false }), 30))

  describe('on PostgreSQL', needsPostgres(), () => {
    let postgres: Postgres
    before(async () => {
      postgres = await Postgres.start()
    })
    after(() => postgres[Symbol.asyncDispose]())

    test('with a few sequences', () => {
      let schemas = 0
      const backend = backendOf({ name: 'PostgreSQL' }, () => {
        schemas += 1
        const own = { url: postgres.url, schema: `p${schemas}`, reasonToSuppress, clock: realClock }
        return { open: () => openPostgres(own) }
      })
      return playAll(backend, 6)
    })
  })
})
