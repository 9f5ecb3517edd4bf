import { type Loaded, loadSettings } from '../config/load.ts'
import { type OldFlags, settingsOfFlags } from './old-flags.ts'

export interface ConfigOptions extends OldFlags {
  config?: string
  listen?: string
  'web.externalUrl'?: string
  'web.config.file'?: string
  'storage.path'?: string
}

/** Loads the configuration for a command. */
export function load(options: ConfigOptions): Loaded {
  return loadSettings({
    file: options.config,
    listen: options.listen,
    externalUrl: options['web.externalUrl'],
    storagePath: options['storage.path'],
    webConfig: options['web.config.file'],
    env: process.env,
    cwd: process.cwd(),
    given: settingsOfFlags(options),
  })
}
