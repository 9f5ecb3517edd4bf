import { globSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { TemplateFile } from './messages.ts'

/** Reads the files that match globs, relative to a folder; `missing` are the globs without a match. */
export function findTemplates(
  patterns: readonly string[],
  folder: string,
): { templates: TemplateFile[]; missing: string[] } {
  const found = patterns.map((pattern) => ({ pattern, paths: matching(pattern, folder) }))
  const paths = [...new Set(found.flatMap((each) => each.paths))]
  return {
    templates: paths.map((path) => ({ path, text: readFileSync(path, 'utf8') })),
    missing: found.filter((each) => each.paths.length === 0).map(({ pattern }) => pattern),
  }
}

/** Sorted as in Go, because a later file may redefine a template of an earlier one. */
function matching(pattern: string, folder: string): string[] {
  return globSync(pattern, { cwd: folder })
    .map((path) => resolve(folder, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .sort()
}
