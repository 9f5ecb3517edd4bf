import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStandIn } from '../../support/dingtalk-stand-in.ts'
import { temporaryFolder } from '../../support/receiver.ts'
import {
  answersOf,
  type Build,
  CHANNEL,
  configOf,
  delivered,
  fill,
  inTurns,
  QUEUE,
  ROUNDS,
  type Row,
  type Running,
  startBuild,
  UNREACHABLE,
} from './builds.ts'
import { consolePages } from './console.ts'
import {
  childrenOf,
  cpuOf,
  type Loaded,
  type LoadOptions,
  load,
  median,
  outputOf,
  residentMb,
  startBaseline,
} from './load.ts'
import { payloadOf } from './payload.ts'
import { bothStores } from './stores.ts'

const SECONDS = 3
/** Before the first round, until V8 has compiled the hot code. */
const WARM_UP_SECONDS = 10
const SLOW_FLUSH_MS = 5

const milliseconds = (value: number): string => `${value.toFixed(1)} ms`
const megabytes = (value: number): string => `${value.toFixed(0)} MB`
const share = (value: number): string => value.toFixed(2)
const rate = (value: number): string => `${value.toFixed(0)}/s`

type Step = (builds: readonly Build[]) => Promise<Row[]>

export const STEPS: Readonly<Record<string, Step>> = {
  start: startAndSize,
  idle: acceptToWire,
  accepts: async (builds) => [
    ...(await accepts(builds, 5, 0.5)),
    ...(await accepts(builds, 100, 0.55)),
  ],
  memory: async (builds) => [
    ...(await memoryAtSaturation(builds, 5)),
    ...(await memoryAtSaturation(builds, 100)),
  ],
  slow: slowDisk,
  stored: manyStored,
  waiting: manyWaiting,
  stores: bothStores,
  console: consolePages,
}

async function startAndSize(builds: readonly Build[]): Promise<Row[]> {
  const resident = new Map(builds.map((build) => [build, [] as number[]]))
  const ready = await inTurns(builds, async (build) => {
    await using running = await startBuild(build)
    await sleep(1_500)
    resident.get(build)?.push(residentMb(running.receiver.child?.pid))
    return running.readyMs
  })
  return [
    {
      measure: 'ready after process start, empty store',
      wanted: '400 ms',
      show: (ms) => `${ms.toFixed(0)} ms`,
      values: ready,
    },
    {
      measure: 'resident when idle',
      wanted: '100 MB',
      show: megabytes,
      values: [...resident.values()],
    },
  ]
}

/** Latency from the first byte of a request to the complete message at the stand-in, one alert at a time. */
async function acceptToWire(builds: readonly Build[]): Promise<Row[]> {
  await using open = new AsyncDisposableStack()
  const all = []
  for (const build of builds) {
    const dingtalk = open.use(await startStandIn())
    const running = open.use(await startBuild(build, { config: configOf(dingtalk.url('bench')) }))
    all.push({ dingtalk, running })
  }
  const values = await inTurns(
    all,
    async ({ dingtalk, running }, round) => {
      await sleep(1_300)
      const began = performance.now()
      void running.receiver.post(
        `/alertmanager/${CHANNEL}`,
        payloadOf(1, 4_000_000_000 + dingtalk.port * 1_000 + round),
      )
      await dingtalk.arrived(round + 1)
      return performance.now() - began
    },
    4 + ROUNDS,
  )
  return [{ measure: 'accept to wire when idle', wanted: '50 ms', show: milliseconds, values }]
}

/** Loads one receiver while the others are suspended, so that their deliveries use no CPU. */
async function loadAlone(
  running: Running,
  all: readonly Running[],
  options: LoadOptions,
): Promise<Loaded> {
  const others = all.filter((each) => each !== running)
  for (const { receiver } of others) receiver.child?.kill('SIGSTOP')
  try {
    return await load(running.url, options)
  } finally {
    for (const { receiver } of others) receiver.child?.kill('SIGCONT')
  }
}

async function accepts(builds: readonly Build[], alerts: number, wanted: number): Promise<Row[]> {
  await using open = new AsyncDisposableStack()
  const bare = await startBaseline()
  open.defer(() => void bare.child.kill())
  const all: Running[] = []
  for (const build of builds) all.push(open.use(await startBuild(build)))
  await load(bare.url, { alerts, seconds: WARM_UP_SECONDS })
  for (const each of all) await loadAlone(each, all, { alerts, seconds: WARM_UP_SECONDS })
  const baseline: number[] = []
  const taken: Loaded[] = []
  const cpuUs = new Map(all.map((each) => [each, [] as number[]]))
  const perSecond = await inTurns(all, async (each, round) => {
    if (baseline.length === round)
      baseline.push((await load(bare.url, { alerts, seconds: SECONDS })).perSecond)
    const before = cpuOf(each.receiver.child?.pid)
    const loaded = await loadAlone(each, all, { alerts, seconds: SECONDS })
    cpuUs.get(each)?.push(((cpuOf(each.receiver.child?.pid) - before) * 1e6) / loaded.ok)
    taken.push(loaded)
    return loaded.perSecond
  })
  const half = await inTurns(all, async (each) => {
    const top = median(perSecond[all.indexOf(each)] as number[])
    const loaded = await loadAlone(each, all, { alerts, seconds: SECONDS, rate: top / 2 })
    taken.push(loaded)
    return loaded.p99Ms
  })
  return [
    {
      measure: `durable accepts of ${alerts}-alert payloads / bare node:http`,
      wanted: share(wanted),
      show: share,
      values: perSecond.map((each) => each.map((value, round) => value / (baseline[round] ?? 0))),
      note: `bare node:http: ${rate(median(baseline))}`,
    },
    { measure: 'the same, in requests', wanted: '', show: rate, values: perSecond },
    {
      measure: 'the same, processor time of a request',
      wanted: '',
      show: (us) => `${us.toFixed(0)} µs`,
      values: [...cpuUs.values()],
    },
    {
      measure: `p99 of a ${alerts}-alert accept at half of that rate`,
      wanted: '25 ms',
      show: milliseconds,
      values: half,
      note: answersOf(taken),
    },
  ]
}

