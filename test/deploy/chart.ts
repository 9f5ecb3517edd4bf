import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { readTemplates } from './go-template.ts'
import { DEPLOY } from './manifests.ts'

const CHART = join(DEPLOY, 'helm/dingtalk-receiver')

type Values = Record<string, unknown>

export const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Record<
  string,
  string
>

/** The chart's values with some of them changed, as `helm --values` merges them. */
export function valuesWith(changes: Values): Values {
  return merge(parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as Values, changes)
}

/** What templates see. */
export function contextOf(values: Values): Values {
  return {
    Values: values,
    Release: { Name: 'alerts', Namespace: 'ops', Service: 'Helm' },
    Chart: { Name: chart['name'], Version: chart['version'], AppVersion: chart['appVersion'] },
    Files: { Get: (path: string) => readFileSync(join(CHART, path), 'utf8') },
  }
}

/** The texts that the chart's files become, by file name. */
export function renderChart(values: Values): Map<string, string> {
  const folder = join(CHART, 'templates')
  const files = new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
  const templates = readTemplates(files, {
    toYaml: (value: unknown) => stringify(value).trimEnd(),
  })
  const shown = [...files.keys()].filter((name) => !name.startsWith('_'))
  return new Map(shown.map((name) => [name, templates.render(name, contextOf(values))]))
}

/** The Kubernetes objects among them. */
export function objectsOf(rendered: ReadonlyMap<string, string>): Values[] {
  return [...rendered]
    .filter(([name]) => name.endsWith('.yaml'))
    .flatMap(([name, text]) =>
      parseAllDocuments(text).flatMap((document) => {
        if (document.errors.length > 0) throw new Error(`${name}: ${document.errors[0]?.message}`)
        const value = document.toJS() as Values | null
        return value === null ? [] : [value]
      }),
    )
}

function merge(base: Values, changes: Values): Values {
  const result = { ...base }
  for (const [key, value] of Object.entries(changes))
    result[key] = isMap(value) && isMap(base[key]) ? merge(base[key], value) : value
  return result
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
