import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url))

// biome-ignore lint/suspicious/noExplicitAny: manifests are read as they are written
export type Manifest = any

/** A file in deploy/, as text. */
export function textOf(path: string): string {
  return readFileSync(join(DEPLOY, path), 'utf8')
}

/** Every file in deploy/ with one of these endings, by its path there. */
export function filesIn(...endings: string[]): string[] {
  return readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' })
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
}
