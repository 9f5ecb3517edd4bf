import { realClock } from '../clock.ts'
import { proxyNotes } from '../config/proxy.ts'
import { securityWarnings } from '../decisions/security-warnings.ts'
import { AppError } from '../errors.ts'
import { createRenderer } from '../rendering/renderer.ts'
import { type ConfigOptions, load } from './load.ts'

/** Validates configuration and templates; prints each fault as a line on standard output. */
export async function check(options: ConfigOptions): Promise<number> {
  try {
    const { settings, file, warnings } = await load(options)
    const renderer = createRenderer(settings, settings.channels.values())
    const found = await renderer.check()
    if (found.failures.length > 0)
      throw new AppError('bad_configuration', 'templates', { faults: found.failures })
    const securityNotes = securityWarnings(settings, realClock.now()).map(
      ({ explanation }) => explanation,
    )
    for (const warning of [...warnings, ...found.warnings, ...securityNotes])
      process.stdout.write(`warning: ${warning}\n`)
    for (const note of proxyNotes(settings)) process.stdout.write(`note: ${note}\n`)
    const what = `${count(settings.robots.size, 'robot')}, ${count(settings.channels.size, 'channel')}`
    process.stdout.write(`${file ?? 'no configuration file'}: ok (${what})\n`)
    return 0
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    for (const fault of error.lines) process.stdout.write(`${fault}\n`)
    return 1
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
