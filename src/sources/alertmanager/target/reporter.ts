type Texts = Readonly<Record<string, string>>

/** Exporters that run on or look at a machine, switch or site, which `instance` names. */
const PROBE =
  /(?:^|[-_/.])(?:(?:node|windows|wmi|snmp|blackbox|ipmi|smartctl|ping|dcgm|libvirt|vmware|process)[-_]?exporter|node|snmp|blackbox|probe|icmp|ping|http_2xx)(?:$|[-_/.])/

/** Programs that only measure others. */
const EXPORTER = /kube-state-metrics|exporter/

/** An address that a cluster gave to a pod, and that no person knows. */
const BARE_ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?$/

/** Whether what was scraped stands for the machine or site that `instance` names. */
export function isProbe({ job, service, container, pod }: Texts): boolean {
  return [job, service, container, pod].some((each) => each !== undefined && PROBE.test(each))
}

/** Whether a pod's name is one of a program that only measures others. */
export function isExporter(pod: string): boolean {
  return EXPORTER.test(pod)
}

/** Whether the program that was scraped only measures others, by its service and job. */
export function isMeasuredByExporter(labels: Texts): boolean {
  return scrapeNames(labels).some(isExporter)
}

/** Whether a pod is the one that was scraped. */
export function isScrapedPod(pod: string, labels: Texts): boolean {
  return isExporter(pod) || scrapeNames(labels).some((name) => pod.startsWith(name))
}

/** Whether a container is the one that was scraped. */
export function isScrapedContainer(container: string, labels: Texts): boolean {
  return scrapeNames(labels).some((name) => name.includes(container))
}

/** Whether `instance` is an address that says no more than the pod beside it. */
export function isBareAddress(instance: string | undefined): boolean {
  return instance === undefined || BARE_ADDRESS.test(instance)
}

/** Names of the service and of the job that were scraped, the latter without its namespace. */
function scrapeNames({ service, job }: Texts): string[] {
  return [service, job?.split('/').at(-1)].filter((name): name is string => (name ?? '') !== '')
}
