import {
  byRank,
  CLUSTERS,
  CONTAINERS,
  HOSTS,
  type Kind,
  kindOf,
  NAMESPACES,
  PODS,
  SITES,
} from './label-kinds.ts'
import { namedLabels } from './named-labels.ts'
import {
  isBareAddress,
  isExporter,
  isMeasuredByExporter,
  isProbe,
  isScrapedContainer,
  isScrapedPod,
} from './reporter.ts'

type Texts = Readonly<Record<string, string>>

/** One alert's labels, those that its text names, its pod, and whether its reporter is a probe. */
interface Subject {
  labels: Texts
  named: ReadonlySet<string>
  pod: string | undefined
  isProbe: boolean
}

/** Limit on labels of unknown meaning, which are used where no known label identifies the alert. */
const MAX_OTHERS = 8

/** The labels that identify what an alert is about, the most general first; may be empty. Pure. */
export function targetLabels(labels: Texts, annotations: Texts): string[] {
  const subject: Subject = {
    labels,
    named: namedLabels(labels, annotations),
    pod: firstOf(PODS, labels),
    isProbe: isProbe(labels),
  }
  const chosen = subjectLabels(subject)
  return [...new Set([...places(chosen, subject), ...chosen])].sort(byRank)
}

/** The labels of the target, without its cluster and namespace. */
function subjectLabels(subject: Subject): string[] {
  const objects = objectsIn(subject)
  const parts = partsIn(subject)
  const subjects = [...objects, ...hostsIn(objects, subject)]
  const hasOwner =
    parts.length === 0 || subjects.some((label) => isKind(label, 'host', 'pod', 'workload'))
  const reporter = subjects.length > 0 && hasOwner ? [] : reporterIn(parts, subject)
  const chosen = [...subjects, ...parts, ...reporter]
  if (chosen.length === 0 && subject.named.size === 0) return othersIn(subject)
  return [...chosen, ...othersNamedIn(chosen, subject)]
}

/** Workloads, objects that need no machine, and the pod unless it only measured others. */
function objectsIn(subject: Subject): string[] {
  const { labels, pod } = subject
  const objects = Object.keys(labels).filter((label) => isKind(label, 'workload', 'thing'))
  if (labels['name'] !== undefined && !isNameOfPart(subject)) objects.push('name')
  return pod !== undefined && isAboutPod(pod, objects, subject)
    ? [...objects, pod, ...containersIn(pod, subject)]
    : objects
}

/**
 * Whether the alert is about the pod: its text names the pod, or the pod was not scraped itself and belongs to the
 * objects.
 */
function isAboutPod(
  pod: string,
  objects: readonly string[],
  { labels, named, isProbe }: Subject,
): boolean {
  if (pod === 'exported_pod') return true
  if (isProbe) return false
  if (named.has(pod)) return true
  const name = labels[pod] ?? ''
  return (
    !isScrapedPod(name, labels) && objects.every((label) => name.startsWith(labels[label] ?? ''))
  )
}

function containersIn(pod: string, { labels, named }: Subject): string[] {
  const container = firstOf(CONTAINERS, labels)
  if (container === undefined) return []
  const value = labels[container] ?? ''
  // The text may mean the job where the container has the same name.
  if (named.has(container) && value !== labels['job']) return [container]
  const isRedundant = isScrapedContainer(value, labels) || (labels[pod] ?? '').startsWith(value)
  return isRedundant ? [] : [container]
}

/**
 * The machine, where the text names it, or where the alert is about neither a pod nor another object of a namespace.
 */
function hostsIn(objects: readonly string[], { labels, named, pod, isProbe }: Subject): string[] {
  const namedHosts = [...named].filter((label) => isKind(label, 'host'))
  const host = firstOf(HOSTS, labels)
  if (host === undefined || namedHosts.length > 0) return namedHosts
  // A pod that reports on itself merely runs on that machine; an exporter's pod measures the machine.
  if (pod !== undefined && !isProbe && !isExporter(labels[pod] ?? '')) return []
  return objects.every((label) => label === 'persistentvolume') ? [host] : []
}

