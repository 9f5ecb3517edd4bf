import type { Variables } from '../../model/variables.ts'

/** Keys of a target that are not shown, because a reader recognizes their values. */
const PLAIN_KEYS = new Set(
  [
    'ob_cluster ob_cluster_name obregion cluster cluster_name k8s_cluster obproxy_cluster tenant_name ob_tenant tenant',
    'namespace exported_namespace kubernetes_namespace workload deployment statefulset daemonset replicaset cronjob',
    'job_name horizontalpodautoscaler poddisruptionbudget persistentvolumeclaim persistentvolume ingress',
    'service exported_service pod exported_pod pod_name container node nodename exported_node host host_ip svr_ip',
    'hostname instance exported_instance target url device mountpoint',
  ].flatMap((line) => line.split(' ')),
)

/** The number of OCP's rule, which is not part of a location. */
const TEMPLATE_ID = /^alarm_template_id=\d+(?::|$)/

/** The object of an alert as OCP writes it, without the leading rule number. Empty if it is only the alert's name. */
export function objectOf(variables: Variables): string {
  const target = (variables['alarm_target'] ?? '').replace(TEMPLATE_ID, '')
  return target === variables['alarm_name'] ? '' : target
}

/**
 * The location of an alert in short: the values of its object, from the cluster to the host, such as `ob4253_A` and
 * `192.0.2.11`. A colon within a value is not a separator.
 */
export function locationOf(variables: Variables): string[] {
  const target = objectOf(variables)
  if (target === '') {
    const known = [
      variables['ob_cluster'],
      variables['ob_tenant'],
      variables['host_ip'] ?? variables['instance'],
    ]
    return known.filter((each) => each !== undefined)
  }
  return target.split(/:(?=[\p{L}_][\p{L}\p{N}_./-]{0,60}=)/u).map((pair) => {
    const at = pair.indexOf('=')
    const value = pair.slice(at + 1)
    // A number means nothing without its key.
    return PLAIN_KEYS.has(pair.slice(0, Math.max(0, at))) && !/^\d*$/.test(value) ? value : pair
  })
}
