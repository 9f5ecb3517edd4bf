import { after, before, describe } from 'node:test'
import { realClock } from '../../src/clock.ts'
import { openPostgres } from '../../src/stores/postgres/store.ts'
import { needsPostgres, Postgres } from '../support/postgres.ts'
import { conformance } from './conformance.ts'

describe('PostgreSQL', needsPostgres(), () => {
  let postgres: Postgres
  let schemas = 0
  before(async () => {
    postgres = await Postgres.start()
  })
  after(() => postgres[Symbol.asyncDispose]())

  conformance('PostgreSQL', async (reasonToSuppress) => {
    schemas += 1
    const options = {
      url: postgres.url,
      schema: `s${schemas}`,
      reasonToSuppress,
      clock: realClock,
    }
    let store = await openPostgres(options)
    return {
      store,
      reopen: async () => {
        await store.close()
        store = await openPostgres(options)
        return store
      },
      close: () => store.close(),
    }
  })
})
