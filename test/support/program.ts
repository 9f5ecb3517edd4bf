import { spawnSync } from 'node:child_process'

/**
 * Options for a test that needs a program: skipped by name if it is missing, with a hint how to install it; with
 * `CI=true` the test runs, and fails.
 */
export function needs(program: string, debianPackage: string): { skip?: string } {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  if (found || process.env['CI'] === 'true') return {}
  return { skip: `${program} is not installed: apt-get install ${debianPackage}` }
}
