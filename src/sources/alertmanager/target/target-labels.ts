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

/** One alert's labels, which of them its own words name, and what stands out among them. */
interface Subject {
  labels: Texts
  named: ReadonlySet<string>
  pod: string | undefined
  isProbe: boolean
}

/** Labels of unknown meaning that stand for an alert where no other does. */
const MAX_OTHERS = 8

/** The labels that say what an alert is about, the most general first; empty where none does. Pure. */
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

/** What the alert is about, without the cluster and namespace it is in. */
function subjectLabels(subject: Subject): string[] {
  const objects = objectsIn(subject)
  const parts = partsIn(subject)
  const stands = [...objects, ...hostsIn(objects, subject)]
  const isPlaced =
    parts.length === 0 || stands.some((label) => isKind(label, 'host', 'pod', 'workload'))
  const reporter = stands.length > 0 && isPlaced ? [] : reporterIn(parts, subject)
  const chosen = [...stands, ...parts, ...reporter]
  if (chosen.length === 0 && subject.named.size === 0) return othersIn(subject)
  return [...chosen, ...spokenIn(chosen, subject)]
}

/** Workloads and things that stand alone, and the pod where it is not only what measured. */
function objectsIn(subject: Subject): string[] {
  const { labels, pod } = subject
  const objects = Object.keys(labels).filter((label) => isKind(label, 'workload', 'thing'))
  if (labels['name'] !== undefined && !isNameOfPart(subject)) objects.push('name')
  return pod !== undefined && isPodMeant(pod, objects, subject)
    ? [...objects, pod, ...containersIn(pod, subject)]
    : objects
}

/** Its words name it, or it is another than the one that was scraped and part of the objects beside it. */
function isPodMeant(
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
  // A container that is called as its job is named by the words for the job.
  if (named.has(container) && value !== labels['job']) return [container]
  const saysNothing = isScrapedContainer(value, labels) || (labels[pod] ?? '').startsWith(value)
  return saysNothing ? [] : [container]
}

/** The machine, where the words name it or neither a pod nor anything else within a namespace is meant. */
function hostsIn(objects: readonly string[], { labels, named, pod, isProbe }: Subject): string[] {
  const spoken = [...named].filter((label) => isKind(label, 'host'))
  const host = firstOf(HOSTS, labels)
  if (host === undefined || spoken.length > 0) return spoken
  // A program that reports on itself runs on that machine; an exporter only measures it.
  if (pod !== undefined && !isProbe && !isExporter(labels[pod] ?? '')) return []
  return objects.every((label) => label === 'persistentvolume') ? [host] : []
}

/** What says nothing without the machine or server it belongs to. */
function partsIn(subject: Subject): string[] {
  const parts = Object.keys(subject.labels).filter((label) => isKind(label, 'part'))
  return isNameOfPart(subject) ? [...parts, 'name'] : parts
}

/** A name of something on a machine, such as a unit of systemd; Kubernetes' own rules name objects of a cluster. */
function isNameOfPart({ labels, named, isProbe }: Subject): boolean {
  if (labels['name'] === undefined || isProbe) return isProbe && labels['name'] !== undefined
  const { instance = '', alertname = '' } = labels
  return named.has('instance') && !isExporter(instance) && !alertname.startsWith('Kube')
}

/** What measured, as the last resort: the pod or the address, else the service, the container, the job. */
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

/** What else the alert's words name; of what was scraped only the service and the job, where they are the thing. */
function spokenIn(chosen: readonly string[], { labels, named, isProbe }: Subject): string[] {
  const values = new Set(chosen.map((label) => labels[label]))
  return [...named].filter((label) => {
    if (isKind(label, 'qualifier', 'other')) return true
    if (isProbe || values.has(labels[label])) return false
    return label === 'service' || (label === 'job' && isJobMeant(chosen, labels))
  })
}

/** A job adds nothing to a named thing, nor to an alert whose name holds it. */
function isJobMeant(chosen: readonly string[], { job = '', alertname = '' }: Texts): boolean {
  const isNew = !alertname.toLowerCase().includes(job.toLowerCase())
  return isNew && chosen.every((label) => isKind(label, 'scrape', 'pod'))
}

/** All that is left, where nothing is known of any label. */
function othersIn({ labels }: Subject): string[] {
  return Object.keys(labels)
    .filter((label) => isKind(label, 'other', 'qualifier', 'state', 'site'))
    .sort(byRank)
    .slice(0, MAX_OTHERS)
}

/** Cluster and namespace, where they say where the chosen labels are and not where the exporter is. */
function places(chosen: readonly string[], subject: Subject): string[] {
  const { labels, named } = subject
  const cluster = firstOf(CLUSTERS, labels) ?? firstOf(SITES, labels)
  const namespace = firstOf(NAMESPACES, labels)
  const isNamespaceMeant =
    namespace !== undefined &&
    (named.has(namespace) ||
      chosen.some((label) => isKind(label, 'workload', 'pod')) ||
      !chosen.some((label) => isOutside(label, subject)))
  return [
    ...(cluster === undefined ? [] : [cluster]),
    ...[...named].filter((label) => isKind(label, 'cluster', 'site')),
    ...(isNamespaceMeant ? [namespace] : []),
  ]
}

/** What lies in no namespace, or not in that of the exporter. */
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
