import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { SandboxMessage } from '../../src/sandbox/group.ts'
import { Random } from '../simulation/random.ts'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

/**
 * A real receiver under a storm, killed with -9 at random moments and restarted; every alert is accounted for as in the
 * simulation, from DingTalk's side. Each alert fires, and is resolved once the firing was accepted.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    senders: { type: 'string', default: '6' },
  },
})
const kills = Number(values.kills)
const random = new Random(Number(values.seed))
/** One robot for each channel, so that many messages are in flight at a kill. */
const ROBOTS = 12
const LIMITS = { messages: 20, perMs: 2_000, penaltyMs: 4_000 }

interface ListedAlert {
  id: string
  state: string
  status: string
  message_ids: string[]
  variables: { instance: string }
}

using folder = temporaryFolder()
const names = Array.from({ length: ROBOTS }, (_, index) => `ops-${index}`)
await using dingtalk = await startStandIn({
  robots: Object.fromEntries(names.map((name) => [name, { limits: LIMITS }])),
})
// Slow replies, so that many kills fall between a request and its reply.
for (let call = 0; call < 100_000; call += 1) dingtalk.script({ kind: 'delay', ms: 60 })
const robots = names.map(
  (name) =>
    `  ${name}: { webhook: "${dingtalk.url(name)}", timeout: 2s, limits: { messages: 20, per: 2s, penalty: 4s } }`,
)
const channels = names.map((name) => `  ${name}: { robots: [${name}] }`)
const config = `robots:\n${robots.join('\n')}\nchannels:\n${channels.join('\n')}\n`
await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
await receiver.start()

const state = { sending: true, next: 0, attempted: 0 }
const acknowledged = new Set<string>()

/** Like Alertmanager: retries until it is accepted. */
async function post(number: number, status: 'firing' | 'resolved'): Promise<void> {
  const instance = `db-${number}`
  const severity = number % 10 === 0 ? 'critical' : 'warning'
  const labels = { alertname: `Rule${number % 5}`, severity, instance }
  const body = {
    groupKey: instance,
    alerts: [{ status, labels, startsAt: '2026-11-24T03:00:00Z' }],
  }
  state.attempted += 1
  for (;;) {
    const reply = await receiver
      .post(`/alertmanager/${names[number % ROBOTS]}`, body)
      .catch(() => undefined)
    if (reply?.status === 200) break
    await sleep(20)
  }
  acknowledged.add(`${instance} ${status}`)
}

async function sender(): Promise<void> {
  while (state.sending) {
    const number = state.next
    state.next += 1
    await post(number, 'firing')
    await sleep(random.below(800))
    await post(number, 'resolved')
    await sleep(random.below(600))
  }
}

/** The group forgets its oldest. */
const shownSoFar = new Set<SandboxMessage>()
function collect(): void {
  for (const each of dingtalk.shown()) shownSoFar.add(each)
}

const senders = Array.from({ length: Number(values.senders) }, sender)
const began = Date.now()
for (let kill = 1; kill <= kills; kill += 1) {
  await sleep(random.below(1_000))
  await receiver.end('SIGKILL')
  await receiver.start()
  collect()
  if (kill % 20 === 0) process.stderr.write(`${kill} of ${kills} kills\n`)
}
state.sending = false
await Promise.all(senders)
await until(
  'every alert is delivered',
  async () => {
    const open = await Promise.all(
      ['pending', 'sending'].map((each) =>
        receiver.json<{ alerts: unknown[] }>(`/api/v1/alerts?limit=1&state=${each}`),
      ),
    )
    return open.every(({ alerts }) => alerts.length === 0)
  },
  120_000,
)

const alerts: ListedAlert[] = []
for (let before: string | null = ''; before !== null; ) {
  const page: { alerts: ListedAlert[]; next: string | null } = await receiver.json(
    `/api/v1/alerts?limit=1000${before === '' ? '' : `&before=${before}`}`,
  )
  alerts.push(...page.alerts)
  before = page.next
}

collect()
const shown = [...shownSoFar].sort((a, b) => a.at.getTime() - b.at.getTime())
const delivered = new Set<string>()
const newest = new Map<string, number>()
const counts = { unexpected: 0, deliveredTwice: 0, outOfOrder: 0, overTheLimit: 0, sentAgain: 0 }
for (const { uuid } of shown) {
  const reply = await receiver.get(`/api/v1/messages/${uuid}`)
  if (reply.status !== 200) {
    counts.unexpected += 1
    continue
  }
  const message = (await reply.json()) as { alerts: ListedAlert[] }
  for (const { id, variables, status } of message.alerts) {
    if (delivered.has(id)) counts.deliveredTwice += 1
    delivered.add(id)
    delivered.add(`${variables.instance} ${status}`)
  }
  for (const { id, variables } of message.alerts) {
    const before = newest.get(variables.instance) ?? 0
    const inThis = message.alerts.filter((each) => each.variables.instance === variables.instance)
    const last = Math.max(...inThis.map((each) => Number(each.id)))
    if (Number(id) === last && last < before) counts.outOfOrder += 1
    newest.set(variables.instance, Math.max(before, last))
  }
}
const suppressed = new Set(
  alerts
    .filter((each) => each.state === 'suppressed')
    .map((each) => `${each.variables.instance} ${each.status}`),
)
const lost = [...acknowledged].filter((news) => !delivered.has(news) && !suppressed.has(news))
for (const { token, at } of dingtalk.received) {
  const inWindow = dingtalk.received.filter((each) => {
    const afterMs = each.at.getTime() - at.getTime()
    return each.token === token && afterMs >= 0 && afterMs < LIMITS.perMs
  })
  if (inWindow.length > LIMITS.messages) counts.overTheLimit += 1
}
const bodies = dingtalk.received.map(
  ({ body }) => (JSON.parse(body) as { msgUuid: string }).msgUuid,
)
counts.sentAgain = bodies.length - new Set(bodies).size

const rows: [string, number][] = [
  ['kills', kills],
  ['attempted', state.attempted],
  ['acknowledged', acknowledged.size],
  ['delivered', [...acknowledged].filter((news) => delivered.has(news)).length],
  [
    'suppressed',
    [...acknowledged].filter((news) => !delivered.has(news) && suppressed.has(news)).length,
  ],
  ['dead', alerts.filter((each) => each.state === 'dead').length],
  ['lost', lost.length],
  ['unexpected', counts.unexpected],
  [
    'duplicated',
    counts.deliveredTwice + shown.length - new Set(shown.map((each) => each.uuid)).size,
  ],
  ['outOfOrder', counts.outOfOrder],
  ['overTheLimit', counts.overTheLimit],
  ['calls', dingtalk.received.length],
  ['messages', shown.length],
  ['sent again, and dropped by DingTalk', counts.sentAgain],
]
process.stdout.write(`${((Date.now() - began) / 1000).toFixed(0)} s\n\n`)
for (const [name, value] of rows)
  process.stdout.write(`${name.padEnd(38)}${String(value).padStart(7)}\n`)
const wrong = lost.length + counts.unexpected + counts.deliveredTwice + counts.outOfOrder
if (wrong + counts.overTheLimit > 0) {
  process.stdout.write(`\nlost: ${lost.slice(0, 20).join(', ')}\n`)
  process.exitCode = 1
}
