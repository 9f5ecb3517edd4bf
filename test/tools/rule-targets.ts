/**
 * Prints what each rule of a file is said to be about: `node test/tools/rule-targets.ts RULES.json [--stack]`. The file is
 * a JSON list of rules (alert, expr, labels, annotations). Labels are made as the expression yields them, roughly: those
 * of its first metric and of the scrape, narrowed by `by`, `without`, `ignoring` and widened by `group_left`. `--stack`:
 * the scrape of kube-state-metrics adds its pod and service, as a Helm chart does. `EXPORTER` marks a target with an
 * address that only measured; `lacks` lists labels that the rule's own words name and the target does not hold.
 */
import { readFileSync } from 'node:fs'
import { alertmanager } from '../../src/sources/alertmanager/index.ts'

type Labels = Record<string, string>

interface Rule {
  alert: string
  expr: string
  labels?: Labels
  annotations?: Labels
}

const [file, mode] = process.argv.slice(2)
if (file === undefined) throw new Error('give the path of a JSON file with rules')

/** Addresses and pods that only measured. */
const REPORTERS = ['192.0.2.80', 'ksm-pod-1', '192.0.2.81', 'node-exporter-pod-1']

const KSM: Labels = {
  instance: '192.0.2.80:8080',
  job: 'kube-state-metrics',
  container: 'kube-state-metrics',
  endpoint: 'http',
  namespace: 'monitoring',
  ...(mode === '--stack' ? { pod: 'ksm-pod-1', service: 'ksm' } : {}),
}
const KUBELET: Labels = {
  instance: '192.0.2.81:10250',
  job: 'kubelet',
  node: 'worker-1',
  metrics_path: '/metrics',
  endpoint: 'https-metrics',
  service: 'kubelet',
  namespace: 'kube-system',
}
const NODE: Labels = {
  instance: 'worker-1',
  job: 'node-exporter',
  container: 'node-exporter',
  pod: 'node-exporter-pod-1',
  namespace: 'monitoring',
  service: 'node-exporter',
  endpoint: 'https',
}

/** A program that reports on itself. */
function itself(job: string): Labels {
  const at = { namespace: 'monitoring', service: job, endpoint: 'web', instance: '192.0.2.9:9090' }
  return { ...at, job, container: job, pod: `${job}-0` }
}

/** What a metric brings, by the beginning of its name: the labels of its scrape and its own. */
const METRICS: readonly (readonly [RegExp, Labels, Labels])[] = [
  [/^kube_state_metrics/, itself('kube-state-metrics'), { resource: 'pods', result: 'error' }],
  [
    /^kube_pod_container/,
    KSM,
    { namespace: 'shop', pod: 'pay-1', container: 'main', uid: 'u1', reason: 'ErrImagePull' },
  ],
  [/^kube_pod_/, KSM, { namespace: 'shop', pod: 'pay-1', uid: 'u1', phase: 'Pending' }],
  [/^kube_deployment/, KSM, { namespace: 'shop', deployment: 'pay' }],
  [/^kube_statefulset/, KSM, { namespace: 'shop', statefulset: 'db' }],
  [/^kube_daemonset/, KSM, { namespace: 'shop', daemonset: 'agent' }],
  [/^kube_job/, KSM, { namespace: 'shop', job_name: 'backup-1' }],
  [/^kube_horizontalpodautoscaler/, KSM, { namespace: 'shop', horizontalpodautoscaler: 'pay-hpa' }],
  [/^kube_poddisruptionbudget/, KSM, { namespace: 'shop', poddisruptionbudget: 'pay-pdb' }],
  [
    /^kube_resourcequota/,
    KSM,
    { namespace: 'shop', resourcequota: 'quota-1', resource: 'requests.cpu', type: 'used' },
  ],
  [/^kube_persistentvolume_/, KSM, { persistentvolume: 'pv-1', phase: 'Failed' }],
  [/^kube_node/, KSM, { node: 'worker-1', condition: 'DiskPressure', status: 'true' }],
  [/^kubelet_volume/, KUBELET, { namespace: 'shop', persistentvolumeclaim: 'data-db-0' }],
  [
    /^container_/,
    KUBELET,
    { namespace: 'shop', pod: 'pay-1', container: 'main', image: 'i', name: 'n', id: '/x' },
  ],
  [/^kubelet_evictions/, KUBELET, { eviction_signal: 'memory.available' }],
  [/^kubelet_|^node_quantile/, KUBELET, {}],
  [/^node_filesystem/, NODE, { device: '/dev/sda1', mountpoint: '/data', fstype: 'ext4' }],
  [/^node_md/, NODE, { device: 'md0', state: 'failed' }],
  [/^node_disk/, NODE, { device: 'sda' }],
  [/^node_network/, NODE, { device: 'eth0' }],
  [/^node_bonding/, NODE, { master: 'bond0' }],
  [/^node_systemd/, NODE, { name: 'chronyd.service', state: 'failed', type: 'notify' }],
  [/^node_cpu/, NODE, { cpu: '0', mode: 'user' }],
  [/^node_/, NODE, {}],
  [/^alertmanager_notif/, itself('alertmanager-main'), { integration: 'slack', reason: 'other' }],
  [/^alertmanager/, itself('alertmanager-main'), {}],
  [
    /^prometheus_operator_managed/,
    itself('prometheus-operator'),
    { controller: 'prometheus', resource: 'probes', state: 'rejected' },
  ],
  [/^prometheus_operator/, itself('prometheus-operator'), { controller: 'prometheus' }],
  [/^prometheus_sd/, itself('prometheus-k8s'), { mechanism: 'kubernetes' }],
  [
    /^prometheus_notifications_(?:err|sent)/,
    itself('prometheus-k8s'),
    { alertmanager: 'http://192.0.2.10:9093/api/v2/alerts' },
  ],
  [
    /^prometheus_remote/,
    itself('prometheus-k8s'),
    { remote_name: 'long-term', url: 'https://metrics.example/api/write' },
  ],
  [/^prometheus/, itself('prometheus-k8s'), {}],
  [
    /^aggregator/,
    itself('apiserver'),
    { name: 'v1beta1.metrics.k8s.io', namespace: 'default', reason: 'Timeout' },
  ],
  [
    /grafana/,
    { job: 'grafana', namespace: 'monitoring' },
    { handler: '/api/login', status_code: '500' },
  ],
]

