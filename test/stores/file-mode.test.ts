import assert from 'node:assert/strict'
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import type { Notice } from '../../src/stores/multi-process.ts'
import { openSqlite } from '../../src/stores/sqlite/client.ts'
import { restrictToOwner } from '../../src/stores/sqlite/file-mode.ts'
import { temporaryFolder } from '../support/receiver.ts'

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

describe('the files of an existing store', () => {
  for (const thread of [false, true])
    test(`are readable by their owner only once it is open ${thread ? 'in a worker' : 'in this thread'}`, async () => {
      using folder = temporaryFolder()
      const path = join(folder.path, 'receiver.db')
      const notices: Notice[] = []
      const options = {
        path,
        reasonToSuppress,
        thread,
        notice: (notice: Notice) => void notices.push(notice),
      }
      await (await openSqlite(options)).close()
      chmodSync(path, 0o644)
      const store = await openSqlite(options)
      try {
        assert.equal(modeOf(path), '600')
        if (existsSync(`${path}-wal`)) assert.equal(modeOf(`${path}-wal`), '600')
        assert.deepEqual(notices, [])
      } finally {
        await store.close()
      }
    })

  test('are restricted together with SQLite’s own files', () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'receiver.db')
    for (const suffix of ['', '-wal', '-shm']) {
      writeFileSync(`${path}${suffix}`, '')
      chmodSync(`${path}${suffix}`, 0o664)
    }
    assert.deepEqual(restrictToOwner(path), [])
    for (const suffix of ['', '-wal', '-shm']) assert.equal(modeOf(`${path}${suffix}`), '600')
  })

  test('are reported if their mode cannot be changed', () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'receiver.db')
    writeFileSync(path, '')
    chmodSync(path, 0o644)
    const refuse = (): never => {
      throw Object.assign(new Error('not the owner'), { code: 'EPERM' })
    }
    assert.deepEqual(restrictToOwner(path, refuse), [{ path, mode: '0644', why: 'EPERM' }])
    const ignored = restrictToOwner(path, () => undefined)
    assert.deepEqual(ignored, [{ path, mode: '0644', why: 'the file system keeps it' }])
  })

  test('stay unchanged if they are not a store', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'letter.txt')
    writeFileSync(path, 'This is not a database, but somebody needs to read it. '.repeat(20))
    chmodSync(path, 0o644)
    await assert.rejects(openSqlite({ path, reasonToSuppress, thread: false }))
    assert.equal(modeOf(path), '644')
  })
})
