/** A flat set of named texts without a prototype, so that a label called `constructor` is only data. */
export type Variables = Readonly<Record<string, string>>

/**
 * A name within `${}`, as the source of a pattern with the flag u. A label may contain any UTF-8 character except
 * spaces and those that start other syntax, such as a filter or a default value.
 */
export const NAME_IN_BRACES = '[^\\s${}<>|%"\'`(),;:=?!&*+#~^\\[\\]\\\\]+'

/** Builds variables from pairs. The first of a repeated name wins; empty and missing values are omitted. */
export function variablesFrom(
  entries: Iterable<readonly [string, string | undefined]>,
): Record<string, string> {
  const variables: Record<string, string> = Object.create(null)
  for (const [name, value] of entries) {
    if (value !== undefined && value !== '' && variables[name] === undefined)
      variables[name] = value
  }
  return variables
}

/** The variables that OCP documents (template variable tables, V3.1 to V4.4). An alert may have others. */
export const OCP_VARIABLES = {
  app_type: 'application type',
  alarm_type: 'identifier of the rule',
  alarm_target: 'what the alert is about, key=value pairs joined by colons, the most general first',
  alarm_scope: 'kind of object',
  alarm_level: 'level, as a word in the configured language',
  alarm_level_color: 'color of the level',
  alarm_name: 'name of the rule',
  alarm_evaluation_interval: 'evaluation interval in seconds',
  alarm_duration: 'how long it has lasted, in seconds',
  alarm_status: 'state, as a word in the configured language',
  alarm_active_at: 'when it started',
  alarm_resolved_at: 'when it was resolved',
  alarm_last_interval: 'how long it lasted',
  alarm_updated_at: 'when it was last updated',
  alarm_threshold: 'threshold',
  value: 'value of the metric',
  value_shown: 'value of the metric, readable',
  value_en_us: 'value of the metric in English',
  value_zh_cn: 'value of the metric in Simplified Chinese',
  value_zh_tw: 'value of the metric in Traditional Chinese',
  alarm_summary: 'summary',
  alarm_description: 'details',
  alarm_id: 'identifier of the alert',
  alarm_url: 'address of the alert in OCP, Prometheus or Grafana',
  alarm_group: 'category of the alert',
  alarm_group_by: 'what a group of alerts has in common',
  alarm_count: 'number of alerts in the message',
  service: 'service',
  ob_cluster_group: 'group of OceanBase clusters',
  ob_cluster: 'OceanBase cluster',
  ob_cluster_id: 'identifier of the OceanBase cluster',
  ob_tenant: 'OceanBase tenant',
  host_ip: 'address of the host',
  svr_ip: 'address of the host, older name',
  app_cluster: 'application cluster',
  operation_name: 'operation',
  operator: 'who did it',
  operation_result: 'result of the operation',
  failed_reason: 'why the operation failed',
  check_item: 'item checked',
  message: 'text made by the sender',
  message_json: 'the same as a JSON string',
  recipients_uids: 'recipients, separated by commas',
  at_recipients: 'recipients, as mentions',
  recipients_json_array: 'recipients, as a JSON array',
} as const satisfies Record<string, string>

/** Variables that the receiver adds for every sender; templates use them like OCP's. */
export const OWN_VARIABLES = {
  repeats: 'how often the alert came again since it was last delivered',
  lasted: 'how long it lasted, in words',
  generator_url: 'address of the rule in Prometheus or Grafana',
  external_url: 'address of Alertmanager',
  runbook_url: 'address of the runbook',
  dashboard_url: 'address of the dashboard',
  image_url: 'address of a picture (Grafana)',
  receiver: 'receiver in Alertmanager, or contact point in Grafana',
  group_key: "Alertmanager's key of the group",
  truncated_alerts: 'alerts that Alertmanager left out of the group',
  notification_reason: 'why Alertmanager notifies (0.32 and newer)',
  notification_title: 'title of the whole notification (Grafana)',
  notification_message: 'text of the whole notification (Grafana)',
  notification_state: 'state of the whole notification (Grafana)',
} as const satisfies Record<string, string>
