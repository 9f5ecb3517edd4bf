import { setTimeout as sleep } from 'node:timers/promises'
import { type StandIn, startStandIn } from '../../support/dingtalk-stand-in.ts'
import { Postgres } from '../../support/postgres.ts'
import { freePort, Receiver, temporaryFolder, until } from '../../support/receiver.ts'

const REPLICAS = 3
const SENDERS = 8
const LIMITS = { messages: 10, perMs: 2_000, penaltyMs: 4_000 }

/** Long enough that many faults strike during a call; the group has the message nevertheless. */
const DINGTALK_TAKES_MS = 400
const POST_INTERVAL_MS = 300
const TOKENS = ['one', 'two', 'three', 'pool-1', 'pool-2'] as const
const CHANNELS = ['one', 'two', 'three', 'shared'] as const

/** Shorter than a lease, about as long as one, and longer than lease and take-over together. */
const PAUSES_MS = [300, 4_000, 13_000]
const FAULT_INTERVAL_MS = 1_200

/** The final result, from DingTalk's side and the API. */
export interface Verdict {
  kills: number
  pauses: number
  acknowledged: number
  /** Answered 200 and never delivered. */
  lost: string[]
  /** In two messages, or shown twice. */
  doubled: string[]
  /** Windows with more calls than the limit, by token. */
  overLimit: string[]
  dead: number
  messages: number
  /** POSTs of a message that the group already had; DingTalk drops them by their msgUuid. */
  repeats: number
}

/**
 * Three replicas on one database under constant load, killed with -9 and suspended with SIGSTOP at random; at least one
 * is always alive. The seed makes the order of faults reproducible.
 */
export async function playFaults(options: {
  faults: number
  seed: number
  log?: (line: string) => void
}): Promise<Verdict> {
  const random = randomFrom(options.seed)
  const log = options.log ?? (() => undefined)
  await using postgres = await Postgres.start()
  await using dingtalk = await startStandIn({
    robots: Object.fromEntries(TOKENS.map((token) => [token, { limits: LIMITS }])),
  })
  dingtalk.script(...Array(20_000).fill({ kind: 'delay', ms: DINGTALK_TAKES_MS }))
  using folder = temporaryFolder()
  const replicas: Receiver[] = []
  const config = configOf(postgres, dingtalk)
  for (let index = 0; index < REPLICAS; index += 1)
    replicas.push(new Receiver({ folder: folder.path, port: await freePort(), config }))
  const counts = { kills: 0, pauses: 0 }
  try {
    await Promise.all(replicas.map((replica) => replica.start()))
    const state = { sending: true }
    const acknowledged = new Set<string>()
    const senders = Array.from({ length: SENDERS }, (_, sender) =>
      send({ sender, replicas, state, acknowledged, random }),
    )
    const busy = new Set<Receiver>()
    const under: Promise<void>[] = []
    for (let fault = 0; fault < options.faults; fault += 1) {
      await sleep(FAULT_INTERVAL_MS * (0.5 + random()))
      const victim = await until(
        'a replica to be struck',
        () => busy.size < REPLICAS - 1 && replicas.filter((each) => !busy.has(each)),
        60_000,
      )
      const busiest = random() < 0.6 ? await busiestOf(victim) : undefined
      const replica = busiest ?? pick(victim, random)
      busy.add(replica)
      const pauseMs = random() < 0.5 ? undefined : pick(PAUSES_MS, random)
      log(
        `fault ${fault + 1}: replica ${replicas.indexOf(replica) + 1} ${pauseMs === undefined ? 'is killed' : `stands still for ${pauseMs} ms`}`,
      )
      counts[pauseMs === undefined ? 'kills' : 'pauses'] += 1
      under.push(strike(replica, pauseMs).finally(() => busy.delete(replica)))
    }
    await Promise.all(under)
    state.sending = false
    await Promise.all(senders)
    return {
      ...counts,
      ...(await verdictOf({ replica: replicas[0] as Receiver, dingtalk, acknowledged })),
    }
  } finally {
    for (const replica of replicas) {
      replica.child?.kill('SIGCONT')
      await replica.end('SIGKILL')
    }
  }
}

function configOf(postgres: Postgres, dingtalk: StandIn): string {
  const robot = (token: string): string =>
    `{ webhook: "${dingtalk.url(token)}", limits: { messages: ${LIMITS.messages}, per: 2s, penalty: 4s } }`
  return `store: "${postgres.url}"
robots: { ${TOKENS.map((token) => `${token}: ${robot(token)}`).join(', ')} }
channels:
  one: { robots: [one], digest: { max_messages: 50 } }
  two: { robots: [two] }
  three: { robots: [three] }
  shared: { robots: [pool-1, pool-2], mode: pool }
`
}

