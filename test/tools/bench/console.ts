import { join } from 'node:path'
import { reasonToSuppress } from '../../../src/decisions/aggregate.ts'
import type { IncomingAlert } from '../../../src/stores/incoming.ts'
import { inThisThread } from '../../../src/stores/sqlite/client.ts'
import { openSqliteStore } from '../../../src/stores/sqlite/store.ts'
import type { NewMessage, Store } from '../../../src/stores/store.ts'
import { freePort, Receiver, temporaryFolder } from '../../support/receiver.ts'
import { acceptRequest, incomingAlert } from '../../support/requests.ts'
import { argument, type Build, type Row } from './builds.ts'

const MESSAGES = Number(argument('--messages') ?? 100_000)
const ALERTS = Number(argument('--alerts') ?? 1_000_000)
const TIMES = 25
const BATCH_SIZE = 100
const SUPPRESSED_SHARE = 0.2
const MAX_MS = 200

const RULES = ['DataDiskFull', 'TenantCpuHigh', 'SlowSql', 'BackupLate', 'OBServerDown']
const DAY_MS = 86_400_000

/** Fills a store through its verbs with a day and a half of alerts. */
async function fill(path: string): Promise<void> {
  const opened = await openSqliteStore({ path, reasonToSuppress })
  const store = inThisThread(opened)
  // Durability is not needed here, and a flush for each message would take an hour.
  await opened.database.read((tx) => tx.get('PRAGMA synchronous = OFF'))
  const end = Date.now()
  const requests = Math.ceil(ALERTS / BATCH_SIZE)
  const perRequest = Math.max(1, Math.round(MESSAGES / requests))
  const stepMs = (1.5 * DAY_MS) / requests
  let serial = 0
  for (let request = 0; request < requests; request += 1) {
    const now = new Date(end - (requests - request) * stepMs)
    const alerts = Array.from({ length: BATCH_SIZE }, (_, position) => alertOf(serial++, position))
    const body = payloadOf(alerts)
    await store.accept(
      acceptRequest(alerts, { now, source: 'alertmanager', key: `r${request}`, body }),
    )
    for (const queue of ['robot:lab-1', 'robot:lab-2'])
      await deliver(store, { queue, now, perRequest })
  }
  await store.close()
}

function alertOf(serial: number, position: number): IncomingAlert {
  const second = serial % 3 === 0
  return incomingAlert(serial.toString(16).padStart(16, '0'), {
    position,
    channel: second ? 'dba' : 'ops',
    queues: [second ? 'robot:lab-2' : 'robot:lab-1'],
    status: serial % 7 === 0 ? 'resolved' : 'firing',
    level: ((serial % 5) + 1) as IncomingAlert['level'],
    name: RULES[serial % RULES.length] as string,
    cluster: `ob-${serial % 20}`,
    everyMs: 0,
    ...(serial % (1 / SUPPRESSED_SHARE) === 0 ? { suppressed: 'resolved_off' } : {}),
  })
}

function payloadOf(alerts: readonly IncomingAlert[]): string {
  return JSON.stringify({
    version: '4',
    alerts: alerts.map((alert) => ({
      status: alert.status,
      labels: {
        alertname: alert.name,
        severity: 'warning',
        ob_cluster_name: alert.cluster,
        instance: `10.0.${alert.level}.${alert.position}:2882`,
        serial: alert.fingerprint,
      },
      annotations: { summary: `使用率超过阈值 ${alert.fingerprint}` },
      startsAt: '2026-11-24T03:00:00.123Z',
      fingerprint: alert.fingerprint,
    })),
  })
}

/** Delivers a queue's alerts in `perRequest` messages; one in a thousand is dead. */
async function deliver(
  store: Store,
  { queue, now, perRequest }: { queue: string; now: Date; perRequest: number },
): Promise<void> {
  const key = queue.replace('robot:', 'key-')
  const robot = queue.replace('robot:', '')
  const { channels } = await store.backlog({
    robot: { name: robot, key, address: 'direct' },
    queues: [queue],
    peers: [],
    now,
    callsSince: now,
    hourStart: now,
    dayStart: now,
    month: '2026-11',
    preview: BATCH_SIZE,
  })
  const [waiting] = channels
  if (waiting === undefined) return
  const share = Math.max(1, Math.ceil((waiting.alerts.length * 2) / perRequest))
  await store.lease({ robot, owner: 'bench', now, until: new Date(now.getTime() + 60_000) })
  for (let from = 0; from < waiting.alerts.length; from += share) {
    const ids = waiting.alerts.slice(from, from + share).map((alert) => alert.id)
    counts.messages += 1
    const claimed = await store.claim({
      now,
      message: messageOf({ robot, queue, channel: waiting.channel, count: ids.length }),
      alerts: { kind: 'some', ids },
      call: {
        ...{ key, address: 'direct', since: now, maxCalls: 1e9, until: now },
        ...{ month: '2026-11', owner: 'bench' },
      },
    })
    if (claimed === undefined) throw new Error('the store did not take a message')
    const dies = counts.messages % 1_000 === 0
    await store.settle({
      now: new Date(now.getTime() + 100),
      id: claimed.id,
      call: claimed.call,
      attempt: {
        outcome: dies ? { kind: 'rejected', reason: 'token' } : { kind: 'delivered' },
        result: dies ? 'token' : 'ok',
        httpStatus: 200,
        errcode: dies ? 300005 : 0,
        errmsg: dies ? 'token is not exist' : 'ok',
        explanation: dies
          ? 'DingTalk does not know this access token.'
          : 'DingTalk accepted the message.',
        durationMs: 80,
      },
      at: now,
      next: dies
        ? { kind: 'dead', reason: 'DingTalk does not know this token.' }
        : { kind: 'sent' },
      reached: true,
      robot: { key, failures: 0 },
      pause: undefined,
    })
  }
}

