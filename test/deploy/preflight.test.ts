import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../support/receiver.ts'

const PREFLIGHT = fileURLToPath(new URL('../../deploy/preflight.cjs', import.meta.url))

/** What it says in a checkout with these packages, run by a Node.js that calls itself this version. */
function said(
  packages: readonly string[],
  version: string,
): { status: number | null; text: string } {
  using folder = temporaryFolder()
  mkdirSync(join(folder.path, 'deploy'))
  cpSync(PREFLIGHT, join(folder.path, 'deploy/preflight.cjs'))
  for (const each of packages)
    mkdirSync(join(folder.path, 'node_modules', each), { recursive: true })
  const pretend = join(folder.path, 'pretend.cjs')
  writeFileSync(
    pretend,
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`,
  )
  const args = ['--require', pretend, join(folder.path, 'deploy/preflight.cjs')]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return { status, text: stderr }
}

describe('before a script in TypeScript', () => {
  test('it is asked, by each script of package.json', () => {
    const { scripts } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    )
    const inTypeScript = Object.entries(scripts as Record<string, string>).filter(([, script]) =>
      script.includes('.ts'),
    )
    assert.ok(inTypeScript.length > 8)
    for (const [name, script] of inTypeScript)
      assert.match(script, /^(node deploy\/preflight\.cjs|npm run --silent build) && /, name)
  })

  test('nothing is printed if nothing is missing', () =>
    assert.deepEqual(said(['typescript', 'ajv'], '22.19.0'), { status: 0, text: '' }))

  test('packages that were left out are named in one sentence', () =>
    assert.deepEqual(said(['ajv'], '24.0.0'), {
      status: 1,
      text: 'A checkout needs the development packages: run npm ci, without --omit=dev, in this folder.\n',
    }))

  test('a Node.js that is too old is named in one sentence', () => {
    const { status, text } = said(['typescript', 'ajv'], '20.19.0')
    assert.equal(status, 1)
    assert.match(text, /^This is Node\.js 20\.19\.0, and 22\.19 or newer is needed: [^\n]*\n$/)
  })
})
