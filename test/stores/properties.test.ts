import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { openPostgres } from '../../src/stores/postgres/open.ts'
import { openSqlite } from '../../src/stores/sqlite/client.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { temporaryFolder } from '../support/receiver.ts'
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

describe('a random sequence of verbs leaves each alert where the model has it', () => {
  test('on SQLite in memory', () =>
    playAll(
      {
        name: 'SQLite in memory',
        reopens: false,
        async open() {
          const store = await openSqlite({ path: ':memory:', reasonToSuppress, thread: false })
          return { store, reopen: async () => store, close: () => store.close() }
        },
      },
      200,
    ))

  test('on a SQLite file that is opened again', () =>
    playAll(
      {
        name: 'a SQLite file',
        reopens: true,
        async open() {
          const folder = temporaryFolder()
          const options = { path: join(folder.path, 'x.db'), reasonToSuppress, thread: false }
          let store = await openSqlite(options)
          return {
            store,
            async reopen() {
              await store.close()
              store = await openSqlite(options)
              return store
            },
            async close() {
              await store.close()
              folder[Symbol.dispose]()
            },
          }
        },
      },
      30,
    ))

  describe('on PostgreSQL', needsPostgres(), () => {
    let postgres: Postgres
    before(async () => {
      postgres = await Postgres.start()
    })
    after(() => postgres[Symbol.asyncDispose]())

    test('with a few sequences', () => {
      let schemas = 0
      return playAll(
        {
          name: 'PostgreSQL',
          reopens: true,
          async open() {
            schemas += 1
            const options = {
              ...{ url: postgres.url, schema: `p${schemas}`, reasonToSuppress, clock: realClock },
            }
            let store = await openPostgres(options)
            return {
              store,
              async reopen() {
                await store.close()
                store = await openPostgres(options)
                return store
              },
              close: () => store.close(),
            }
          },
        },
        6,
      )
    })
  })
})
