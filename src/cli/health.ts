import { askReadiness } from '../http/own-receiver.ts'
import { type ConfigOptions, load } from './load.ts'

/**
 * Prints in one line whether the receiver with this configuration is ready, on standard error if it is not. Returns 0 if
 * it is, else 1.
 */
export async function health(options: ConfigOptions): Promise<number> {
  const { isReady, explanation } = await askReadiness((await load(options)).settings)
  const output = isReady ? process.stdout : process.stderr
  output.write(`${explanation}\n`)
  return isReady ? 0 : 1
}