function messageOf({
  robot,
  queue,
  channel,
  count,
}: {
  robot: string
  queue: string
  channel: string
  count: number
}): NewMessage {
  const title = `[Alert] ${count} alerts`
  const text = `### ${title}\n\n${Array.from({ length: count }, (_, index) => `- ${RULES[index % 5]} ob_cluster=ob-${index}:host=10.0.0.${index} 使用率超过阈值`).join('\n')}`
  return {
    uuid: `bench-${counts.messages}`,
    robot,
    robotKey: robot,
    queue,
    channel,
    kind: 'group',
    title,
    text,
    body: JSON.stringify({
      msgtype: 'markdown',
      markdown: { title, text },
      at: { atMobiles: [], atUserIds: [], isAtAll: false },
    }),
    alertCount: count,
    level: 3,
    storm: false,
  }
}

const counts = { messages: 0 }

const CONFIG = `
store: sqlite:bench.db
retention: 30d
robots:
  lab-1: { webhook: sandbox }
  lab-2: { webhook: sandbox }
channels:
  ops: { robots: [lab-1] }
  dba: { robots: [lab-2], push_limits: { hour: 100, day: 100000 } }
`

async function measure(receiver: Receiver, path: string): Promise<number[]> {
  const times: number[] = []
  for (let time = 0; time < TIMES; time += 1) {
    // Longer than the cache that concurrent viewers of the overview share.
    await new Promise((resolve) =>
      setTimeout(resolve, path === '/' || path.startsWith('/?') ? 550 : 5),
    )
    const began = performance.now()
    const response = await receiver.get(path)
    await response.text()
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    times.push(performance.now() - began)
  }
  return times
}

async function pathsOf(receiver: Receiver): Promise<[string, string][]> {
  const { messages } = await receiver.json<{ messages: { id: string }[] }>('/api/v1/messages')
  const middle = Math.round(Number(messages[0]?.id) / 2)
  const old = Math.round(ALERTS / 4)
  const at = (ago: number): string => new Date(Date.now() - ago).toISOString()
  const range = `from=${at(1.2 * DAY_MS)}&to=${at(0.2 * DAY_MS)}`
  return [
    ['overview', '/'],
    ['overview, 24 hours', '/?range=24h'],
    ['overview, 7 days', '/?range=7d'],
    ['messages', '/messages'],
    ['messages, far back', `/messages?before=${middle}`],
    ['messages of a channel', '/messages?channel=dba'],
    ['messages, dead', '/messages?state=dead'],
    ['messages, dead of a channel', '/messages?state=dead&channel=dba'],
    ['messages, sending', '/messages?state=sending'],
    ['messages, a text', '/messages?q=DataDiskFull'],
    ['messages, a text nowhere', '/messages?q=nowhere'],
    ['messages of a day', `/messages?${range}`],
    ['messages, Down', '/messages?level=1'],
    ['one message', `/messages/${messages[0]?.id}`],
    ['one message, by its key', `/messages/bench-${middle}`],
    ['alerts', '/alerts'],
    ['alerts, far back', `/alerts?before=${old}`],
    ['alerts of a channel', '/alerts?channel=dba'],
    ['alerts, suppressed', '/alerts?state=suppressed'],
    ['alerts, dead', '/alerts?state=dead'],
    ['alerts, waiting', '/alerts?state=pending'],
    ['alerts, a name', '/alerts?q=SlowSql'],
    ['alerts, a label', '/alerts?q=ob_cluster_name%3Dob-7+instance%3D10.0.3'],
    ['alerts, a word nowhere', '/alerts?q=nowhere'],
    ['alerts of a day', `/alerts?${range}`],
    ['alerts by level', '/alerts?level=1,2&status=firing&sort=level'],
    [
      'alerts, matchers',
      `/alerts?q=${encodeURIComponent('instance=~"10\\.0\\.3.*", ob_cluster_name="ob-7"')}`,
    ],
    ['alerts, a matcher nowhere', `/alerts?q=${encodeURIComponent('instance="nowhere"')}`],
    ['one alert', `/alerts/${ALERTS - 5}`],
    ['one alert, far back', `/alerts/${old}`],
    ['one robot', '/robots/lab-1'],
    ['one channel', '/channels/dba'],
    ['playground', '/playground'],
    ['sandbox', '/sandbox'],
    ['set-up', '/setup'],
  ]
}

/** Measures each page with 100,000 messages and a million alerts, for this build only. */
export async function consolePages(builds: readonly Build[]): Promise<Row[]> {
  using folder = temporaryFolder()
  await fill(join(folder.path, 'bench.db'))
  await using receiver = await new Receiver({
    folder: folder.path,
    port: await freePort(),
    config: CONFIG,
  }).start()
  const rows: Row[] = []
  for (const [name, path] of await pathsOf(receiver)) {
    rows.push({
      measure: `page: ${name}`,
      wanted: `at most ${MAX_MS} ms`,
      show: (ms) => `${ms.toFixed(1)} ms`,
      values: [await measure(receiver, path), ...builds.slice(1).map(() => [])],
    })
  }
  const note = `with ${ALERTS} alerts and ${counts.messages} messages, ${TIMES} times each`
  return rows.map((row, index) => (index === rows.length - 1 ? { ...row, note } : row))
}