function labelsOfMetric(metric: string, expr: string): Labels {
  const [, scrape, own] = METRICS.find(([pattern]) => pattern.test(metric)) ?? []
  if (scrape !== undefined) return { ...scrape, ...own }
  const job = /job="([^"]+)"/.exec(expr)?.[1] ?? 'app'
  return job === 'kubelet' ? KUBELET : itself(job)
}

const AGGREGATION = /^(?:sum|min|max|avg|count|group|topk|stdvar)\b/

/** The labels of an alert: of the expression's first metric, narrowed by its first aggregation. */
function labelsOf({ alert, expr, labels }: Rule): Labels {
  const text = expr.replace(/#.*$/gm, '').replace(/\s+/g, ' ').trim()
  const own = { alertname: alert, cluster: 'prod', prometheus: 'monitoring/k8s', ...labels }
  if (text.startsWith('vector(')) return own
  if (text.startsWith('absent(')) return { ...own, job: /job="([^"]+)"/.exec(text)?.[1] ?? '' }
  const metric = /\b((?:[a-z]+_)+[\w:]*[a-z0-9]|up)\b(?= ?(?:[{[<>!=]|$))/.exec(text)?.[1] ?? ''
  const base = labelsOfMetric(metric, text)
  const head = text.replace(
    /^[\s(\d*.^+-]*(?:histogram_quantile\([\d.]+, |time\(\) - |100 - )?/,
    '',
  )
  const by = AGGREGATION.test(head) ? /\bby ?\(([^)]*)\)/i.exec(head)?.[1] : undefined
  const joined = namesIn(text, /\bgroup_left ?\(([^)]*)\)/g)
  const left = namesIn(text, /\b(?:without|ignoring) ?\(([^)]*)\)/g)
  const names = by === undefined ? Object.keys(base) : [...listed(by), ...joined]
  const kept = names.filter((name) => name in base && (by !== undefined || !left.includes(name)))
  return { ...own, ...Object.fromEntries(kept.map((name) => [name, base[name] as string])) }
}

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, names]) => listed(names))
}

function listed(names = ''): string[] {
  return names.split(',').map((name) => name.trim())
}

/** Go's template with its labels filled in; any other action prints a measured value. */
function filled(template: string, labels: Labels): string {
  return template
    .replace(/\{\{-? *\$labels\.(\w+) *-?\}\}/g, (_, name: string) => labels[name] ?? '')
    .replace(/\{\{ *with \$labels\.cluster *-?\}\}/g, labels['cluster'] ?? '')
    .replace(/\{\{[^}]*\}\}/g, '12.34')
}

let exporters = 0
for (const rule of JSON.parse(readFileSync(file, 'utf8')) as Rule[]) {
  const labels = labelsOf(rule)
  const words = Object.entries(rule.annotations ?? {})
  const annotations = Object.fromEntries(words.map(([name, text]) => [name, filled(text, labels)]))
  const { alerts } = await alertmanager.read(
    JSON.stringify({ alerts: [{ labels, annotations }] }),
    {
      receivedAt: new Date(0),
      timezone: 'UTC',
    },
  )
  const target = alerts[0]?.variables['alarm_target'] ?? ''
  const named = namesIn(words.map(([, text]) => text).join(' '), /\$labels\.(\w+)/g)
  const lacks = [...new Set(named)].filter((name) => name in labels && !target.includes(`${name}=`))
  const isExporter = REPORTERS.some((address) => target.includes(address))
  if (isExporter) exporters += 1
  const marks = `${isExporter ? ' EXPORTER' : ''}${lacks.length > 0 ? ` lacks ${lacks}` : ''}`
  console.log(`${rule.alert} → ${target}${marks}`)
}
console.log(`${exporters} with the address of what only measured`)
