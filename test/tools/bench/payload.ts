/** Digits of a payload number; fixed, so that they can be replaced in place. */
const DIGITS = 10
/** Placeholder of the number. */
const SERIAL = '#'.repeat(DIGITS)

/** An Alertmanager payload of `count` alerts with the size and the Chinese text of real ones. */
function template(count: number): string {
  const alerts = Array.from({ length: count }, (_, index) => ({
    status: 'firing',
    labels: {
      alertname: 'ob_host_data_disk_percent_over_threshold',
      severity: 'critical',
      ob_cluster_name: `ob${index % 50}`,
      tenant_name: 'META$1004',
      svr_ip: `10.0.${(index >> 8) & 255}.${index & 255}`,
      instance: `10.0.0.${index}:2882`,
      job: 'oceanbase',
      serial: `${SERIAL}-${index}`,
    },
    annotations: {
      summary: `OB 主机数据盘使用率超过阈值 ${SERIAL}-${index}`,
      description:
        '集群：ob1，主机：10.0.0.1，告警：OceanBase 数据盘使用率过高。数据目录 /data/1，挂载点 /data/1，使用率 98.0%，超过 97.0%。请检查磁盘空间并及时扩容，避免写入失败。',
      runbook_url: 'https://runbooks.example.com/oceanbase/disk',
    },
    startsAt: '2026-11-24T03:00:00.123Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example.com:9090/graph?g0.expr=disk_used_percent&g0.tab=1',
    fingerprint: `${SERIAL}${index.toString(16).padStart(6, '0')}`,
  }))
  return JSON.stringify({
    version: '4',
    groupKey: `{}:{alertname="x",serial="${SERIAL}"}`,
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'dingtalk',
    groupLabels: { alertname: 'ob_host_data_disk_percent_over_threshold' },
    commonLabels: { severity: 'critical' },
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example.com:9093',
    alerts,
  })
}

/** The payload with a number. No two numbers share an alert. */
export function payloadOf(count: number, serial: number): string {
  return template(count).replaceAll(SERIAL, digitsOf(serial))
}

/** A complete HTTP request as bytes, with the placeholder of the number. */
export function requestOf(count: number, { host, pathname }: URL): Buffer {
  const body = Buffer.from(template(count))
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}

function digitsOf(serial: number): string {
  return String(serial).padStart(DIGITS, '0')
}
