import { type Loaded, loadSettings } from '../config/load.ts'
import { type OldFlags, settingsOfFlags } from './old-flags.ts'

export interface ConfigOptions extends OldFlags {
  config?: string
  listen?: string
}

/** Loads the configuration for a command. */
export function load(options: ConfigOptions): Loaded {
  return loadSettings({
    file: options.config,
    listen: options.listen,
    env: process.env,
    cwd: process.cwd(),
    given: settingsOfFlags(options),
  })
}
