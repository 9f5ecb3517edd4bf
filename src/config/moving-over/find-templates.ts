import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, parse, resolve } from 'node:path'
import type { TemplateFile } from './messages.ts'

/** Reads the files that match Go globs, relative to a folder; `missing` are the globs without a match. */
export function findTemplates(
  patterns: readonly string[],
  folder: string,
): { templates: TemplateFile[]; missing: string[] } {
  const found = patterns.map((pattern) => ({ pattern, paths: matching(resolve(folder, pattern)) }))
  const paths = [...new Set(found.flatMap((each) => each.paths))]
  return {
    templates: paths.map((path) => ({ path, text: readFileSync(path, 'utf8') })),
    missing: found.filter((each) => each.paths.length === 0).map(({ pattern }) => pattern),
  }
}

/** Files whose path matches a glob as in Go: `*`, `?` and `[…]` match within one path segment. */
function matching(pattern: string): string[] {
  const { root } = parse(pattern)
  const names = pattern.slice(root.length).split(/[/\\]/)
  let paths = [root]
  for (const name of names)
    paths = /[*?[]/.test(name)
      ? paths.flatMap((path) =>
          entriesIn(path)
            .filter((each) => fits(each, name))
            .map((each) => join(path, each)),
        )
      : paths.map((path) => join(path, name)).filter((path) => existsSync(path))
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
}

function entriesIn(path: string): string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory()
  return isFolder ? readdirSync(path).sort() : []
}

/** Whether a name matches a glob. Only the last star backtracks, so the time is at most name length × glob length. */
function fits(name: string, glob: string): boolean {
  const parts = glob.match(/\[\^?[^\]]+\]|./gs) ?? []
  let [at, part, star, resumed] = [0, 0, -1, 0]
  while (at < name.length) {
    const wanted = parts[part]
    if (wanted === '*') [star, resumed, part] = [part, at, part + 1]
    else if (wanted !== undefined && isOne(name[at] as string, wanted))
      [at, part] = [at + 1, part + 1]
    else if (star < 0) return false
    else [part, resumed, at] = [star + 1, resumed + 1, resumed + 1]
  }
  return parts.slice(part).every((each) => each === '*')
}

function isOne(character: string, wanted: string): boolean {
  if (wanted === '?') return true
  if (!wanted.startsWith('[') || wanted.length < 3) return character === wanted
  const negated = wanted[1] === '^'
  const set = wanted.slice(negated ? 2 : 1, -1)
  const ranges = set.match(/.-.|./gs) ?? []
  const holds = ranges.some(
    (range) => character >= (range[0] as string) && character <= (range.at(-1) as string),
  )
  return holds !== negated
}
