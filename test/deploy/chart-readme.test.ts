import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { importTool, needsTools } from '../support/tools.ts'
import { kind, podOf, rendered } from './chart.ts'
import { textOf } from './manifests.ts'

describe("the chart's README", needsTools(), () => {
  test('has an AlertmanagerConfig that leads to the Service of its release', async () => {
    const [values = '', config = ''] = [
      ...textOf('helm/dingtalk-receiver/README.md').matchAll(/```yaml\n([^`]*)```/g),
    ].map(([, text = '']) => text)
    const model = await importTool(
      '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1alpha1/AlertmanagerConfig.js',
    )
    const { AlertmanagerConfig } = model as {
      AlertmanagerConfig: new (value: unknown) => { validate(): void }
    }
    const parsed = parse(config)
    new AlertmanagerConfig(parsed).validate()
    const { hostname, port, pathname } = new URL(parsed.spec.receivers[0].webhookConfigs[0].url)
    const all = rendered(parse(values))
    const names = kind(all, 'Service').map((each) => each.metadata.name)
    assert.ok(names.includes(hostname.split('.')[0] as string), hostname)
    assert.deepEqual([port, pathname], ['8060', '/alertmanager/ops'])
    for (const name of ['ServiceMonitor', 'PrometheusRule'])
      assert.equal(kind(all, name)[0].metadata.labels.release, 'kube-prometheus-stack')
  })

  test('gives a web configuration in the Secret to the receiver and to its probes', () => {
    const path = '/run/secrets/dingtalk-receiver/web.yml'
    const extraEnv = [{ name: 'DINGTALK_RECEIVER_WEB_CONFIG', value: path }]
    const [container] = podOf(rendered({ extraEnv, probes: { kind: 'exec' } })).spec.containers
    assert.deepEqual(container.env, extraEnv)
    assert.equal(container.readinessProbe.exec.command[1], 'health')
    assert.deepEqual(container.livenessProbe.tcpSocket, { port: 'http' })
  })
})
