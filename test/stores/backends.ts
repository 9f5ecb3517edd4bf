import { join } from 'node:path'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { openSqlite } from '../../src/stores/sqlite/client.ts'
import type { Store } from '../../src/stores/store.ts'
import { temporaryFolder } from '../support/receiver.ts'
import type { Backend } from './conformance/harness.ts'

/** A backend whose stores are empty at first; the same function opens a store again. */
export function backendOf(
  { name, reopens = true }: { name: string; reopens?: boolean },
  made: () => { open: () => Promise<Store>; dispose?: () => void },
): Backend {
  return {
    name,
    reopens,
    async open() {
      const { open, dispose } = made()
      let store = await open()
      return {
        store,
        async reopen() {
          if (!reopens) return store
          await store.close()
          store = await open()
          return store
        },
        async close() {
          await store.close()
          dispose?.()
        },
      }
    },
  }
}

export const SQLITE_IN_MEMORY: Backend = backendOf(
  { name: 'SQLite in memory', reopens: false },
  () => ({ open: () => openSqlite({ path: ':memory:', reasonToSuppress, thread: false }) }),
)

export function sqliteFile({ thread }: { thread: boolean }): Backend {
  return backendOf({ name: `a SQLite file ${thread ? 'in the worker' : 'in this thread'}` }, () => {
    const folder = temporaryFolder()
    const path = join(folder.path, 'deep', 'er', 'x.db')
    return {
      open: () => openSqlite({ path, reasonToSuppress, thread }),
      dispose: () => folder[Symbol.dispose](),
    }
  })
}
