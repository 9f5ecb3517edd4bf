import type { Loaded } from './config/load.ts'
import { AppError } from './errors.ts'
import { createRenderer } from './rendering/renderer.ts'
import type { Renderer } from './rendering/types.ts'

/** A configuration that may be put in force. */
export interface Prepared {
  loaded: Loaded
  renderer: Renderer
  /** Of the configuration and of the templates. */
  warnings: readonly string[]
}

/**
 * What can be wrong with a configuration by itself, found before anything of it is in force. Templates that fail in some
 * situation are found by a rehearsal: refused at a reload, where the one before goes on; a warning after a start, since
 * a built-in one tells those alerts and no receiver would tell none.
 */
export function prepare(loaded: Loaded): Prepared {
  const renderer = createRenderer(loaded.settings, loaded.settings.channels.values())
  const { faults, warnings } = renderer.names()
  refuse(faults)
  return { loaded, renderer, warnings: [...loaded.warnings, ...warnings] }
}

/** AppError bad_configuration where there are faults. */
export function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new AppError('bad_configuration', faults[0] as string, { faults })
}