/** Parts, which identify nothing without the machine or server they belong to. */
function partsIn(subject: Subject): string[] {
  const parts = Object.keys(subject.labels).filter((label) => isKind(label, 'part'))
  return isNameOfPart(subject) ? [...parts, 'name'] : parts
}

/**
 * Whether `name` is something on a machine, such as a systemd unit. In Kubernetes' own rules it is an object of the
 * cluster.
 */
function isNameOfPart({ labels, named, isProbe }: Subject): boolean {
  if (labels['name'] === undefined) return false
  if (isProbe) return true
  const { instance = '', alertname = '' } = labels
  return named.has('instance') && !isExporter(instance) && !alertname.startsWith('Kube')
}

/** The reporting program, as a last resort: its pod or address, else its service, container or job. */
function reporterIn(parts: readonly string[], subject: Subject): string[] {
  const { labels, named, pod } = subject
  const { instance, service, job } = labels
  if (subject.isProbe && instance !== undefined) return ['instance']
  const isAddressNamed = named.has('instance')
  const isThingNamed = [...named].some((label) => isKind(label, 'other', 'namespace'))
  if (parts.length === 0 && !isAddressNamed && isThingNamed)
    if (pod === undefined || isExporter(labels[pod] ?? '')) return []
  if (pod !== undefined && !isAddressNamed && (parts.length === 0 || isBareAddress(instance)))
    return [pod]
  if (instance !== undefined) return ['instance']
  if (service !== undefined) return ['service']
  const container = firstOf(CONTAINERS, labels)
  if (container !== undefined) return [container]
  return job === undefined ? [] : ['job', ...othersIn(subject)]
}

/**
 * Other labels that the text names. Of the scrape labels, only service and job count, and only if the alert is about
 * them.
 */
function othersNamedIn(chosen: readonly string[], { labels, named, isProbe }: Subject): string[] {
  const values = new Set(chosen.map((label) => labels[label]))
  return [...named].filter((label) => {
    if (isKind(label, 'qualifier', 'other')) return true
    if (isProbe || values.has(labels[label])) return false
    return label === 'service' || (label === 'job' && isAboutJob(chosen, labels))
  })
}

/** Whether the alert is about its job. A job adds nothing to other objects, or to an alert name that contains it. */
function isAboutJob(chosen: readonly string[], { job = '', alertname = '' }: Texts): boolean {
  const isNew = !alertname.toLowerCase().includes(job.toLowerCase())
  return isNew && chosen.every((label) => isKind(label, 'scrape', 'pod'))
}

/** Labels of last resort, where no better label identifies the alert. */
function othersIn({ labels }: Subject): string[] {
  return Object.keys(labels)
    .filter((label) => isKind(label, 'other', 'qualifier', 'state', 'site'))
    .sort(byRank)
    .slice(0, MAX_OTHERS)
}

/** The cluster, and the namespace unless it is only the exporter's. */
function places(chosen: readonly string[], subject: Subject): string[] {
  const { labels, named } = subject
  const cluster = firstOf(CLUSTERS, labels) ?? firstOf(SITES, labels)
  const namespace = firstOf(NAMESPACES, labels)
  const isNamespaceRelevant =
    namespace !== undefined &&
    (named.has(namespace) ||
      chosen.some((label) => isKind(label, 'workload', 'pod')) ||
      !chosen.some((label) => isOutside(label, subject)))
  return [
    ...(cluster === undefined ? [] : [cluster]),
    ...[...named].filter((label) => isKind(label, 'cluster', 'site')),
    ...(isNamespaceRelevant ? [namespace] : []),
  ]
}

/** Whether a label's object is outside the exporter's namespace. */
function isOutside(label: string, { labels, isProbe }: Subject): boolean {
  if (isKind(label, 'host') || label === 'persistentvolume') return true
  if (label === 'instance' || isProbe) return isProbe
  return isKind(label, 'thing', 'part') && isMeasuredByExporter(labels)
}

function isKind(label: string, ...kinds: readonly Kind[]): boolean {
  return kinds.includes(kindOf(label))
}

function firstOf(list: readonly string[], labels: Texts): string | undefined {
  return list.find((label) => labels[label] !== undefined)
}
