import { readFileSync } from 'node:fs'
import { convertWebhookDingtalk } from '../config/convert.ts'
import { readWebhookDingtalk } from '../config/webhook-dingtalk.ts'
import { AppError, messageOf } from '../errors.ts'

/** Prints the equivalent configuration of a prometheus-webhook-dingtalk config.yml. */
export function convert(file: string): number {
  const { config, faults } = readWebhookDingtalk(read(file), file)
  if (config === undefined) throw new AppError('bad_configuration', faults.join('\n'), { faults })
  process.stdout.write(convertWebhookDingtalk(config))
  return 0
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new AppError('unreadable_file', `cannot read ${file}: ${messageOf(error)}`)
  }
}
