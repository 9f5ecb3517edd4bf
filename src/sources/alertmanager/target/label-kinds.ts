/** Label names, grouped by what they identify; each list goes from general to specific. */

const names = (text: string): readonly string[] => text.split(' ')

/** Labels for a cluster; the first that an alert has is used. */
export const CLUSTERS = names(
  'cluster cluster_name k8s_cluster kubernetes_cluster kube_cluster clustername 集群',
)
/** Labels used where no cluster is named. */
export const SITES = names('datacenter data_center dc site region env environment 环境')
export const NAMESPACES = names(
  'exported_namespace namespace kubernetes_namespace kube_namespace namespace_name project project_id 命名空间',
)

/** Objects of a namespace, as kube-state-metrics and the kubelet name them. */
const WORKLOADS = names(
  'workload workload_name deployment deploymentconfig rollout statefulset daemonset replicaset replicationcontroller ' +
    'cronjob job_name horizontalpodautoscaler hpa poddisruptionbudget resourcequota ingress ' +
    'destination_workload destination_service persistentvolumeclaim certificate certificaterequest secret configmap',
)

export const VIRTUAL_MACHINES = names('vm vm_name vmname')

/** Labels for a machine; the first that an alert has is used. A virtual machine comes before the host that runs it. */
export const HOSTS: readonly string[] = [
  ...VIRTUAL_MACHINES,
  ...names(
    'exported_node node nodename node_name kubernetes_node exported_instance hostname Hostname host_name host ' +
      'sysName device_name host_ip 主机 节点 实例 server',
  ),
]

export const PODS = names('exported_pod pod pod_name kubernetes_pod_name')
export const CONTAINERS = names('exported_container container container_name')

/** Objects that identify an alert without a machine. */
const THINGS = names(
  'persistentvolume volumename target url uri domain vhost virtual_host exchange queue queue_name stream topic partition ' +
    'consumergroup consumer_group bucket index pipeline dag_id task task_id exported_job dbinstance_identifier ' +
    'load_balancer loadbalancer common_name subject_CN cn serial_number rulename application',
)

/** Parts of a machine or server, which identify nothing without it. */
export const PARTS = names(
  'datname database dbname db schema schemaname table relname tablespace user usename keyspace shard slot port ' +
    'device mountpoint mount_point volume disk drive array master interface ifName ifAlias ifDescr ifIndex chip sensor ' +
    'cpu core gpu minor_number groupname process unit backend upstream proxy 挂载点 磁盘',
)

/** Names of one network interface; the first that an alert has is used. */
export const INTERFACE_NAMES = names('ifName ifDescr ifIndex')

/** Labels for the cause of an alert. Shown if its text contains their value, or if no better label identifies it. */
const QUALIFIERS = names(
  'integration reason mechanism code status_code method verb handler phase condition resource operation ' +
    'operation_type signal eviction_signal protocol scheme action',
)

/** Labels for a state or a reason; their values are ordinary words. */
const STATES = names('status state result type mode event error fstype area memtype color role')

/** Labels for the rule, its severity, the people responsible, or the copy of Prometheus. */
const RULE = names(
  'alertname rule_name rule_type instance_type severity serverity level alarm_level priority prometheus ' +
    'prometheus_replica __replica__ replica monitor receive tenant_id endpoint metrics_path uid le quantile long short ' +
    'team owner oncall contact app_type alarm_name alarm_type alarm_target grafana_folder rule_uid ' +
    '__alert_rule_uid__ __alert_rule_namespace_uid__ datasource_uid ref_id alertgroup __name__ runbook_url expr query oid',
)

export type Kind =
  | 'cluster'
  | 'site'
  | 'namespace'
  | 'workload'
  | 'host'
  | 'pod'
  | 'container'
  | 'thing'
  | 'part'
  | 'name'
  | 'qualifier'
  | 'state'
  | 'rule'
  | 'scrape'
  | 'other'

const ORDERED: readonly (readonly [Kind, readonly string[]])[] = [
  ['cluster', CLUSTERS],
  ['site', SITES],
  ['namespace', NAMESPACES],
  ['scrape', names('job service')],
  ['workload', WORKLOADS],
  ['host', HOSTS],
  ['scrape', ['instance']],
  ['pod', PODS],
  ['container', CONTAINERS],
  ['thing', THINGS],
  ['part', PARTS],
  ['name', ['name']],
  ['qualifier', QUALIFIERS],
  ['state', STATES],
  ['rule', RULE],
]

const KIND_AND_RANK: ReadonlyMap<string, readonly [Kind, number]> = new Map(
  ORDERED.flatMap(([kind, labels], group) =>
    labels.map((label, index) => [label, [kind, group * 100 + index]] as const),
  ),
)

/** The rank of labels in no list: after those that identify an object, before qualifiers. */
const RANK_OF_OTHERS = 1_150
const RANK_OF_SYSTEM_CLUSTERS = 50

/** A label for the cluster of one system, such as `kafka_cluster`. OceanBase's are read elsewhere. */
const SYSTEM_CLUSTER = /^(?!ob|source_|destination_|upstream_|envoy_)\w+_cluster$/

export function isSystemCluster(label: string): boolean {
  return !KIND_AND_RANK.has(label) && SYSTEM_CLUSTER.test(label)
}

export function kindOf(label: string): Kind {
  return KIND_AND_RANK.get(label)?.[0] ?? (isSystemCluster(label) ? 'cluster' : 'other')
}

/** The end of a label that names something, such as `slot_name` and `instanceId`, and short labels that do so too. */
const NAME =
  /(?:_name|[a-z]Name|_idx|[a-z]Index|_path)$|^(?:peer|schedule|tenant|mount|rule_group)$/
const ID = /^id$|_id$|[a-z]Id$/
/** Ids of what many alerts share, such as an account. */
const SHARED_ID = /^(?:account|org|organization|group|region|tenant|user)(?:_id|Id)$/

/** Whether a label in no list probably names one thing: by a name, or by an id. */
export function namesOneThing(label: string): 'name' | 'id' | undefined {
  if (NAME.test(label)) return 'name'
  return ID.test(label) && !SHARED_ID.test(label) ? 'id' : undefined
}

/** Sorts the most general first, then by name, so that the sender's order has no effect. */
export function byRank(a: string, b: string): number {
  return rankOf(a) - rankOf(b) || (a < b ? -1 : a > b ? 1 : 0)
}

function rankOf(label: string): number {
  const rank = isSystemCluster(label) ? RANK_OF_SYSTEM_CLUSTERS : RANK_OF_OTHERS
  return KIND_AND_RANK.get(label)?.[1] ?? rank
}
