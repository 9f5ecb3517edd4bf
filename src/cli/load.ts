import { type Loaded, loadSettings } from '../config/load.ts'

export interface ConfigOptions {
  config?: string
  listen?: string
}

/** Loads the configuration of a command. */
export function load(options: ConfigOptions): Loaded {
  return loadSettings({
    file: options.config,
    listen: options.listen,
    env: process.env,
    cwd: process.cwd(),
  })
}
