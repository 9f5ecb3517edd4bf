import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { openSqliteStore } from '../../src/stores/sqlite/store.ts'
import { type StandIn, startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, runCommand, temporaryFolder, until } from '../support/receiver.ts'
import { failing, needsMount, needsStrace, SmallDisk } from './disk.ts'

const configFor = (dingtalk: StandIn): string =>
  `robots: { ops-1: { webhook: "${dingtalk.url('t')}", limits: { messages: 20, per: 2s, penalty: 4s } } }
channels: { ops: { robots: [ops-1], aggregate: false } }
`

/** Posts alerts until one is refused; returns the accepted instances and the refusal. */
async function postUntilRefused(
  receiver: Receiver,
  { most, length }: { most: number; length: number },
): Promise<{ taken: string[]; refusal: Response | undefined }> {
  const taken: string[] = []
  for (let index = 0; index < most; index += 1) {
    const reply = await post(receiver, `db-${index}`, length)
    if (reply.status !== 200) return { taken, refusal: reply }
    taken.push(`db-${index}`)
  }
  return { taken, refusal: undefined }
}

function post(receiver: Receiver, instance: string, length = 10): Promise<Response> {
  const annotations = { description: 'd'.repeat(length) }
  const alerts = [{ status: 'firing', labels: { alertname: 'A', instance }, annotations }]
  return receiver.post('/alertmanager/ops', { groupKey: instance, alerts })
}

/** Waits until all of these alerts are delivered. */
async function mustBeTold(receiver: Receiver, instances: readonly string[]): Promise<void> {
  type Listed = { alerts: { state: string; variables: { instance: string } }[] }
  await until(
    'everything is delivered',
    async () => {
      const { alerts } = await receiver.json<Listed>('/api/v1/alerts?limit=1000')
      const delivered = new Set(
        alerts.filter((each) => each.state === 'sent').map((each) => each.variables.instance),
      )
      return instances.every((each) => delivered.has(each))
    },
    60_000,
  )
}

describe('the disk', () => {
  test(
    'D01 full: senders get 503, no accepted alert is lost, and it recovers by itself',
    needsMount(),
    async () => {
      using folder = temporaryFolder()
      using disk = new SmallDisk(join(folder.path, 'data'), 64)
      await using dingtalk = await startStandIn()
      await using receiver = new Receiver({
        folder: folder.path,
        port: await freePort(),
        config: configFor(dingtalk),
      })
      await receiver.start()
      assert.equal((await post(receiver, 'first')).status, 200)
      disk.fill()
      const { taken, refusal } = await postUntilRefused(receiver, { most: 200, length: 20_000 })
      assert.equal(refusal?.status, 503)
      assert.ok(Number(refusal?.headers.get('retry-after')) > 0)
      assert.match((await refusal?.text()) ?? '', /full/)
      assert.equal((await receiver.get('/-/healthy')).status, 200)
      disk.free()
      await until(
        'it takes alerts again',
        async () => (await post(receiver, 'last')).status === 200,
      )
      await mustBeTold(receiver, ['first', ...taken, 'last'])
    },
  )

  test(
    'D02 full between the post and its record: no second post, and it counts as sent when there is room',
    needsMount(),
    async () => {
      using folder = temporaryFolder()
      using disk = new SmallDisk(join(folder.path, 'data'), 64)
      await using dingtalk = await startStandIn()
      dingtalk.script({ kind: 'delay', ms: 500 })
      await using receiver = new Receiver({
        folder: folder.path,
        port: await freePort(),
        config: configFor(dingtalk),
      })
      await receiver.start()
      assert.equal((await post(receiver, 'one')).status, 200)
      await dingtalk.arrived(1)
      disk.fill()
      await until('the record fails', () => receiver.output.includes('"doing":"settle"'))
      assert.equal(dingtalk.received.length, 1)
      disk.free()
      await mustBeTold(receiver, ['one'])
      assert.equal(dingtalk.received.length, 1)
    },
  )

  test(
    'D03 read-only at a start: says so, with the path, and ends with 1',
    needsMount(),
    async () => {
      using folder = temporaryFolder()
      using disk = new SmallDisk(join(folder.path, 'data'), 1)
      disk.readOnly()
      const ran = await runCommand(['serve', '--listen', `127.0.0.1:${await freePort()}`], {
        cwd: folder.path,
      })
      assert.equal(ran.code, 1)
      assert.match(ran.stderr, /data\/receiver\.db.*(?:read-only|unable to open|EROFS)/i)
      assert.doesNotMatch(ran.stderr, /\n\s+at /)
    },
  )

  for (const [id, words, rule] of [
    ['D14', 'that fails to flush', { calls: 'fsync,fdatasync', error: 'EIO' }],
    ['D03', 'that turns read-only', { calls: 'pwrite64,write', error: 'EROFS' }],
  ] as const)
    test(
      `${id} ${words} while it runs: no 200 without durability, and it recovers afterwards`,
      needsStrace(),
      async () => {
        using folder = temporaryFolder()
        await using dingtalk = await startStandIn()
        await using receiver = new Receiver({
          folder: folder.path,
          port: await freePort(),
          config: configFor(dingtalk),
        })
        await receiver.start()
        assert.equal((await post(receiver, 'before')).status, 200)
        await mustBeTold(receiver, ['before'])
        const onDisk = id === 'D14' ? rule : { ...rule, calls: 'pwrite64' }
        {
          await using _ = await failing(receiver.child?.pid as number, onDisk)
          assert.equal((await post(receiver, 'during')).status, 503)
        }
        assert.equal((await post(receiver, 'after')).status, 200)
        await mustBeTold(receiver, ['before', 'after'])
        await receiver.end('SIGKILL')
        await receiver.start()
        await mustBeTold(receiver, ['before', 'after'])
      },
    )
})

