import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, Receiver, temporaryFolder } from '../../support/receiver.ts'
import { type Loaded, load, median } from './load.ts'

/** A built checkout. */
export interface Build {
  name: string
  folder: string
}

export function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : process.argv[index + 1]
}

export const ROUNDS = Number(argument('--rounds') ?? 5)

/** One measure: a number for each build and round. */
export interface Row {
  measure: string
  wanted: string
  show: (value: number) => string
  /** By build; usually one number for each round. */
  values: number[][]
  note?: string
}

/** Width of a column in characters. */
export const COLUMN = 34

/** Median, minimum and maximum of each build; for two builds also the median of the ratios of their rounds. */
export function shown({ values, show }: Row): string {
  const [ours, theirs] = values
  const all = values.map((each) => {
    const known = each.filter((value) => !Number.isNaN(value))
    if (known.length === 0) return 'not measured'
    return `${show(median(known))} (${show(Math.min(...known))} to ${show(Math.max(...known))})`
  })
  if (ours === undefined || theirs === undefined) return all.join()
  const ratio = median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)))
  return [...all, Number.isNaN(ratio) ? '' : `×${ratio.toFixed(2)}`]
    .map((text) => text.padEnd(COLUMN))
    .join('')
}

/** Runs the work for each build in turn, in reverse order in every second round. */
export async function inTurns<S>(
  subjects: readonly S[],
  work: (subject: S, round: number) => Promise<number>,
  rounds = ROUNDS,
): Promise<number[][]> {
  const values = subjects.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) {
    const order = [...subjects.entries()]
    for (const [index, subject] of round % 2 === 0 ? order : order.reverse())
      values[index]?.push(await work(subject, round))
  }
  return values
}

/** Names in the configurations below. */
export const QUEUE = 'robot:wire'
export const CHANNEL = 'default'

export function configOf(webhook: string, store = 'sqlite:data/receiver.db'): string {
  return `store: "${store}"
robots: { wire: { webhook: "${webhook}", limits: { messages: 1000, per: 60s } } }
channels: { ${CHANNEL}: { robots: [wire] } }
`
}

/** An address where nothing listens, so that alerts wait. */
export const UNREACHABLE = configOf('http://127.0.0.1:9/robot/send?access_token=bench')
export const SANDBOX = configOf('sandbox')

export interface Running extends AsyncDisposable {
  build: Build
  receiver: Receiver
  /** Where its sender posts. */
  url: string
  readyMs: number
}

/** Starts a build's receiver in a new or the given folder; `before` is a command prefix. */
export async function startBuild(
  build: Build,
  { config = SANDBOX, folder, before = [] }: StartOptions = {},
): Promise<Running> {
  const made = folder === undefined ? temporaryFolder() : undefined
  const receiver = new Receiver({
    folder: folder ?? (made?.path as string),
    port: await freePort(),
    config,
    command: [...before, process.execPath, join(build.folder, 'dist/main.js')],
  })
  const began = performance.now()
  await receiver.start(2)
  return {
    build,
    receiver,
    url: `${receiver.url}/alertmanager/${CHANNEL}`,
    readyMs: performance.now() - began,
    [Symbol.asyncDispose]: async () => {
      await receiver.end('SIGKILL')
      made?.[Symbol.dispose]()
    },
  }
}

interface StartOptions {
  config?: string
  folder?: string
  before?: readonly string[]
}

const BATCH_SIZE = 100
const FILLING_SECONDS = 5

/** Posts at least this many alerts. */
export async function fill(running: Running, alerts: number): Promise<void> {
  let posted = 0
  while (posted < alerts) {
    const { ok } = await load(running.url, { alerts: BATCH_SIZE, seconds: FILLING_SECONDS })
    if (ok === 0) throw new Error(`${running.build.name} takes nothing: ${running.receiver.output}`)
    posted += ok * BATCH_SIZE
  }
}

const POLL_INTERVAL_MS = 500
const MAX_WAIT_MS = 600_000

/** Waits until no alert is waiting. */
export async function delivered({ receiver, build }: Running): Promise<void> {
  for (let waitedMs = 0; waitedMs < MAX_WAIT_MS; waitedMs += POLL_INTERVAL_MS) {
    const status = await receiver.json<{ channels: Record<string, { waiting: number }> }>(
      '/api/v1/status',
    )
    if (status.channels[CHANNEL]?.waiting === 0) return
    await sleep(POLL_INTERVAL_MS)
  }
  throw new Error(`${build.name} still has alerts that wait`)
}

/** Counts replies other than 200. */
export function answersOf(all: readonly Loaded[]): string {
  const sum = (of: 'refused' | 'broken'): number => all.reduce((total, each) => total + each[of], 0)
  const [refused, broken] = [sum('refused'), sum('broken')]
  return refused + broken === 0 ? 'every answer 200' : `not 200: ${refused}; no answer: ${broken}`
}
