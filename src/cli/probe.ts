import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { AppError } from '../errors.ts'
import type { Probe } from '../model/message.ts'
import type { Robot, Settings } from '../model/settings.ts'
import { probeMessage } from '../pipeline/test-message.ts'
import { conceal } from '../redact.ts'
import type { TestOutcome } from '../reporting/test-outcome.ts'
import { unknownName } from '../suggestion.ts'
import { type ConfigOptions, load } from './load.ts'
import { answersFrom, isAboutLoad, type Seen } from './probe-answers.ts'
import { testThroughReceiver, verdictLine } from './test.ts'
import { type OwnSender, openSender } from './test-here.ts'

const DONE = 0
const FAILED = 1
const PARTLY = 3

interface ProbeOptions extends ConfigOptions {
  yes?: boolean
}

/** Asks the person at the terminal; undefined without a terminal. */
export type Ask = (question: string) => Promise<string | undefined>

/**
 * Posts a few marked messages to a robot and prints what they show about DingTalk's undocumented behavior. The calls
 * count like those of `test`. Returns 0 if every question has an answer, 3 if some stay open, 1 if nothing was posted or
 * the first message was not accepted.
 */
export async function probe(
  name: string,
  options: ProbeOptions,
  ask: Ask = askTerminal,
): Promise<number> {
  const { settings } = await load(options)
  const robot = robotNamed(name, settings)
  const probes = probesFor(robot)
  process.stdout.write(planFor(robot, probes))
  if (options.yes !== true) {
    const answer = await ask('Post them? [y/N] ')
    if (answer === undefined)
      throw new AppError('usage', 'there is no terminal to confirm on; add --yes to post')
    if (!/^y(?:es)?$/i.test(answer.trim())) {
      process.stdout.write('Nothing was posted.\n')
      return FAILED
    }
  }
  const outcomes = await post(probes, robot, settings)
  const first = outcomes.get('first')
  if (first?.state !== 'sent') {
    process.stdout.write(`${first === undefined ? `${name}: not sent` : verdictLine(first)}\n`)
    return FAILED
  }
  const answers = answersFrom(outcomes, { probes, seen: await askWhatGroupShows(outcomes, ask) })
  const width = Math.max(...answers.map(({ question }) => question.length)) + 2
  for (const { question, answer } of answers)
    process.stdout.write(`${question.padEnd(width)}${answer}\n`)
  return answers.every(({ isOpen }) => !isOpen) ? DONE : PARTLY
}

function robotNamed(name: string, { robots }: Settings): Robot {
  const robot = robots.get(name)
  if (robot !== undefined) return robot
  throw new AppError('not_found', conceal(unknownName('robot', name, [...robots.keys()])))
}

function probesFor({ keywords }: Robot): Probe[] {
  const keyword: Probe[] = keywords.length > 0 ? ['keyword'] : []
  return ['first', 'repeat', 'everyone', ...keyword, 'size']
}

const PLANS: Record<Probe, string> = {
  first: 'Test 1',
  repeat: 'Test 1 again, with the same msgUuid',
  everyone: 'Test 2, with isAtAll and no @all in its text: it may notify everyone in the group',
  keyword: 'Test 3, with the keyword in its title alone',
  size: 'Test 4, with a body of more than 20,000 bytes and a text of less: mostly blanks',
}

function planFor({ name, limits }: Robot, probes: readonly Probe[]): string {
  const lines = probes.map((each) => `  ${PLANS[each]}\n`).join('')
  return `Posts ${probes.length} messages to the group of ${name}, within its limit of ${limits.messages} in ${limits.perMs / 1_000} s:\n${lines}`
}

/** Posts the messages one by one. Stops if the first is not sent or another gets no verdict: the next would get none. */
async function post(
  probes: readonly Probe[],
  robot: Robot,
  settings: Settings,
): Promise<Map<Probe, TestOutcome>> {
  const outcomes = new Map<Probe, TestOutcome>()
  const uuid = randomUUID()
  let sender: OwnSender | undefined
  try {
    for (const each of probes) {
      const key = each === 'first' || each === 'repeat' ? uuid : randomUUID()
      const path = `/api/v1/robots/${encodeURIComponent(robot.name)}/test?probe=${each}&uuid=${key}`
      let found = sender === undefined ? await testThroughReceiver(path, settings) : undefined
      if (found === undefined) {
        sender ??= await openSender(settings)
        const message = probeMessage(robot.name, { probe: each, uuid: key }, sender.messageDeps)
        found = await sender.send(message)
      }
      const [outcome] = found
      if (outcome === undefined) break
      outcomes.set(each, outcome)
      const mayContinue = each === 'first' ? outcome.state === 'sent' : hasVerdict(outcome)
      if (!mayContinue) break
    }
  } finally {
    await sender?.close()
  }
  return outcomes
}

/** True if DingTalk's reply is about the message itself. */
function hasVerdict(outcome: TestOutcome): boolean {
  return outcome.state === 'sent' || (outcome.errcode !== null && !isAboutLoad(outcome))
}

/** Asks the person what the group shows, which no reply contains. */
async function askWhatGroupShows(
  outcomes: ReadonlyMap<Probe, TestOutcome>,
  ask: Ask,
): Promise<Seen> {
  const seen: Seen = { copies: undefined, notified: undefined }
  if (outcomes.has('repeat')) {
    const [, copies] =
      /^\s*([12])/.exec((await ask('How often does the group show Test 1? [1/2/?] ')) ?? '') ?? []
    seen.copies = copies === undefined ? undefined : Number(copies)
  }
  if (outcomes.get('everyone')?.state === 'sent') {
    const [, notified] =
      /^\s*([yn])/i.exec((await ask('Did Test 2 notify everyone? [y/n/?] ')) ?? '') ?? []
    seen.notified = notified === undefined ? undefined : notified.toLowerCase() === 'y'
  }
  return seen
}

async function askTerminal(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await terminal.question(question)
  } finally {
    terminal.close()
  }
}