describe('the file', () => {
  const FILE = ['data', 'receiver.db']

  /** The output and the exit code of a start with a file. */
  async function startOn(prepare: (file: string) => void): Promise<string> {
    using folder = temporaryFolder()
    mkdirSync(join(folder.path, 'data'))
    prepare(join(folder.path, ...FILE))
    const ran = await runCommand(['serve', '--listen', `127.0.0.1:${await freePort()}`], {
      cwd: folder.path,
    })
    assert.equal(ran.code, 1, ran.stderr)
    assert.match(ran.stderr, /receiver\.db/)
    assert.doesNotMatch(ran.stderr, /\n\s+at /)
    return ran.stderr
  }

  test('D04 that is not a store is left unchanged, and the start says what to do', async () => {
    const text = 'not a database, though it may look like one. '.repeat(100)
    assert.match(
      await startOn((file) => writeFileSync(file, text)),
      /damaged or not a SQLite file.*move it away/,
    )
  })

  test('D05 with a damaged page is reported by the start or by the first read of it', async () => {
    using folder = temporaryFolder()
    await using receiver = new Receiver({ folder: folder.path, port: await freePort() })
    await receiver.start()
    for (let index = 0; index < 300; index += 1) {
      const alerts = [
        {
          labels: { alertname: 'A', instance: `db-${index}` },
          annotations: { d: 'x'.repeat(2_000) },
        },
      ]
      await receiver.post('/alertmanager/ops', { groupKey: String(index), alerts })
    }
    assert.equal(await receiver.end('SIGTERM'), 0)
    const file = join(folder.path, ...FILE)
    const descriptor = openSync(file, 'r+')
    const pages = Math.floor(statSync(file).size / 4_096)
    for (let page = 2; page < pages; page += 1)
      writeSync(descriptor, Buffer.alloc(4_096, 0x5a), 0, 4_096, page * 4_096)
    closeSync(descriptor)
    const ran = await runCommand(['serve', '--listen', `127.0.0.1:${await freePort()}`], {
      cwd: folder.path,
    })
    assert.equal(ran.code, 1)
    assert.match(ran.stderr, /damaged or not a SQLite file.*malformed/)
  })

  test('D06 whose log has a torn end is opened, and contains every accepted alert', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn()
    await using receiver = new Receiver({
      folder: folder.path,
      port: await freePort(),
      config: configFor(dingtalk),
    })
    await receiver.start()
    const { taken } = await postUntilRefused(receiver, { most: 30, length: 100 })
    await receiver.end('SIGKILL')
    const log = join(folder.path, 'data', 'receiver.db-wal')
    // Like an interrupted write: one truncated frame, and one of zeroes.
    const frame = Buffer.alloc(4_120)
    for (let index = 0; index < 600; index += 1) frame[index] = (index * 37) & 255
    appendFileSync(log, frame)
    truncateSync(log, statSync(log).size - 1_000)
    await receiver.start()
    await mustBeTold(receiver, taken)
    assert.equal(taken.length, 30)
  })

  test('D08 that another program locks for a moment is awaited', async () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'x.db')
    const store = await openSqliteStore({ path, reasonToSuppress })
    store.close()
    const hold = `const {DatabaseSync}=require('node:sqlite');const d=new DatabaseSync(${JSON.stringify(path)});d.exec('BEGIN IMMEDIATE');console.log('held');setTimeout(()=>d.close(),150)`
    const holder = spawn(process.execPath, ['-e', hold], { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = once(holder, 'exit')
    await once(holder.stdout, 'data')
    const again = await openSqliteStore({ path, reasonToSuppress })
    again.close()
    await ended
  })

  test('D09 whose folder cannot be created is named', async () => {
    using folder = temporaryFolder()
    // A file in place of the folder.
    writeFileSync(join(folder.path, 'data'), '')
    const ran = await runCommand(['serve', '--listen', `127.0.0.1:${await freePort()}`], {
      cwd: folder.path,
    })
    assert.equal(ran.code, 1)
    assert.match(
      ran.stderr,
      /cannot open the store .*data\/receiver\.db: .*is the folder there and writable\?/,
    )
    assert.doesNotMatch(ran.stderr, /\n\s+at /)
  })

  test('D13 that a newer version wrote is left unchanged', async () => {
    const newer = (file: string): void => {
      const db = new DatabaseSync(file)
      db.exec('PRAGMA user_version = 9999')
      db.close()
    }
    assert.match(await startOn(newer), /newer version of the receiver/)
  })
})
