import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { freePort, Receiver, temporaryFolder } from '../support/receiver.ts'
import { payloadOf } from './payload.ts'

/** `npm run bench [-- --json] [-- --rounds N]`: durable accepts as a share of bare node:http with JSON.parse. */
const ROUNDS = Number(argument('--rounds') ?? 5)
const SECONDS = 4
const CONNECTIONS = 32
const SIZES = [5, 100]

interface Measured {
  perSecond: number
  p99Ms: number
  failed: number
}

async function load(url: string, alerts: number): Promise<Measured> {
  const result = await autocannon({
    url,
    method: 'POST',
    connections: CONNECTIONS,
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

const serial = { next: 1 }

async function startBaseline(): Promise<{ child: ChildProcess; url: string }> {
  const file = fileURLToPath(new URL('baseline.ts', import.meta.url))
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { child, url: `http://127.0.0.1:${String(port).trim()}/` }
}

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : process.argv[index + 1]
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

async function measure(alerts: number) {
  const baseline: Measured[] = []
  const accepts: Measured[] = []
  const bare = await startBaseline()
  using folder = temporaryFolder()
  await using receiver = await new Receiver({ folder: folder.path, port: await freePort() }).start()
  for (let round = 0; round < ROUNDS; round += 1) {
    baseline.push(await load(bare.url, alerts))
    accepts.push(await load(`${receiver.url}/alertmanager/default`, alerts))
  }
  bare.child.kill()
  const ratios = accepts.map(
    (each, index) => each.perSecond / (baseline[index] as Measured).perSecond,
  )
  return {
    alerts,
    baseline: Math.round(median(baseline.map((each) => each.perSecond))),
    accepts: Math.round(median(accepts.map((each) => each.perSecond))),
    ratio: median(ratios),
    from: Math.min(...ratios),
    to: Math.max(...ratios),
    p99Ms: median(accepts.map((each) => each.p99Ms)),
    failed: accepts.reduce((sum, each) => sum + each.failed, 0),
  }
}

const rows = []
for (const alerts of SIZES) rows.push(await measure(alerts))
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ rows })}\n`)
else {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node.js ${process.version}`
  process.stdout.write(
    `Durable accepts, ${CONNECTIONS} connections, ${ROUNDS} alternating rounds; ${machine}\n\n`,
  )
  process.stdout.write('alerts  bare/s  accepts/s  ratio (least to most)  p99 ms  not 200\n')
  for (const row of rows)
    process.stdout.write(
      `${String(row.alerts).padEnd(8)}${String(row.baseline).padEnd(8)}${String(row.accepts).padEnd(11)}${row.ratio.toFixed(2)} (${row.from.toFixed(2)} to ${row.to.toFixed(2)})    ${String(row.p99Ms).padEnd(8)}${row.failed}\n`,
    )
}
process.exit(0)
