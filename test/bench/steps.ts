import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder } from '../support/receiver.ts'
import { consolePages } from './console.ts'
import { fill } from './fill.ts'
import type { Loaded } from './generator.ts'
import {
  CONNECTIONS,
  childrenOf,
  cpuOf,
  load,
  median,
  residentMb,
  run,
  startBaseline,
} from './load.ts'
import { payloadOf } from './payload.ts'

export interface Row {
  measure: string
  value: string
  wanted: string
  /** What was measured, for whom wants to keep it. */
  numbers: Record<string, number | undefined>
  note?: string
}

const asked = process.argv.indexOf('--rounds')
export const ROUNDS = asked < 0 ? 5 : Number(process.argv[asked + 1])

const SECONDS = 3
/** Before the first round, so that both are measured as they run all day, not while V8 still compiles them. */
const WARM_UP_SECONDS = 10
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const COMMAND = [process.execPath, MAIN]
const SLOW_FLUSH_MS = 5

/** As the configurations below name them. */
const QUEUE = 'robot:wire'
const CHANNEL = 'default'

/** Nothing is listening there: what is for this robot waits. */
const UNREACHABLE = configOf('http://127.0.0.1:9/robot/send?access_token=bench')

function configOf(webhook: string): string {
  return `robots: { wire: { webhook: "${webhook}", limits: { messages: 1000, per: 60s } } }\nchannels: { ${CHANNEL}: { robots: [wire] } }\n`
}

export const STEPS: Readonly<Record<string, () => Promise<Row[]>>> = {
  start: startAndSize,
  idle: acceptToWire,
  accepts: async () => [...(await accepts(5, 0.5)), ...(await accepts(100, 0.55))],
  slow: slowDisk,
  stored: manyStored,
  waiting: manyWaiting,
  console: consolePages,
}

async function startAndSize(): Promise<Row[]> {
  const ready: number[] = []
  const idle: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    using folder = temporaryFolder()
    const port = await freePort()
    const began = performance.now()
    const receiver = new Receiver({ folder: folder.path, port, command: COMMAND })
    await using _ended = await receiver.start(2)
    ready.push(performance.now() - began)
    await sleep(1_500)
    idle.push(residentMb(receiver.child?.pid) ?? Number.NaN)
  }
  return [
    {
      measure: 'ready after process start, empty store',
      value: spread(ready, (ms) => `${ms.toFixed(0)} ms`),
      wanted: '500 ms',
      numbers: { medianMs: median(ready) },
    },
    {
      measure: 'resident when idle',
      value: spread(idle, (mb) => `${mb.toFixed(0)} MB`),
      wanted: '120 MB',
      numbers: { medianMb: median(idle) },
    },
  ]
}

/** From the first byte of a request to the whole message at the stand-in, one alert at a time. */
async function acceptToWire(): Promise<Row[]> {
  await using dingtalk = await startStandIn()
  using folder = temporaryFolder()
  const config = configOf(dingtalk.url('bench'))
  const receiver = new Receiver({
    folder: folder.path,
    port: await freePort(),
    config,
    command: COMMAND,
  })
  await using _ended = await receiver.start()
  const took: number[] = []
  for (let round = 0; round < 4 + ROUNDS; round += 1) {
    await sleep(1_300)
    const began = performance.now()
    void receiver.post(`/alertmanager/${CHANNEL}`, payloadOf(1, 4_000_000_000 + round))
    await dingtalk.arrived(round + 1)
    took.push(performance.now() - began)
  }
  return [
    {
      measure: 'accept to wire when idle',
      value: spread(took, (ms) => `${ms.toFixed(1)} ms`),
      wanted: '50 ms',
      numbers: { medianMs: median(took) },
    },
  ]
}