/** The replica with the most leases, according to any of them. */
async function busiestOf(replicas: readonly Receiver[]): Promise<Receiver | undefined> {
  const status = await replicas[0]
    ?.json<{ robots: Record<string, { worked_by: string | null }> }>('/api/v1/status')
    .catch(() => undefined)
  const workers = Object.values(status?.robots ?? {}).map((each) => each.worked_by?.split('/')[1])
  const works = (replica: Receiver): number =>
    workers.filter((pid) => pid === String(replica.child?.pid)).length
  return [...replicas].sort((a, b) => works(b) - works(a))[0]
}

async function strike(replica: Receiver, pauseMs: number | undefined): Promise<void> {
  if (pauseMs === undefined) {
    await replica.end('SIGKILL')
    await replica.start()
    return
  }
  replica.child?.kill('SIGSTOP')
  await sleep(pauseMs)
  replica.child?.kill('SIGCONT')
}

/** Posts alerts one after another until each is answered 200 by some replica; every third at once to two of them. */
async function send({
  sender,
  replicas,
  state,
  acknowledged,
  random,
}: {
  sender: number
  replicas: readonly Receiver[]
  state: { sending: boolean }
  acknowledged: Set<string>
  random: () => number
}): Promise<void> {
  for (let serial = 0; state.sending; serial += 1) {
    const instance = `db-${sender}-${serial}`
    const alert = {
      status: 'firing',
      labels: { alertname: 'Storm', severity: serial % 7 === 0 ? 'critical' : 'warning', instance },
      startsAt: '2026-11-24T03:00:00Z',
    }
    const channel = CHANNELS[(serial + sender) % CHANNELS.length]
    for (let answered = false; !answered; ) {
      const first = Math.floor(random() * replicas.length)
      const copies = serial % 3 === 0 ? 2 : 1
      const replies = await Promise.all(
        Array.from({ length: copies }, (_, copy) =>
          fetch(`${replicas[(first + copy) % replicas.length]?.url}/alertmanager/${channel}`, {
            method: 'POST',
            body: JSON.stringify({ alerts: [alert] }),
            signal: AbortSignal.timeout(1_000),
          }).then(
            async (reply) => {
              await reply.arrayBuffer()
              return reply.status
            },
            () => 0,
          ),
        ),
      )
      answered = replies.includes(200)
      if (answered) acknowledged.add(instance)
      await sleep(answered ? POST_INTERVAL_MS : 50)
    }
  }
}

interface Listed {
  id: string
  state: string
  message_ids: string[]
  variables: { instance: string }
}

async function verdictOf({
  replica,
  dingtalk,
  acknowledged,
}: {
  replica: Receiver
  dingtalk: StandIn
  acknowledged: ReadonlySet<string>
}): Promise<Omit<Verdict, 'kills' | 'pauses'>> {
  await until(
    'everything is delivered',
    async () => {
      const { channels } = await replica.json<{ channels: Record<string, { waiting: number }> }>(
        '/api/v1/status',
      )
      return Object.values(channels).every((each) => each.waiting === 0)
    },
    90_000,
  )
  const sentAlerts = (await all<Listed>(replica, 'alerts')).filter((each) => each.state === 'sent')
  const instances = new Map<string, number>()
  for (const { variables, message_ids } of sentAlerts)
    instances.set(variables.instance, (instances.get(variables.instance) ?? 0) + message_ids.length)
  const messages = await all<{ id: string; state: string }>(replica, 'messages')
  const shown = dingtalk.shown(Number.MAX_SAFE_INTEGER).map((each) => each.uuid)
  const sent = messages.filter((each) => each.state === 'sent').length
  const doubled = [...instances].filter(([, count]) => count > 1).map(([instance]) => instance)
  if (shown.length !== sent) doubled.push(`${sent} messages were sent, ${shown.length} shown`)
  return {
    acknowledged: acknowledged.size,
    lost: [...acknowledged].filter((instance) => !instances.has(instance)),
    doubled,
    overLimit: TOKENS.flatMap((token) => windowsOver(dingtalk, token)),
    dead: messages.filter((each) => each.state === 'dead').length,
    messages: sent,
    repeats: dingtalk.received.length - new Set(shown).size,
  }
}

function windowsOver(dingtalk: StandIn, token: string): string[] {
  const times = dingtalk.received
    .filter((each) => each.token === token)
    .map((each) => each.at.getTime())
  return times.flatMap((from) => {
    const count = times.filter((at) => at >= from && at < from + LIMITS.perMs).length
    return count > LIMITS.messages ? [`${token}: ${count} calls in ${LIMITS.perMs} ms`] : []
  })
}

async function all<Item>(replica: Receiver, kind: 'alerts' | 'messages'): Promise<Item[]> {
  const items: Item[] = []
  let next: string | null = ''
  while (next !== null) {
    const page: Record<string, unknown> = await replica.json(
      `/api/v1/${kind}?limit=1000${next === '' ? '' : `&before=${next}`}`,
    )
    items.push(...(page[kind] as Item[]))
    next = page['next'] as string | null
  }
  return items
}

function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T
}

/** Mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
