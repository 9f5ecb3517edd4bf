import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, Receiver, temporaryFolder } from '../../support/receiver.ts'
import { type Loaded, load, median } from './load.ts'

/** A checkout that has been built. */
export interface Build {
  name: string
  folder: string
}

export function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : process.argv[index + 1]
}

export const ROUNDS = Number(argument('--rounds') ?? 5)

/** What was measured: a number for each build in each round. */
export interface Row {
  measure: string
  wanted: string
  show: (value: number) => string
  /** By build, in the order of the builds; of another length than one a round where a round is not needed. */
  values: number[][]
  note?: string
}

/** Characters that a column of figures takes. */
export const COLUMN = 34

/** Median, least and most of each build; of two builds also the median of this one's share of the other, round by round. */
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

/** Does the work for each build in turn, round by round, the builds in another order in every second round. */
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

/** As the configurations below name them. */
export const QUEUE = 'robot:wire'
export const CHANNEL = 'default'

export function configOf(webhook: string, store = 'sqlite:data/receiver.db'): string {
  return `store: "${store}"
robots: { wire: { webhook: "${webhook}", limits: { messages: 1000, per: 60s } } }
channels: { ${CHANNEL}: { robots: [wire] } }
`
}

/** Nothing is listening there: what is for this robot waits. */
export const UNREACHABLE = configOf('http://127.0.0.1:9/robot/send?access_token=bench')
export const SANDBOX = configOf('sandbox')

export interface Running extends AsyncDisposable {
  build: Build
  receiver: Receiver
  /** Where its sender posts. */
  url: string
  readyMs: number
}

/** A receiver of a build, in a new folder or in the one given, through `before` when something else is to run it. */
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

const IN_REQUEST = 100
const FILLING_SECONDS = 5

/** Posts at least so many alerts. */
export async function fill(running: Running, alerts: number): Promise<void> {
  let posted = 0
  while (posted < alerts) {
    const { ok } = await load(running.url, { alerts: IN_REQUEST, seconds: FILLING_SECONDS })
    if (ok === 0) throw new Error(`${running.build.name} takes nothing: ${running.receiver.output}`)
    posted += ok * IN_REQUEST
  }
}

const ASK_EVERY_MS = 500
const MOST_WAIT_MS = 600_000

/** Waits until no alert waits any more. */
export async function delivered({ receiver, build }: Running): Promise<void> {
  for (let waitedMs = 0; waitedMs < MOST_WAIT_MS; waitedMs += ASK_EVERY_MS) {
    const status = await receiver.json<{ channels: Record<string, { waiting: number }> }>(
      '/api/v1/status',
    )
    if (status.channels[CHANNEL]?.waiting === 0) return
    await sleep(ASK_EVERY_MS)
  }
  throw new Error(`${build.name} still has alerts that wait`)
}

/** What a sender was answered, when it was not always 200. */
export function answersOf(all: readonly Loaded[]): string {
  const sum = (of: 'refused' | 'broken'): number => all.reduce((total, each) => total + each[of], 0)
  const [refused, broken] = [sum('refused'), sum('broken')]
  return refused + broken === 0 ? 'every answer 200' : `not 200: ${refused}; no answer: ${broken}`
}
