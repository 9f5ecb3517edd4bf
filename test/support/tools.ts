import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const TOOLS = new URL('../../.ci/tools/', import.meta.url)

/** Where a program of `.ci/tools` is; the one of the machine where they were not fetched. */
export function toolNamed(name: 'helm' | 'kubectl'): string {
  const fetched = fileURLToPath(new URL(`programs/${name}/${name}`, TOOLS))
  return existsSync(fetched) ? fetched : name
}

/** Options for a test that needs `.ci/tools`: skipped where they were not fetched; with `CI=true` it runs, and fails. */
export function needsTools(): { skip?: string } {
  if (existsSync(new URL('programs/', TOOLS)) || process.env['CI'] === 'true') return {}
  return { skip: 'Helm, kubectl and the models are not there: .ci/tools/fetch' }
}

/** Output of a program of `.ci/tools`; an Error with what it said otherwise. */
export function runTool(name: 'helm' | 'kubectl', ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(toolNamed(name), args, { encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(stderr)
  return stdout
}

/** A file of a package of `.ci/tools`, imported. */
export function importTool(path: string): Promise<Record<string, unknown>> {
  return import(new URL(`node_modules/${path}`, TOOLS).href)
}