async function accepts(alerts: number, wanted: number): Promise<Row[]> {
  const bare = await startBaseline()
  using folder = temporaryFolder()
  const receiver = new Receiver({ folder: folder.path, port: await freePort(), command: COMMAND })
  await using _ended = await receiver.start()
  const url = `${receiver.url}/alertmanager/${CHANNEL}`
  const pids = [bare.child.pid, receiver.child?.pid]
  for (const each of [bare.url, url]) await load(each, { alerts, seconds: WARM_UP_SECONDS })
  const baseline: Loaded[] = []
  const taken: Loaded[] = []
  const before = pids.map((pid) => cpuOf(pid)?.seconds ?? Number.NaN)
  for (let round = 0; round < ROUNDS; round += 1) {
    baseline.push(await load(bare.url, { alerts, seconds: SECONDS }))
    taken.push(await load(url, { alerts, seconds: SECONDS }))
  }
  const cost = (index: number, all: readonly Loaded[]): number =>
    (((cpuOf(pids[index])?.seconds ?? Number.NaN) - (before[index] as number)) * 1e6) /
    all.reduce((sum, each) => sum + each.ok, 0)
  const costs = { bareCpuUs: cost(0, baseline), cpuUs: cost(1, taken) }
  bare.child.kill()
  const ratios = taken.map((each, index) => each.perSecond / (baseline[index]?.perSecond ?? 0))
  const perSecond = median(taken.map((each) => each.perSecond))
  const half: Loaded[] = []
  for (let round = 0; round < ROUNDS; round += 1)
    half.push(await load(url, { alerts, seconds: SECONDS, rate: perSecond / 2 }))
  const p99 = half.map((each) => each.p99Ms)
  const bareMedian = median(baseline.map((each) => each.perSecond))
  return [
    {
      measure: `durable accepts of ${alerts}-alert payloads / bare node:http`,
      value: spread(ratios, (ratio) => ratio.toFixed(2)),
      wanted: wanted.toFixed(2),
      numbers: { ratio: median(ratios), perSecond, bare: bareMedian, ...costs },
      note: `${perSecond.toFixed(0)}/s of ${bareMedian.toFixed(0)}/s; ${costs.cpuUs.toFixed(0)} of ${costs.bareCpuUs.toFixed(0)} µs of processor a request, ${othersOf([...taken, ...half])}`,
    },
    {
      measure: `p99 of a ${alerts}-alert accept at half of that rate`,
      value: spread(p99, (ms) => `${ms.toFixed(1)} ms`),
      wanted: '25 ms',
      numbers: { p99Ms: median(p99) },
    },
  ]
}

/** Every flush takes 5 ms longer: strace holds up the system call itself, nothing in the receiver knows of it. */
async function slowDisk(): Promise<Row[]> {
  const measure = `p99 of a 5-alert accept at half rate, each flush +${SLOW_FLUSH_MS} ms`
  const wanted = '60 ms'
  const skipped = (why: string): Row[] => [
    { measure, value: `skipped: ${why}`, wanted, numbers: {} },
  ]
  if (spawnSync('strace', ['-V']).status !== 0)
    return skipped('strace is not installed (apt-get install strace)')
  using folder = temporaryFolder()
  const flushes = 'fsync,fdatasync'
  const receiver = new Receiver({
    folder: folder.path,
    port: await freePort(),
    command: [
      ...['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', `trace=${flushes}`],
      ...['-e', `inject=${flushes}:delay_enter=${SLOW_FLUSH_MS * 1000}`, ...COMMAND],
    ],
  })
  try {
    await receiver.start()
    const url = `${receiver.url}/alertmanager/${CHANNEL}`
    await load(url, { alerts: 5, seconds: WARM_UP_SECONDS })
    const top = await load(url, { alerts: 5, seconds: SECONDS })
    const half: Loaded[] = []
    for (let round = 0; round < ROUNDS; round += 1)
      half.push(await load(url, { alerts: 5, seconds: SECONDS, rate: top.perSecond / 2 }))
    const p99 = half.map((each) => each.p99Ms)
    return [
      {
        measure,
        value: spread(p99, (ms) => `${ms.toFixed(1)} ms`),
        wanted,
        numbers: { p99Ms: median(p99), perSecond: top.perSecond },
        note: `top rate ${top.perSecond.toFixed(0)}/s, ${othersOf([top, ...half])}`,
      },
    ]
  } catch (error) {
    return skipped(`strace cannot trace here (${String(error).slice(0, 80)})`)
  } finally {
    // The end of strace would not be that of what it traces, but the other way round it is.
    for (const pid of childrenOf(receiver.child?.pid)) process.kill(pid, 'SIGKILL')
    await receiver.end('SIGKILL')
  }
}

