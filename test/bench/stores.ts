import { cpus } from 'node:os'
import autocannon from 'autocannon'
import { Postgres } from '../support/postgres.ts'
import { freePort, Receiver, temporaryFolder } from '../support/receiver.ts'
import { payloadOf } from './payload.ts'

/**
 * `node test/bench/stores.ts [--rounds N] [--json]`: durable accepts on SQLite and on PostgreSQL, in turn on the same
 * machine, and on PostgreSQL through two replicas at once.
 */
const ROUNDS = Number(argument('--rounds') ?? 3)
const SECONDS = 4
const CONNECTIONS = 32
const SIZES = [5, 100]

interface Measured {
  perSecond: number
  p99Ms: number
  failed: number
}

const serial = { next: 1 }

async function load(url: string, alerts: number, connections: number): Promise<Measured> {
  const result = await autocannon({
    url: `${url}/alertmanager/default`,
    method: 'POST',
    connections,
    duration: SECONDS,
    requests: [
      { setupRequest: (request) => ({ ...request, body: payloadOf(alerts, serial.next++) }) },
    ],
  })
  return {
    perSecond: result['2xx'] / result.duration,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors,
  }
}

async function together(urls: readonly string[], alerts: number): Promise<Measured> {
  const all = await Promise.all(urls.map((url) => load(url, alerts, CONNECTIONS / urls.length)))
  return {
    perSecond: all.reduce((sum, each) => sum + each.perSecond, 0),
    p99Ms: Math.max(...all.map((each) => each.p99Ms)),
    failed: all.reduce((sum, each) => sum + each.failed, 0),
  }
}

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : process.argv[index + 1]
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

await using postgres = await Postgres.start()
using folder = temporaryFolder()
using other = temporaryFolder()
const config = (store: string): string => `store: "${store}"
robots: { sandbox: { webhook: sandbox } }
channels: { default: { robots: [sandbox] } }
`
const start = async (path: string, store: string): Promise<Receiver> =>
  new Receiver({ folder: path, port: await freePort(), config: config(store) }).start()
await using sqlite = await start(folder.path, 'sqlite:x.db')
await using one = await start(other.path, postgres.url)
await using two = await start(other.path, postgres.url)
const ways = {
  sqlite: [sqlite.url],
  postgres: [one.url],
  'postgres, 2 replicas': [one.url, two.url],
}

const rows = []
for (const alerts of SIZES) {
  const measured = new Map<string, Measured[]>()
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, urls] of Object.entries(ways))
      measured.set(name, [...(measured.get(name) ?? []), await together(urls, alerts)])
  for (const [name, all] of measured)
    rows.push({
      alerts,
      store: name,
      accepts: Math.round(median(all.map((each) => each.perSecond))),
      p99Ms: median(all.map((each) => each.p99Ms)),
      failed: all.reduce((sum, each) => sum + each.failed, 0),
    })
}
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ rows })}\n`)
else {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node.js ${process.version}`
  process.stdout.write(
    `Durable accepts a second, ${CONNECTIONS} connections, ${ROUNDS} alternating rounds; ${machine}\n\n`,
  )
  process.stdout.write('alerts  store                   accepts/s  alerts/s  p99 ms  not 200\n')
  for (const { alerts, store, accepts, p99Ms, failed } of rows)
    process.stdout.write(
      `${String(alerts).padEnd(8)}${store.padEnd(24)}${String(accepts).padEnd(11)}${String(accepts * alerts).padEnd(10)}${String(p99Ms).padEnd(8)}${failed}\n`,
    )
}
