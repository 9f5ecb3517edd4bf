import { parseAllDocuments } from 'yaml'
import { faultLine } from '../fault-line.ts'

/** Flags of prometheus-webhook-dingtalk 0.3, which this program accepts as they are. */
const FLAG = /-{1,2}((?:ding\.(?:profile|timeout)|template\.file)\b)/g

/**
 * The fault for a Kubernetes manifest or a compose file, with what to do: extract or convert a configuration, or start
 * with the old flags. Undefined for other files.
 */
export function manifestFault(text: string, file: string): string | undefined {
  const documents = mappingsIn(text)
  const files = documents
    .filter(({ kind }) => kind === 'ConfigMap')
    .flatMap(({ data }) => Object.entries(data ?? {}))
  if (files.length > 0)
    return faultLine(file, undefined, `is a Kubernetes ConfigMap; ${filesHint(files)}`)
  for (const each of documents) {
    const { kind, apiVersion, services } = each
    const isKubernetes = kind !== undefined && apiVersion !== undefined
    if (!isKubernetes && services === undefined) continue
    const flags = [...JSON.stringify(each).matchAll(FLAG)].map(([, flag]) => `--${flag}`)
    const what = isKubernetes ? `Kubernetes ${kind}` : 'docker-compose file'
    const hint =
      flags.length > 0
        ? `nothing needs a conversion: start dingtalk-receiver with its ${[...new Set(flags)].join(', ')}`
        : 'convert the config.yml that its container reads'
    return faultLine(file, undefined, `is a ${what}; ${hint}`)
  }
  return undefined
}

function filesHint(files: readonly [string, unknown][]): string {
  const names = files.map(([name]) => name)
  const config = files.find(([, text]) => /^targets:/m.test(String(text)))?.[0]
  const save = `save the value of each key of its data as a file of that name (${names.join(', ')})`
  if (config === undefined) return `${save}, and convert the one with targets`
  const templates = names
    .filter((name) => !/\.ya?ml$/.test(name))
    .map((name) => ` --templates ${name}`)
  return `${save}, then: dingtalk-receiver convert ${config}${templates.join('')}`
}

interface Manifest {
  kind?: string
  apiVersion?: string
  data?: object
  services?: object
}

/** The documents of a YAML file that are mappings; none if it cannot be read. */
function mappingsIn(text: string): Manifest[] {
  try {
    const all = [...parseAllDocuments(text)].map((each) => each.toJS() as Manifest | undefined)
    return all.filter((each): each is Manifest => typeof each === 'object' && each !== null)
  } catch {
    return []
  }
}
