import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { temporaryFolder } from '../support/receiver.ts'
import { runTool } from '../support/tools.ts'
import { DEPLOY, type Manifest } from './manifests.ts'

export const CHART = join(DEPLOY, 'helm/dingtalk-receiver')

export const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Record<
  string,
  string
>

/** The smallest values that make a whole release. */
export const MINIMAL = parse(readFileSync(join(CHART, 'ci/minimal-values.yaml'), 'utf8')) as object

/** What `helm template alerts` prints for values on top of the chart's own; throws what Helm says where it refuses. */
export function renderChart(values: object, ...options: string[]): string {
  using folder = temporaryFolder()
  const file = join(folder.path, 'values.yaml')
  writeFileSync(file, stringify(values))
  return runTool(
    'helm',
    ...['template', 'alerts', CHART, '--namespace', 'ops', '--values', file],
    ...options,
  )
}

/** The Kubernetes objects in a text of several documents. */
export function objectsOf(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(document.errors[0]?.message)
    const value = document.toJS() as Manifest | null
    return value === null ? [] : [value]
  })
}

/** The objects of a release with these values on top of the smallest ones. */
export function rendered(values: object, ...options: string[]): Manifest[] {
  return objectsOf(renderChart({ ...MINIMAL, ...values }, ...options))
}

export function kind(objects: readonly Manifest[], name: string): Manifest[] {
  return objects.filter((each) => each.kind === name)
}

/** The pods of the workload. */
export function podOf(objects: readonly Manifest[]): Manifest {
  const [workload] = [...kind(objects, 'StatefulSet'), ...kind(objects, 'Deployment')]
  return workload.spec.template
}
