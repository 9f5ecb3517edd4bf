import { RECOMMENDED_BODY } from '../../src/sources/parsing/ocp/recommended.ts'

export { RECOMMENDED_BODY }

/** Values that OCP substitutes into the body template of its HTTP channel, from its documentation. */
export interface OcpSample {
  alarm_type: string
  alarm_name: string
  alarm_level: string
  alarm_target: string
  alarm_description: string
  alarm_active_at: string
  alarm_resolved_at?: string
  alarm_status?: string
  alarm_scope?: string
  app_type?: string
  alarm_id?: string
  alarm_url?: string
  alarm_last_interval?: string
  alarm_threshold?: string
  value?: string
  value_shown?: string
  /** The level of the word. */
  level: 1 | 2 | 3 | 4 | 5
}

const AT = '2025-06-06T13:36:51+08:00'

export const OCP_SAMPLES: readonly OcpSample[] = [
  {
    alarm_type: 'ob_cannot_connected',
    alarm_name: 'OceanBase host cannot connected',
    alarm_level: 'Down',
    level: 1,
    alarm_target: 'alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11',
    alarm_description:
      'OceanBase cluster: ob4253_A, host: 192.0.2.11, alert: OceanBase host cannot connected.',
    alarm_active_at: '2025-06-06T15:01:55.884+08:00',
    alarm_scope: 'Host',
    app_type: 'OceanBase',
    alarm_id: '187',
    alarm_url: 'http://192.0.2.20:8080/alarm/event/187',
    alarm_threshold: '0',
    value: '0',
  },
  {
    alarm_type: 'observer_process_stop',
    alarm_name: 'OBServer 进程停止',
    alarm_level: '严重',
    level: 2,
    alarm_target: 'alarm_template_id=0:ob_cluster=ob3245_ps-1731295860:host=172.30.167.189',
    alarm_description: '集群：ob3245_ps，主机：172.30.167.189，告警：OBServer 进程停止',
    alarm_active_at: '2025-06-06T13:36:51.231+08:00',
    alarm_scope: '主机',
    value: '1749188140',
    value_shown: '20245 天 5 小时 35 分 40 秒',
  },
  {
    alarm_type: 'ob_tenant_request_queue_over_threshold',
    alarm_name: 'Tenant request queue over threshold',
    alarm_level: 'Alert',
    level: 3,
    alarm_target:
      'alarm_template_id=0:ob_cluster=ob4352_X-1731295861:tenant_name=META$1004:host=11.162.218.205',
    alarm_description: 'request queue size 0 is over -1. ${request_queue_time_value_en_us}',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'ob_tenant_log_stream_degraded',
    alarm_name: 'Log stream degraded',
    alarm_level: '2',
    level: 2,
    alarm_target: 'alarm_template_id=0:ob_cluster=ob4253_A-1731295857:tenant_name=A_oracle',
    alarm_description: 'Log stream of tenant A_oracle degraded: value 3, threshold 0.',
    alarm_active_at: AT,
    alarm_id: '192',
    alarm_threshold: '0',
    value: '3',
  },
  {
    alarm_type: 'ob_tenant_exists_expired_xa_trans',
    alarm_name: 'Expired XA transactions',
    alarm_level: 'Critical',
    level: 2,
    alarm_target:
      'ob_cluster=TEST_CLUSTER-12:tenant_name=oracle:trans_hash={hash:10609937150880685421, inc:59202486, addr:"192.0.2.1:2882", t:1646}',
    alarm_description:
      'Session id: 0, Trans id: 10609937150880685421, trans create time: 2023-04-25T14:05:47.766+08:00, the max trans duration: 5 hours 27 mins 53.51 secs.',
    alarm_active_at: '2023-04-25 19:33:41.123',
    alarm_id: '3000024',
    alarm_threshold: '1200',
    value: '19673.51',
  },
  {
    alarm_type: 'no_enough_exporter',
    alarm_name: 'OCP exporter 进程数量不够',
    alarm_level: '停服',
    level: 1,
    alarm_target: 'service=OCP:svr_ip=192.0.2.20',
    alarm_description:
      'exporter进程数量不够, 部署服务 OB_CLUSTER,OB_PROXY，预期exporter数量 6，实际exporter数量 5',
    alarm_active_at: '2020-12-03T09:44:04+08:00',
    alarm_resolved_at: '2020-12-03T09:50:12+08:00',
    alarm_status: '已消除',
    alarm_scope: '主机',
    alarm_last_interval: 'PT6M8.301194S',
    alarm_id: '1000160',
    alarm_url: 'http://192.0.2.20:8080/alarm/event/1000160',
  },
  {
    alarm_type: 'ob_cluster_exists_inactive_server',
    alarm_name: 'OB 集群存在不工作 OBServer 节点',
    alarm_level: '停服',
    level: 1,
    alarm_target: 'ob_cluster=obcluster-1',
    alarm_description: '集群：obcluster-1，不工作 OBServer 节点数量为 2.0 ，',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'ob_host_data_disk_percent_over_threshold',
    alarm_name: 'Data disk usage over threshold',
    alarm_level: 'Critical',
    level: 2,
    alarm_target: 'ob_cluster=C1-1000:svr_ip=192.0.2.12',
    alarm_description: 'data dir /data/1, mount /data/1, 98.0 % over 97.0',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'ob_log_alarm',
    alarm_name: 'OBServer program log',
    alarm_level: 'Critical',
    level: 2,
    alarm_target: 'ob_cluster=C1-1000:host=192.0.2.12',
    alarm_description:
      'call web service failed(ret=-4216, url="http://www.domain.com:80/services?Action=..&User_ID=alibaba..", timeout_ms=2000) BACKTRACE:0x31f2fb9 0x52\nnext line\tof the log',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'ob_tenant_slow_sql_exists',
    alarm_name: 'Slow SQL',
    alarm_level: '警告',
    level: 3,
    alarm_target:
      'ob_cluster=obcluster-1645511453:tenant_name=sys:sql_id=2A6D6C59E6D86C57519267B5EC2CBEC3',
    alarm_description:
      'SELECT /*+ query_timeout(10000000) */ * FROM t WHERE a > ? AND b_c = ?; max 4056.5 ms, threshold 100',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'base_backup_fail',
    alarm_name: 'Data backup failed',
    alarm_level: 'Critical',
    level: 2,
    alarm_target: 'ob_cluster=C1-1000',
    alarm_description:
      'ob_cluster:obcluster-1[10006],tenant:obtenant[1002],alert:A data backup task failed,finish time:2020-01-05 02:00:00,error message:log archive is not running',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'host_operation',
    alarm_name: 'Prepare host SUCCESS',
    alarm_level: '提醒',
    level: 5,
    alarm_target: 'alarm_template_id=0:host=192.0.2.13',
    alarm_description:
      'Server: 192.0.2.13, Alert: Prepare host SUCCESS, Operator: admin, Execution result: success.',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'base_backup_timeout',
    alarm_name: '数据备份超时',
    alarm_level: '注意',
    level: 4,
    alarm_target: 'ob_cluster=obcluster-1',
    alarm_description: '数据备份任务运行时长超过告警阈值：7 分钟',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'ocp_meta_db_disconnected',
    alarm_name: 'Metadb disconnected',
    alarm_level: 'Warning',
    level: 3,
    alarm_target: 'alarm_template_id=0:svr_ip=192.0.2.20:db=monitor',
    alarm_description: 'Metadb disconnected.',
    alarm_active_at: AT,
  },
  {
    alarm_type: 'ob_tenant_cpu_usage_over_threshold',
    alarm_name: 'Tenant CPU usage',
    alarm_level: 'Critical',
    level: 2,
    alarm_target: 'alarm_template_id=0:ob_cluster=TEST-1:tenant_name=t1:host=192.168.1.1',
    alarm_description: '96% over 95 %',
    alarm_active_at: AT,
    alarm_threshold: '95',
    value: '96',
  },
  {
    alarm_type: 'obproxy_process_dead',
    alarm_name: 'OBProxy process dead',
    alarm_level: 'Stopped',
    level: 1,
    alarm_target: 'obproxy_cluster_id=3:obproxy_cluster=obproxy_02:svr_ip=192.0.2.14',
    alarm_description: 'OBProxy process dead.',
    alarm_active_at: AT,
  },
]

