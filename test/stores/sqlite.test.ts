import { join } from 'node:path'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { openSqlite } from '../../src/stores/sqlite/client.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { conformance } from './conformance/index.ts'

conformance({
  name: 'SQLite in memory',
  reopens: false,
  async open() {
    const store = await openSqlite({ path: ':memory:', reasonToSuppress, thread: false })
    return { store, reopen: async () => store, close: () => store.close() }
  },
})

for (const thread of [false, true])
  conformance({
    name: `a SQLite file ${thread ? 'in the worker' : 'in this thread'}`,
    reopens: true,
    async open() {
      const folder = temporaryFolder()
      const path = join(folder.path, 'deep', 'er', 'x.db')
      const options = { path, reasonToSuppress, thread }
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
  })
