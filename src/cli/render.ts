import { readFileSync } from 'node:fs'
import { realClock } from '../clock.ts'
import { AppError, messageOf } from '../errors.ts'
import { createDingtalk } from '../notifiers/dingtalk/index.ts'
import { createRenderer } from '../rendering/renderer.ts'
import { preview } from '../reporting/preview.ts'
import { sources } from '../sources/index.ts'
import { type ConfigOptions, load } from './load.ts'

interface RenderOptions extends ConfigOptions {
  payload: string
  format: 'json' | 'text'
}

/** Prints the messages that a payload would become in a channel, without sending. */
export async function render(channel: string, options: RenderOptions): Promise<number> {
  const { settings } = await load(options)
  const notifier = createDingtalk({ clock: realClock, sandbox: () => ({ status: 200, body: '' }) })
  const messages = await preview(
    { channel, payload: read(options.payload), now: realClock.now() },
    {
      settings,
      sources,
      notifier,
      rendererFor: (each) => createRenderer(settings, [each]),
    },
  )
  for (const message of messages) {
    for (const fault of message.faults) process.stderr.write(`warning: ${fault}\n`)
    process.stdout.write(
      options.format === 'json'
        ? `${JSON.stringify(message.body)}\n`
        : `--- ${message.kind}, ${message.bytes} bytes\n${message.title}\n\n${message.text}\n`,
    )
  }
  return 0
}

function read(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw new AppError('unreadable_file', `--payload: cannot read ${path}: ${messageOf(error)}`)
  }
}
