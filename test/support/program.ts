import { spawnSync } from 'node:child_process'

/**
 * Options for a test that drives a program: skipped by name where it is not installed, with how to get it; with
 * `CI=true` it runs all the same, and so fails.
 */
export function needs(program: string, debianPackage: string): { skip?: string } {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  if (found || process.env['CI'] === 'true') return {}
  return { skip: `${program} is not installed: apt-get install ${debianPackage}` }
}
