import { firstOf } from '../../parsing/text.ts'
import { CLUSTERS, HOSTS, kindOf } from './label-kinds.ts'
import { isExporterAddress } from './reporter.ts'
import { targetLabels } from './target-labels.ts'

type Texts = Readonly<Record<string, string>>

export interface Target {
  /** `key=value` pairs joined by colons; undefined if no label identifies the object. */
  text: string | undefined
  /** Label that names the machine; undefined if none does, or only the exporter's own address. */
  host: string | undefined
}

/** OceanBase's own names for a cluster, in order of precedence. */
export const OB_CLUSTERS = ['ob_cluster_name', 'ob_cluster', 'obregion'] as const
export const TENANTS = ['tenant_name', 'ob_tenant', 'tenant'] as const
const OB_HOSTS = ['svr_ip', 'host_ip', 'host', 'instance'] as const

/** Labels that only OceanBase's rules have. */
const OB_LABELS = [
  ...OB_CLUSTERS,
  'ob_cluster_id',
  'ob_tenant',
  'obzone',
  'svr_ip',
  'obproxy_cluster',
] as const

/**
 * The object that an alert is about, the most general part first. An alert and its recovery have the same target. An
 * exporter that only measured the object is left out unless nothing else identifies the alert. For OceanBase, OCP's
 * keys come first, then those of other labels. Pure.
 */
export function targetOf(labels: Texts, annotations: Texts): Target {
  const names = targetLabels(labels, annotations)
  if (!isOceanBase(labels)) {
    const host = HOSTS.find((label) => names.includes(label))
    const isMachine = names.includes('instance') && !isExporterAddress(labels['instance'])
    return {
      text: joined(names.map((name) => [name, labels[name]])),
      host: host ?? (isMachine ? 'instance' : undefined),
    }
  }
  const more = names.filter((name) => ['thing', 'part', 'name', 'other'].includes(kindOf(name)))
  return {
    text: joined([
      ...oceanBasePairs(labels),
      ...more.filter((name) => !isOcpKey(name)).map((name) => [name, labels[name]] as const),
    ]),
    host: OB_HOSTS.find((label) => labels[label] !== undefined),
  }
}

function isOceanBase(labels: Texts): boolean {
  return labels['app'] === 'OB' || OB_LABELS.some((label) => labels[label] !== undefined)
}

type Pair = readonly [string, string | undefined]

/** The pairs that OCP writes: the cluster with its id, the tenant, the host. */
function oceanBasePairs(labels: Texts): Pair[] {
  const cluster = firstOf(labels, [...OB_CLUSTERS, ...CLUSTERS])
  const id = labels['ob_cluster_id']
  return [
    ['obproxy_cluster', labels['obproxy_cluster']],
    ['ob_cluster', cluster !== undefined && id !== undefined ? `${cluster}-${id}` : cluster],
    ['tenant_name', firstOf(labels, TENANTS)],
    ['host', firstOf(labels, OB_HOSTS)],
  ]
}

function isOcpKey(label: string): boolean {
  return /^ob_?|^(?:svr|tenant|zone|app)/.test(label)
}

function joined(pairs: readonly Pair[]): string | undefined {
  const known = pairs.filter(([, value]) => value !== undefined)
  return known.length === 0 ? undefined : known.map(([name, value]) => `${name}=${value}`).join(':')
}
