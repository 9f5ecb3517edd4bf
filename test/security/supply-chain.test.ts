import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ALLOWED_LICENCES } from '../../deploy/licences.ts'

const read = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

interface Locked {
  version: string
  license?: string
  integrity?: string
  resolved?: string
  dev?: boolean
  hasInstallScript?: boolean
  link?: boolean
}

const lock: { packages: Record<string, Locked> } = JSON.parse(read('package-lock.json'))
const packages = Object.entries(lock.packages).filter(([path]) => path !== '')
const shipped = packages.filter(([, each]) => each.dev !== true)
const own = JSON.parse(read('package.json'))

describe('what comes from others', () => {
  test('is named by exact versions', () => {
    const wanted = { ...own.dependencies, ...own.devDependencies } as Record<string, string>
    for (const [name, version] of Object.entries(wanted))
      assert.match(version, /^\d+\.\d+\.\d+$/, name)
  })

  test('is what it was when it was chosen: each package has its hash, and none its own source', () => {
    for (const [path, { integrity, resolved, link }] of packages) {
      assert.match(integrity ?? 'none', /^sha512-/, path)
      assert.equal(resolved, undefined, path)
      assert.equal(link, undefined, path)
    }
  })

  test('runs nothing when it is installed, but for the runtime of the checkout', () => {
    const running = packages.filter(([, each]) => each.hasInstallScript === true)
    assert.deepEqual(
      running.map(([path]) => path),
      ['node_modules/node'],
    )
    assert.equal(lock.packages['node_modules/node']?.dev, true)
    assert.deepEqual(Object.keys(own.allowScripts), ['node'])
  })

  test('may ship with this: every licence is one that was agreed to', () => {
    const wrong = shipped
      .filter(([, { license }]) => !ALLOWED_LICENCES.has(license ?? 'none named'))
      .map(([path, { license }]) => `${path}: ${license}`)
    assert.deepEqual(wrong, [])
  })

  test('is little', () => {
    assert.ok(Object.keys(own.dependencies).length <= 20, 'each needs an owner in the architecture')
    assert.ok(shipped.length <= 150, `${shipped.length} packages ship`)
  })
})
