type Texts = Readonly<Record<string, string>>

/** Exporters whose `instance` names the machine, switch or site that they run on or examine. */
const PROBE =
  /(?:^|[-_/.])(?:(?:node|windows|wmi|snmp|blackbox|ipmi|smartctl|ping|dcgm|libvirt|vmware|process)[-_]?exporter|node|windows|ipmi|smartctl|snmp|blackbox|probe|icmp|ping|http_2xx)(?:$|[-_/.])/

/** Programs that only measure others. */
const EXPORTER = /kube-state-metrics|exporter/

/** The IP address of a pod, which the cluster assigned and which means nothing to a person. */
const BARE_ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?$/

/** Whether the scraped program reports on the machine or site that `instance` names. */
export function isProbe({ job, service, container, pod }: Texts): boolean {
  return [job, service, container, pod].some((each) => each !== undefined && PROBE.test(each))
}

/** Whether a program with this name only measures others. */
export function isExporter(pod: string): boolean {
  return EXPORTER.test(pod)
}

/** Whether the scraped program only measures others, judged by its service and job. */
export function isMeasuredByExporter(labels: Texts): boolean {
  return scrapeNames(labels).some(isExporter)
}

/** Whether an address names an exporter. */
export function isExporterAddress(instance = ''): boolean {
  return isExporter(instance.split(':')[0] as string)
}

/** Whether a pod is the one that was scraped. */
export function isScrapedPod(pod: string, labels: Texts): boolean {
  return isExporter(pod) || scrapeNames(labels).some((name) => pod.startsWith(name))
}

/** Whether a container is the one that was scraped. */
export function isScrapedContainer(container: string, labels: Texts): boolean {
  return scrapeNames(labels).some((name) => name.includes(container))
}

/** Whether `instance` is absent or a bare address, which identifies no more than the pod does. */
export function isBareAddress(instance: string | undefined): boolean {
  return instance === undefined || BARE_ADDRESS.test(instance)
}

/** Names of the service and of the job that were scraped, the latter without its namespace. */
function scrapeNames({ service, job }: Texts): string[] {
  return [service, job?.split('/').at(-1)].filter((name): name is string => (name ?? '') !== '')
}
