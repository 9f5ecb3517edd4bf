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

describe('dependencies', () => {
  test('have exact versions', () => {
    const wanted = { ...own.dependencies, ...own.devDependencies } as Record<string, string>
    for (const [name, version] of Object.entries(wanted))
      assert.match(version, /^\d+\.\d+\.\d+$/, name)
  })

  test('have a hash each and no custom source', () => {
    for (const [path, { integrity, resolved, link }] of packages) {
      assert.match(integrity ?? 'none', /^sha512-/, path)
      assert.equal(resolved, undefined, path)
      assert.equal(link, undefined, path)
    }
  })

  test('run no install scripts, except the bundled runtime', () => {
    const running = packages.filter(([, each]) => each.hasInstallScript === true)
    assert.deepEqual(
      running.map(([path]) => path),
      ['node_modules/node'],
    )
    assert.equal(lock.packages['node_modules/node']?.dev, true)
    assert.deepEqual(Object.keys(own.allowScripts), ['node'])
  })

  test('have only agreed licences', () => {
    const wrong = shipped
      .filter(([, { license }]) => !ALLOWED_LICENCES.has(license ?? 'none named'))
      .map(([path, { license }]) => `${path}: ${license}`)
    assert.deepEqual(wrong, [])
  })

  test('are few', () => {
    assert.ok(Object.keys(own.dependencies).length <= 20, 'each needs an owner in the architecture')
    assert.ok(shipped.length <= 150, `${shipped.length} packages ship`)
  })
})
