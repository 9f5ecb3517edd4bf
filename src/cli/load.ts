import { type Loaded, loadSettings } from '../config/load.ts'
import type { OldFlags } from './old-flags.ts'

export interface ConfigOptions extends OldFlags {
  config?: string
  listen?: string
  'web.externalUrl'?: string
  'web.config.file'?: string
  'storage.path'?: string
}

/** Loads the configuration for a command. */
export async function load(options: ConfigOptions): Promise<Loaded> {
  const read = await loaderOf(options)
  return read()
}

/** Returns a function that reads the configuration again each time. */
export async function loaderOf(options: ConfigOptions): Promise<() => Loaded> {
  const given = hasOldFlags(options)
    ? (await import('./old-flags.ts')).flagsReader(options)
    : () => undefined
  return () =>
    loadSettings({
      file: options.config,
      listen: options.listen,
      externalUrl: options['web.externalUrl'],
      storagePath: options['storage.path'],
      webConfig: options['web.config.file'],
      env: process.env,
      cwd: process.cwd(),
      given: given(),
    })
}

function hasOldFlags(options: ConfigOptions): boolean {
  const { 'ding.profile': profile, 'ding.timeout': timeout, 'template.file': template } = options
  return [profile, timeout, template].some((each) => each !== undefined)
}
