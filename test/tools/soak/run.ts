import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startStandIn } from '../../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder } from '../../support/receiver.ts'
import { startWith } from './start.ts'
import { hourOnVirtualClock } from './virtual.ts'

/**
 * `npm run soak [-- --minutes 10] [-- --rate 50] [-- --no-hour]`: the time of a start with a long queue; then steady
 * load for an hour on the virtual clock, and for some minutes on a real process. Memory and the number
 * of descriptors must level off, and the size of the file once the first alerts are pruned: in the hour after ten
 * minutes, on the real clock not before an hour.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '50' },
    hour: { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const minutes = Number(values.minutes)
const rate = Number(values.rate)
const SAMPLES = 10

const COLUMNS = ['minute', 'accepted', 'backlog', 'messages', 'memory MB', 'file MB', 'files']
const line = (cells: readonly (string | number)[]): void => {
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(10)).join('')}\n`)
}

const { readyMs, fileMb } = await startWith(200_000)
process.stdout.write(
  `Ready with 200,000 alerts waiting (${fileMb} MB), five starts: ${readyMs.join(', ')} ms\n\n`,
)
if (values.hour) {
  process.stdout.write(`An hour of ${rate} alerts a second on the virtual clock\n`)
  line(COLUMNS.slice(0, -1))
  const began = Date.now()
  for await (const each of hourOnVirtualClock(rate))
    line([each.minute, each.accepted, each.waiting, each.messages, each.memoryMb, each.fileMb])
  process.stdout.write(`(${((Date.now() - began) / 1000).toFixed(0)} s)\n\n`)
}
if (minutes > 0) await real()

async function real(): Promise<void> {
  using folder = temporaryFolder()
  await using dingtalk = await startStandIn()
  const config = `retention: 1h
robots: { ops-1: { webhook: "${dingtalk.url('t')}" } }
channels: { ops: { robots: [ops-1], aggregate: { every: 1m } } }
`
  await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
  await receiver.start()
  const pid = receiver.child?.pid as number
  process.stdout.write(`${minutes} minutes of ${rate} alerts a second on the real clock\n`)
  line(COLUMNS)
  const began = Date.now()
  const counts = { next: 0, accepted: 0, refused: 0 }
  const post = async (): Promise<void> => {
    const index = counts.next
    counts.next += 1
    const status = Math.floor(index / 3_000) % 2 === 0 ? 'firing' : 'resolved'
    const labels = {
      alertname: `Rule${index % 7}`,
      severity: 'warning',
      instance: `db-${index % 3_000}`,
    }
    const alerts = [{ status, labels, annotations: { description: 'x'.repeat(300) } }]
    const reply = await receiver
      .post('/alertmanager/ops', { groupKey: String(index), alerts })
      .catch(() => undefined)
    if (reply?.status === 200) counts.accepted += 1
    else counts.refused += 1
    await reply?.arrayBuffer()
  }
  for (let sample = 1; sample <= SAMPLES; sample += 1) {
    const until = began + (minutes * 60_000 * sample) / SAMPLES
    while (Date.now() < until) {
      const due = Math.floor(((Date.now() - began) / 1000) * rate)
      await Promise.all(Array.from({ length: Math.min(due - counts.next, 200) }, post))
      await sleep(20)
    }
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    const data = join(folder.path, 'data')
    const bytes = readdirSync(data).reduce((sum, name) => sum + statSync(join(data, name)).size, 0)
    type Status = { channels: Record<string, { waiting: number }> }
    const { channels } = await receiver.json<Status>('/api/v1/status')
    line([
      ((minutes * sample) / SAMPLES).toFixed(1),
      counts.accepted,
      channels['ops']?.waiting ?? 0,
      dingtalk.received.length,
      (Number(rss) / 1024).toFixed(0),
      (bytes / 1_048_576).toFixed(1),
      readdirSync(`/proc/${pid}/fd`).length,
    ])
  }
  process.stdout.write(`refused: ${counts.refused}; ended with ${await receiver.end('SIGTERM')}\n`)
}
