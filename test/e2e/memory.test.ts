import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { openSqlite } from '../../src/stores/sqlite/client.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

const MIB = 1024 * 1024

/** The container's limit in deploy/, less the system's overhead. */
const MAX_RESIDENT_MIB = 480

const DOCKERFILE = new URL('../../deploy/Dockerfile', import.meta.url)
const IMAGE = readFileSync(DOCKERFILE, 'utf8')
const NODE_OPTIONS = /^ENV NODE_OPTIONS="(.*)"$/m.exec(IMAGE)?.[1]
/** How glibc returns memory. */
const MALLOC = Object.fromEntries(
  [...IMAGE.matchAll(/\b(MALLOC_[A-Z_]+)=(\d+)/g)].map(([, name, value]) => [name, value]),
)

/** The build: the sources need 45 MiB more for stripping types. */
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

const CONFIG = `store: sqlite:store.db
robots: { ops-1: { webhook: sandbox } }
channels: { ops: { robots: [ops-1], aggregate: false } }
`

/** A body with one alert whose text has this size. */
function large(name: string, bytes: number, text = 'x'): string {
  const summary = text.repeat(bytes / Buffer.byteLength(text))
  const labels = { alertname: name, severity: 'critical' }
  return JSON.stringify({ groupKey: name, alerts: [{ labels, annotations: { summary } }] })
}

/** A body with the maximum number of alerts. */
function crowded(): string {
  const alerts = Array.from({ length: 39_000 }, (_, index) => ({
    status: 'firing',
    labels: { alertname: 'Crowd', instance: `db-${index}` },
    annotations: { summary: 'the disk is filling up, please look at it' },
    startsAt: '2026-11-24T03:00:00Z',
  }))
  return JSON.stringify({ alerts })
}

async function started(folder: string): Promise<Receiver> {
  assert.ok(NODE_OPTIONS, 'the image limits the heap')
  const env = { NODE_OPTIONS, ...MALLOC }
  const command = [process.execPath, MAIN]
  return new Receiver({ folder, port: await freePort(), config: CONFIG, env, command }).start()
}

/** The peak memory of a process. */
function mostResidentMib({ child }: Receiver): number {
  const status = readFileSync(`/proc/${child?.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024
}

function assertSmall(receiver: Receiver): void {
  const resident = mostResidentMib(receiver)
  assert.ok(resident < MAX_RESIDENT_MIB, `${Math.round(resident)} MiB`)
}

interface Listed {
  state: string
  alert_count: number
}

async function delivered(receiver: Receiver, alerts: number): Promise<void> {
  await until(
    `${alerts} alerts delivered`,
    async () => {
      assert.equal(receiver.child?.exitCode, null, receiver.output.slice(-2_000))
      const { messages } = await receiver.json<{ messages: Listed[] }>('/api/v1/messages')
      const sent = messages.filter(({ state }) => state === 'sent')
      return sent.reduce((sum, each) => sum + each.alert_count, 0) >= alerts
    },
    60_000,
  )
}

const skip = !existsSync('/proc/self/status')
  ? 'needs /proc, which only Linux has'
  : !existsSync(MAIN) && 'needs what `npm run build` makes'

describe('a receiver with the memory limit of deploy/', { skip }, () => {
  test('accepts many of the largest bodies at once, compressed or not, and delivers them', async () => {
    using folder = temporaryFolder()
    await using receiver = await started(folder.path)
    const posts = [
      receiver.post('/alertmanager/ops', large('A', 14.7 * MIB)),
      receiver.post('/alertmanager/ops', large('B', 14.7 * MIB, '告警')),
      receiver.post('/alertmanager/ops', crowded()),
      ...['C', 'D'].map((name) =>
        fetch(`${receiver.url}/alertmanager/ops`, {
          method: 'POST',
          headers: { 'Content-Encoding': 'gzip' },
          body: new Uint8Array(gzipSync(large(name, 19 * MIB))),
        }),
      ),
    ]
    const replies = await Promise.all(posts)
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 200, 200, 200, 200],
    )
    await delivered(receiver, 39_004)
    assertSmall(receiver)
  })

  test('delivers a backlog of hundreds of megabytes, and lists it page by page', async () => {
    using folder = temporaryFolder()
    const count = 14
    await fill(folder.path, count)
    await using receiver = await started(folder.path)
    await delivered(receiver, count)
    let listed = 0
    let before = ''
    do {
      const page = await receiver.json<{ alerts: { variables: object }[]; next: string | null }>(
        `/api/v1/alerts?limit=1000${before}`,
      )
      assert.ok(page.alerts.length > 0 && page.alerts.length < count, `${page.alerts.length}`)
      for (const { variables } of page.alerts) assert.ok('alertname' in variables)
      listed += page.alerts.length
      before = page.next === null ? '' : `&before=${page.next}`
    } while (before !== '')
    assert.equal(listed, count)
    assert.equal((await receiver.get('/alerts')).status, 200)
    const payload = large('P', 0.9 * MIB)
    const preview = await receiver.post('/api/v1/preview', { channel: 'ops', payload })
    assert.equal(preview.status, 200)
    assertSmall(receiver)
  })
})

/** Creates a store with a backlog of alerts with large payloads. */
async function fill(folder: string, count: number): Promise<void> {
  const path = join(folder, 'store.db')
  const store = await openSqlite({ path, reasonToSuppress, thread: false })
  for (let index = 0; index < count; index += 1) {
    const name = `A${index}`
    const alert = {
      position: 0,
      channel: 'ops',
      queues: ['robot:ops-1'],
      status: 'firing',
    } as const
    await store.accept({
      now: new Date(),
      source: 'alertmanager',
      key: name,
      dedupWindowMs: 0,
      body: large(name, 18 * MIB),
      alerts: [
        { ...alert, fingerprint: name, level: 2, name, cluster: '', group: name, everyMs: 0 },
      ],
    })
  }
  await store.close()
}