const SATURATED_SECONDS = 60

async function memoryAtSaturation(builds: readonly Build[], alerts: number): Promise<Row[]> {
  const taken: Loaded[] = []
  const values = await inTurns(
    builds,
    async (build) => {
      await using running = await startBuild(build)
      taken.push(await load(running.url, { alerts, seconds: SATURATED_SECONDS }))
      return residentMb(running.receiver.child?.pid)
    },
    1,
  )
  const measure = `resident after a minute at saturation, ${alerts} alerts a request`
  const note = answersOf(taken)
  return [{ measure, wanted: '250 MB', show: megabytes, values, note }]
}

/** Delays every flush by 5 ms, by strace in the system call, invisible to the receiver. */
async function slowDisk(builds: readonly Build[]): Promise<Row[]> {
  const measure = `p99 of a 5-alert accept at half rate, each flush +${SLOW_FLUSH_MS} ms`
  const row: Row = { measure, wanted: '40 ms', show: milliseconds, values: builds.map(() => []) }
  if (spawnSync('strace', ['-V']).status !== 0)
    return [{ ...row, note: 'strace is not installed (apt-get install strace)' }]
  const flushes = 'fsync,fdatasync'
  const before = [
    ...['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', '-e', `trace=${flushes}`],
    ...['-e', `inject=${flushes}:delay_enter=${SLOW_FLUSH_MS * 1000}`],
  ]
  await using open = new AsyncDisposableStack()
  const all: { running: Running; top: number }[] = []
  for (const build of builds) {
    const running = open.use(await startBuild(build, { before }))
    // strace exits with its child, but the child does not exit with strace.
    open.defer(() => {
      for (const pid of childrenOf(running.receiver.child?.pid)) process.kill(pid, 'SIGKILL')
    })
    await load(running.url, { alerts: 5, seconds: WARM_UP_SECONDS })
    const top = (await load(running.url, { alerts: 5, seconds: SECONDS })).perSecond
    all.push({ running, top })
  }
  const values = await inTurns(all, async ({ running, top }) => {
    const loaded = await load(running.url, { alerts: 5, seconds: SECONDS, rate: top / 2 })
    return loaded.p99Ms
  })
  const note = `top rate ${all.map(({ running, top }) => `${running.build.name} ${rate(top)}`).join(', ')}`
  return [{ ...row, values, note }]
}

const STORED = 1_000_000

async function manyStored(builds: readonly Build[]): Promise<Row[]> {
  await using open = new AsyncDisposableStack()
  const pairs = []
  const all: Running[] = []
  for (const build of builds) {
    const empty = open.use(await startBuild(build))
    const full = open.use(await startBuild(build))
    await fill(full, STORED)
    await delivered(full)
    for (const each of [empty, full]) await load(each.url, { alerts: 5, seconds: WARM_UP_SECONDS })
    pairs.push({ empty, full })
    all.push(empty, full)
  }
  const values = await inTurns(pairs, async ({ empty, full }) => {
    const without = await loadAlone(empty, all, { alerts: 5, seconds: SECONDS })
    const stored = await loadAlone(full, all, { alerts: 5, seconds: SECONDS })
    return stored.perSecond / without.perSecond
  })
  const measure = 'accept rate with 1 million alerts stored / empty'
  return [{ measure, wanted: '0.90', show: share, values }]
}

const WAITING = 200_000

interface Planned {
  waiting: number
  planMs: number
  tallyMs: number
}

async function manyWaiting(builds: readonly Build[]): Promise<Row[]> {
  const planned: Planned[] = []
  const resident: number[][] = []
  for (const build of builds) {
    using folder = temporaryFolder()
    {
      await using filled = await startBuild(build, { config: UNREACHABLE, folder: folder.path })
      await fill(filled, WAITING)
    }
    // Use that build's own planner on its own store.
    const plan = ['test/tools/bench/plan.ts', 'test/bench/plan.ts']
      .map((path) => join(build.folder, path))
      .find((path) => existsSync(path)) as string
    const store = join(folder.path, 'data/receiver.db')
    const printed = await outputOf(process.execPath, [plan, store, QUEUE, CHANNEL])
    planned.push(JSON.parse(printed) as Planned)
    await using running = await startBuild(build, { config: UNREACHABLE, folder: folder.path })
    const [each] = await inTurns([running], async ({ url, receiver }) => {
      await load(url, { alerts: 5, seconds: 1, rate: 200 })
      return residentMb(receiver.child?.pid)
    })
    resident.push(each as number[])
  }
  const note = planned.map((each) => `${each.waiting} wait; all counted in ${each.tallyMs | 0} ms`)
  return [
    {
      measure: `a plan with ${WAITING / 1000} thousand alerts waiting, or more`,
      wanted: '50 ms',
      show: milliseconds,
      values: planned.map(({ planMs }) => [planMs]),
      note: note.join('; '),
    },
    {
      measure: 'resident with as many waiting, and accepting',
      wanted: '250 MB',
      show: megabytes,
      values: resident,
    },
  ]
}
