const STARTED = ['2026-11-24T04:00:00Z', '2026-11-24T04:05:00Z']

/** A payload of Alertmanager with two alerts of one group, both in this status. */
export function payloadOfTwo(status: 'firing' | 'resolved'): string {
  return payloadOf(status, 2)
}

/** A payload of Alertmanager with alerts of one group, all in this status. */
export function payloadOf(status: 'firing' | 'resolved', count: number): string {
  const common = { alertname: 'HighLoad', cluster: 'prod', job: 'node', severity: 'critical' }
  const description = 'above 30 for [5m](http://wiki.example.com/load)'
  const hosts = Array.from({ length: count }, (_, index) => `db-${index + 1}`)
  const alerts = hosts.map((host, index) => ({
    status,
    labels: { ...common, instance: `${host}:9100`, ...(index === 0 ? { owner: 'lisi' } : {}) },
    annotations: { summary: `Load of **${host}** is ${index === 0 ? 42 : 37}`, description },
    startsAt: STARTED[index % 2],
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-11-24T04:20:00Z',
    generatorURL: 'http://prom.example.com/graph?g0.expr=load',
    fingerprint: String(index + 1).repeat(16),
  }))
  return JSON.stringify({
    version: '4',
    receiver: 'ops',
    status,
    groupKey: '{}:{alertname="HighLoad"}',
    externalURL: 'http://am.example.com',
    groupLabels: { alertname: 'HighLoad' },
    commonLabels: common,
    commonAnnotations: { description },
    alerts,
  })
}
