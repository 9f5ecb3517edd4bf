import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { textOf } from './manifests.ts'

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url)
const read = (path: string): string => readFileSync(at(path), 'utf8')

interface Step {
  id?: string
  run?: string
  with?: Record<string, string>
}

interface Workflow {
  env?: Record<string, string>
  jobs: Record<string, { steps: Step[] }>
}

const ci = parse(read('.github/workflows/ci.yml')) as Workflow
const release = parse(read('.github/workflows/release.yml')) as Workflow
const { scripts } = JSON.parse(read('package.json'))

describe('the workflows', () => {
  test('run scripts and files that exist', () => {
    const runs = [ci, release].flatMap(({ jobs }) =>
      Object.values(jobs).flatMap(({ steps }) => steps.map(({ run = '' }) => run)),
    )
    const named = runs.flatMap((run) => [...run.matchAll(/npm run ([\w:]+)/g)])
    for (const [, script = ''] of named) assert.ok(script in scripts, script)
    const files = runs.flatMap((run) => [
      ...run.matchAll(/(?:^|[ \n])((?:test|deploy|\.ci|\.github)\/[\w./-]+)/g),
    ])
    assert.ok(files.length > 3)
    for (const [, file = ''] of files) assert.ok(existsSync(at(file)), file)
  })

  test('build before they test the package, which is made of the build', () => {
    const runs = (ci.jobs['node'] as { steps: Step[] }).steps.map(({ run }) => run)
    const tested = runs.findIndex((run) => run?.includes('package.test.ts'))
    assert.ok(runs.indexOf('npm run build') > 0 && runs.indexOf('npm run build') < tested)
  })

  test('pin the base image of a release by the digest that the registry gives', () => {
    const { steps } = release.jobs['image'] as { steps: Step[] }
    const base = steps.find(({ id }) => id === 'base')
    assert.match(
      base?.run ?? '',
      /^echo "digest=\$\(docker buildx imagetools inspect "\$NODE_IMAGE"/,
    )
    const build = steps.find(({ id }) => id === 'build')
    assert.ok(steps.indexOf(base as Step) < steps.indexOf(build as Step))
    assert.ok(
      build?.with?.['build-args']
        ?.split('\n')
        .includes('NODE_IMAGE=${{ env.NODE_IMAGE }}@${{ steps.base.outputs.digest }}'),
    )
    const [, standard] = /^ARG NODE_IMAGE=(.+)$/m.exec(textOf('Dockerfile')) ?? []
    assert.equal(release.env?.['NODE_IMAGE'], standard)
    assert.doesNotMatch(textOf('Dockerfile'), /sha256:[0-9a-f]/)
  })
})
