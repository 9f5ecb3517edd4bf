import { randomUUID } from 'node:crypto'
import { realClock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Robot } from '../model/settings.ts'
import { createDingtalk } from '../notifiers/dingtalk/index.ts'
import { robotsOf } from '../pipeline/compose-message.ts'
import { testContent } from '../pipeline/test-message.ts'
import { conceal } from '../redact.ts'
import { SandboxGroup } from '../sandbox/group.ts'
import { type ConfigOptions, load } from './load.ts'

/** Sends a test message straight away, to one robot or to each of a channel; 0 only when all were accepted. */
export async function test(name: string, options: ConfigOptions): Promise<number> {
  const { settings } = load(options)
  const channel = settings.channels.get(name)
  const robot = settings.robots.get(name)
  const robots: Robot[] =
    channel !== undefined ? robotsOf(channel, settings) : robot !== undefined ? [robot] : []
  if (robots.length === 0) {
    const channels = [...settings.channels.keys()].join(', ')
    const known = `channels: ${channels}; robots: ${[...settings.robots.keys()].join(', ')}`
    throw new AppError(
      'not_found',
      `there is no robot or channel ${JSON.stringify(conceal(name))}; ${conceal(known)}`,
    )
  }
  const sandbox = new SandboxGroup()
  const notifier = createDingtalk({
    clock: realClock,
    sandbox: (each, request, now) => sandbox.receive(each, request, now),
  })
  let accepted = true
  for (const each of robots) {
    const body = notifier.compose(testContent(name, settings), [each], randomUUID())
    const { outcome, words, errcode } = await notifier.send(each, body, realClock.now())
    const verdict = outcome.kind === 'delivered' ? 'accepted' : 'not accepted'
    const code = errcode === undefined ? '' : ` (errcode ${errcode})`
    process.stdout.write(`${each.name}: ${verdict}${code}. ${words}\n`)
    accepted &&= outcome.kind === 'delivered'
  }
  await notifier.close()
  return accepted ? 0 : 1
}