/** Renders a body like OCP: raw values, and unknown variables left in place. */
export function ocpBody(values: object, template = RECOMMENDED_BODY): string {
  const all: Record<string, unknown> = { ...values }
  return template.replace(/\$\{(\w+)\}/g, (whole, name: string) => String(all[name] ?? whole))
}

/** The summary of most of OCP's rules, and that of its log alerts. */
export function summaryOf(sample: OcpSample): string {
  if (sample.alarm_type === 'ob_log_alarm') return `[${sample.alarm_name}] ${sample.alarm_target}`
  return `${sample.alarm_target} ${sample.alarm_name}`
}

/** OCP's values for a firing sample; values that do not exist yet have several placeholders. */
export function firing(sample: OcpSample): Record<string, string> {
  const { level: _, alarm_resolved_at: __, alarm_last_interval: ___, ...values } = sample
  const status = /[\u4e00-\u9fff]/.test(sample.alarm_level) ? '告警中' : 'Active'
  return {
    alarm_summary: summaryOf(sample),
    ...values,
    alarm_status: status,
    alarm_resolved_at: '',
  }
}

/** The same for a recovery, in the variants of OCP's versions: by word and time, or by one of them. */
export function recovered(sample: OcpSample, way: number): Record<string, string> {
  const began = new Date(sample.alarm_active_at)
  const later = new Date(began.getTime() + 303_000).toISOString().replace(/\.\d+Z$/, 'Z')
  const at = sample.alarm_resolved_at ?? later
  const ended = [
    { alarm_status: '已消除', alarm_resolved_at: at },
    { alarm_status: 'Inactive', alarm_last_interval: 'PT5M3S', alarm_resolved_at: '' },
    { alarm_status: '${alarm_status}', alarm_resolved_at: at },
  ][way % 3]
  const interval = sample.alarm_last_interval
  return { ...firing(sample), ...(interval && { alarm_last_interval: interval }), ...ended }
}
