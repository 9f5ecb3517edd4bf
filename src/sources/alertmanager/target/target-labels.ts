import {
  byRank,
  CLUSTERS,
  CONTAINERS,
  HOSTS,
  INTERFACE_NAMES,
  isSystemCluster,
  type Kind,
  kindOf,
  NAMESPACES,
  namesOneThing,
  PODS,
  SITES,
  VIRTUAL_MACHINES,
} from './label-kinds.ts'
import { namedLabels } from './named-labels.ts'
import {
  isBareAddress,
  isExporter,
  isExporterAddress,
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
  const subjects = [...objects, ...hostsIn(objects, subject)]
  const known = partsIn(subject)
  const parts = subjects.length + known.length > 0 ? known : probableNamesIn(subject)
  const hasOwner =
    parts.length === 0 || subjects.some((label) => isKind(label, 'host', 'pod', 'workload'))
  const reporter =
    subjects.length > 0 && hasOwner ? serverOf(subjects, subject) : reporterIn(parts, subject)
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
  // If the job has the same name as the container, the text may mean the job.
  if (named.has(container) && value !== labels['job']) return [container]
  const isRedundant = isScrapedContainer(value, labels) || (labels[pod] ?? '').startsWith(value)
  return isRedundant ? [] : [container]
}

/** The machine, if the text names it, or if the alert is about neither a pod nor another object of a namespace. */
function hostsIn(objects: readonly string[], { labels, named, pod, isProbe }: Subject): string[] {
  const namedHosts = [...named].filter((label) => isKind(label, 'host'))
  const host = firstOf(HOSTS, labels)
  if (host === undefined || namedHosts.length > 0) return namedHosts
  // A pod that reports on itself merely runs on that machine; an exporter's pod measures the machine.
  const runsPods = !VIRTUAL_MACHINES.includes(host)
  if (runsPods && pod !== undefined && !isProbe && !isExporter(labels[pod] ?? '')) return []
  return objects.every((label) => label === 'persistentvolume') ? [host] : []
}

/** Parts, which identify nothing without the machine or server they belong to. */
function partsIn(subject: Subject): string[] {
  const { labels, named } = subject
  const interfaceName = firstOf(INTERFACE_NAMES, labels)
  const parts = Object.keys(labels).filter(
    (label) =>
      isKind(label, 'part') &&
      (!INTERFACE_NAMES.includes(label) || label === interfaceName || named.has(label)),
  )
  return isNameOfPart(subject) ? [...parts, 'name'] : parts
}

/** Limit on labels in no list that are used because their names look like those of one thing. */
const MAX_PROBABLE_NAMES = 2

/** Labels in no list that probably name the thing; those that the text names first, names before ids. */
function probableNamesIn({ labels, named }: Subject): string[] {
  const found = Object.keys(labels).filter(
    (label) => isKind(label, 'other') && namesOneThing(label) !== undefined,
  )
  const rank = (label: string) =>
    (named.has(label) ? 0 : 2) + (namesOneThing(label) === 'name' ? 0 : 1)
  return found
    .filter((label) => !hasNameBeside(label, labels))
    .sort((a, b) => rank(a) - rank(b) || byRank(a, b))
    .slice(0, MAX_PROBABLE_NAMES)
}

/** Whether the alert has the name of the thing whose id this is, such as `instanceName` beside `instanceId`. */
function hasNameBeside(label: string, labels: Texts): boolean {
  const name = label.replace(/_id$/, '_name').replace(/([a-z])Id$/, '$1Name')
  return name !== label && labels[name] !== undefined
}

/** The address of the server, where the text names it beside a thing or a machine with another address. */
function serverOf(subjects: readonly string[], subject: Subject): string[] {
  const { labels, named, pod, isProbe } = subject
  const { instance } = labels
  if (instance === undefined || !named.has('instance') || pod !== undefined) return []
  if (isProbe || onlyMeasures(subject)) return []
  const machineOf = (value = '') => value.split(':')[0]
  return subjects.every(
    (label) => isKind(label, 'thing', 'host') && machineOf(labels[label]) !== machineOf(instance),
  )
    ? ['instance']
    : []
}

/** Whether the scraped program only measures others, by its service, job, pod or address. */
function onlyMeasures({ labels, pod }: Subject): boolean {
  return (
    isMeasuredByExporter(labels) ||
    isExporterAddress(labels['instance']) ||
    (pod !== undefined && isExporter(labels[pod] ?? ''))
  )
}

/**
 * Whether `name` is something on a machine, such as a service of Windows. Where a pod was scraped, and in Kubernetes'
 * own rules, it is an object of the cluster.
 */
function isNameOfPart(subject: Subject): boolean {
  const { labels, named, pod, isProbe } = subject
  if (labels['name'] === undefined) return false
  if (isProbe) return true
  const { instance, alertname = '' } = labels
  if (instance === undefined || isExporterAddress(instance)) return false
  if (alertname.startsWith('Kube')) return false
  return named.has('instance') || (pod === undefined && !isMeasuredByExporter(labels))
}

/** The reporting program, as a last resort: its pod or address, else its service, container or job. */
function reporterIn(parts: readonly string[], subject: Subject): string[] {
  const { labels, named, pod } = subject
  const { instance, service, job } = labels
  if (subject.isProbe && instance !== undefined) return ['instance']
  const isAddressNamed = named.has('instance') && !isExporterAddress(instance)
  const isThingNamed = [...named].some((label) => isKind(label, 'other', 'namespace'))
  if (parts.every((label) => isKind(label, 'other')) && !isAddressNamed && isThingNamed)
    if (pod === undefined || isExporter(labels[pod] ?? '')) return []
  // A pod's name says more than its address, even where the text has the address.
  if (pod !== undefined && (isBareAddress(instance) || (!isAddressNamed && parts.length === 0)))
    return [pod]
  if (instance !== undefined) return ['instance']
  if (service !== undefined) return ['service']
  const container = firstOf(CONTAINERS, labels)
  if (container !== undefined) return [container]
  if (Object.keys(labels).some(isSystemCluster)) return []
  return job === undefined ? [] : ['job', ...(parts.length > 0 ? [] : othersIn(subject))]
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
    if (label === 'service')
      return labels['service'] !== labels['job'] && !isExporter(labels['service'] ?? '')
    return label === 'job' && isAboutJob(chosen, labels)
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

/** Values of a cluster that is not known, as exporters write it. */
const NO_CLUSTER = /^(?:null|none|unknown|-|)$/i

/** The cluster, and the namespace unless it is only the exporter's. */
function places(chosen: readonly string[], subject: Subject): string[] {
  const { labels, named } = subject
  const isKnown = (label: string) => !NO_CLUSTER.test(labels[label] ?? '')
  const cluster = CLUSTERS.find(isKnown) ?? firstOf(SITES, labels)
  const namespace = firstOf(NAMESPACES, labels)
  const isNamespaceRelevant =
    namespace !== undefined &&
    (named.has(namespace) ||
      chosen.some((label) => isKind(label, 'workload', 'pod')) ||
      !chosen.some((label) => isOutside(label, subject)))
  return [
    ...(cluster === undefined ? [] : [cluster]),
    ...Object.keys(labels).filter((label) => isSystemCluster(label) && isKnown(label)),
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