async function manyStored(): Promise<Row[]> {
  const rows: Row[] = []
  const empty = await startOn(0, true)
  for (const alerts of [1_000, 100_000, 1_000_000]) {
    const full = await startOn(alerts, true)
    const ratios: number[] = []
    for (const each of [empty, full]) await load(each.url, { alerts: 5, seconds: WARM_UP_SECONDS })
    for (let round = 0; round < ROUNDS; round += 1) {
      const without = await load(empty.url, { alerts: 5, seconds: SECONDS })
      const stored = await load(full.url, { alerts: 5, seconds: SECONDS })
      ratios.push(stored.perSecond / without.perSecond)
    }
    rows.push({
      measure: `accept rate with ${alerts.toLocaleString('en')} alerts stored / empty`,
      value: spread(ratios, (ratio) => ratio.toFixed(2)),
      wanted: '0.90',
      numbers: { ratio: median(ratios), readyMs: full.readyMs },
      note: `ready after ${full.readyMs.toFixed(0)} ms with that store`,
    })
    await full.end()
  }
  await empty.end()
  return rows
}

async function manyWaiting(): Promise<Row[]> {
  const waiting = 200_000
  using folder = temporaryFolder()
  const path = join(folder.path, 'planned.db')
  fill(path, { alerts: waiting, told: false, queue: QUEUE, channel: CHANNEL })
  const planned = await run<{ waiting: number; planMs: number; tallyMs: number; mb: number }>(
    'plan.ts',
    [path, QUEUE, CHANNEL],
  )
  const started = await startOn(waiting, false)
  const resident: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    await load(started.url, { alerts: 5, seconds: 1, rate: 200 })
    resident.push(residentMb(started.pid) ?? Number.NaN)
  }
  await started.end()
  return [
    {
      measure: `a plan with ${planned.waiting.toLocaleString('en')} alerts waiting`,
      value: `${planned.planMs.toFixed(1)} ms`,
      wanted: '50 ms',
      numbers: { planMs: planned.planMs, tallyMs: planned.tallyMs },
      note: `counting all of them for a digest: ${planned.tallyMs.toFixed(0)} ms`,
    },
    {
      measure: 'resident with as many waiting, and accepting',
      value: spread(resident, (mb) => `${mb.toFixed(0)} MB`),
      wanted: '300 MB',
      numbers: { medianMb: median(resident) },
    },
  ]
}

/** A receiver on a store that holds so many alerts already, told or waiting for a group that cannot be reached. */
async function startOn(alerts: number, told: boolean) {
  const folder = temporaryFolder()
  if (alerts > 0)
    fill(join(folder.path, 'data', 'receiver.db'), { alerts, told, queue: QUEUE, channel: CHANNEL })
  const receiver = new Receiver({
    folder: folder.path,
    port: await freePort(),
    config: UNREACHABLE,
    command: COMMAND,
  })
  const began = performance.now()
  await receiver.start(2)
  return {
    url: `${receiver.url}/alertmanager/${CHANNEL}`,
    pid: receiver.child?.pid,
    readyMs: performance.now() - began,
    end: async () => {
      await receiver.end('SIGKILL')
      folder[Symbol.dispose]()
    },
  }
}

function spread(values: readonly number[], shown: (value: number) => string): string {
  return `${shown(median(values))} (${shown(Math.min(...values))} to ${shown(Math.max(...values))})`
}

function othersOf(all: readonly Loaded[]): string {
  const others = all.flatMap((each) => Object.entries(each.others))
  return others.length === 0
    ? `${CONNECTIONS} connections, every answer 200`
    : `not 200: ${others.map(([status, count]) => `${count} × ${status}`).join(', ')}`
}
