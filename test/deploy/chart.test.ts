import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { needsTools, runTool } from '../support/tools.ts'
import { CHART, kind, MINIMAL, podOf, renderChart, rendered } from './chart.ts'
import { type Manifest, textOf } from './manifests.ts'

/** Each convention of charts in use: a value, and what it must come to. */
const CONVENTIONS: Record<string, { values: object; holds: (objects: Manifest[]) => void }> = {
  nameOverride: {
    values: { nameOverride: 'dt' },
    holds: (all) => {
      assert.equal(kind(all, 'StatefulSet')[0].metadata.name, 'alerts-dt')
      assert.equal(podOf(all).metadata.labels['app.kubernetes.io/name'], 'dt')
    },
  },
  fullnameOverride: {
    values: { fullnameOverride: 'pager' },
    holds: (all) => assert.equal(kind(all, 'StatefulSet')[0].metadata.name, 'pager'),
  },
  'image.registry and digest': {
    values: { image: { registry: 'images.internal:5000', digest: `sha256:${'a'.repeat(64)}` } },
    holds: (all) =>
      assert.equal(
        podOf(all).spec.containers[0].image,
        `images.internal:5000/dingtalk-receiver@sha256:${'a'.repeat(64)}`,
      ),
  },
  imagePullSecrets: {
    values: { imagePullSecrets: [{ name: 'pull' }] },
    holds: (all) => assert.deepEqual(podOf(all).spec.imagePullSecrets, [{ name: 'pull' }]),
  },
  'podAnnotations and podLabels': {
    values: { podAnnotations: { a: 'b' }, podLabels: { c: 'd' } },
    holds: (all) => {
      assert.deepEqual(podOf(all).metadata.annotations, { a: 'b' })
      assert.equal(podOf(all).metadata.labels.c, 'd')
    },
  },
  'commonLabels and commonAnnotations': {
    values: { commonLabels: { team: 'db' }, commonAnnotations: { owner: 'db' } },
    holds: (all) => {
      for (const each of all.filter((one) => one.kind !== 'Pod')) {
        assert.equal(each.metadata.labels.team, 'db', each.kind)
        assert.equal(each.metadata.annotations.owner, 'db', each.kind)
      }
      assert.equal(kind(all, 'StatefulSet')[0].spec.selector.matchLabels.team, undefined)
    },
  },
  service: {
    values: {
      service: {
        type: 'NodePort',
        nodePort: 30_060,
        annotations: { 'metallb.io/pool': 'a' },
        labels: { tier: 'edge' },
      },
    },
    holds: (all) => {
      const service = kind(all, 'Service').find((each) => each.spec.type === 'NodePort')
      assert.equal(service.spec.ports[0].nodePort, 30_060)
      assert.deepEqual(service.metadata.annotations, { 'metallb.io/pool': 'a' })
      assert.equal(service.metadata.labels.tier, 'edge')
    },
  },
  serviceAccount: {
    values: { serviceAccount: { create: false, name: 'mine' } },
    holds: (all) => {
      assert.equal(kind(all, 'ServiceAccount').length, 0)
      assert.equal(podOf(all).spec.serviceAccountName, 'mine')
    },
  },
  'security contexts': {
    values: { podSecurityContext: { runAsUser: null, fsGroup: 5_000 } },
    holds: (all) => {
      const { runAsUser, fsGroup, runAsNonRoot } = podOf(all).spec.securityContext
      assert.deepEqual([runAsUser, fsGroup, runAsNonRoot], [undefined, 5_000, true])
    },
  },
  ingress: {
    values: {
      ingress: {
        enabled: true,
        className: 'nginx',
        annotations: { 'cert-manager.io/cluster-issuer': 'own' },
        hosts: [{ host: 'alerts.internal', paths: [{ path: '/dingtalk', pathType: 'Prefix' }] }],
        tls: [{ secretName: 'tls', hosts: ['alerts.internal'] }],
      },
    },
    holds: (all) => {
      const [{ spec }] = kind(all, 'Ingress')
      assert.equal(spec.ingressClassName, 'nginx')
      assert.equal(spec.rules[0].http.paths[0].path, '/dingtalk')
      assert.equal(spec.rules[0].http.paths[0].backend.service.name, 'alerts-dingtalk-receiver')
      assert.equal(spec.tls[0].secretName, 'tls')
    },
  },
  httpRoute: {
    values: {
      httpRoute: { enabled: true, parentRefs: [{ name: 'gw' }], hostnames: ['alerts.internal'] },
    },
    holds: (all) => {
      const [{ spec }] = kind(all, 'HTTPRoute')
      assert.deepEqual(spec.parentRefs, [{ name: 'gw' }])
      assert.deepEqual(spec.rules[0].backendRefs, [
        { name: 'alerts-dingtalk-receiver', port: 8060 },
      ])
    },
  },
  'extraEnv, envFrom and extraArgs': {
    values: {
      extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
      envFrom: [{ secretRef: { name: 'more' } }],
      extraArgs: ['--web.enable-lifecycle'],
    },
    holds: (all) => {
      const [container] = podOf(all).spec.containers
      assert.equal(container.env[0].name, 'HTTPS_PROXY')
      assert.equal(container.envFrom[0].secretRef.name, 'more')
      assert.equal(container.args.at(-1), '--web.enable-lifecycle')
    },
  },
  'extraVolumes and extraVolumeMounts': {
    values: {
      extraVolumes: [{ name: 'ca', secret: { secretName: 'ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/ca' }],
    },
    holds: (all) => {
      assert.ok(podOf(all).spec.volumes.some((each: Manifest) => each.name === 'ca'))
      assert.equal(podOf(all).spec.containers[0].volumeMounts.at(-1).mountPath, '/ca')
    },
  },
  'initContainers and sidecars': {
    values: {
      initContainers: [{ name: 'first', image: 'busybox' }],
      sidecars: [{ name: 'beside', image: 'busybox' }],
    },
    holds: (all) => {
      assert.equal(podOf(all).spec.initContainers[0].name, 'first')
      assert.equal(podOf(all).spec.containers[1].name, 'beside')
    },
  },
  scheduling: {
    values: {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
      ],
      priorityClassName: 'system-cluster-critical',
      affinity: { podAntiAffinity: {} },
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ operator: 'Exists' }],
    },
    holds: (all) => {
      const { spec } = podOf(all)
      assert.equal(spec.topologySpreadConstraints[0].topologyKey, 'zone')
      assert.equal(spec.priorityClassName, 'system-cluster-critical')
      assert.deepEqual(spec.affinity, { podAntiAffinity: {} })
      assert.deepEqual(spec.nodeSelector, { disk: 'ssd' })
      assert.deepEqual(spec.tolerations, [{ operator: 'Exists' }])
    },
  },
  'dnsConfig and hostAliases': {
    values: {
      dnsConfig: { options: [{ name: 'ndots', value: '1' }] },
      hostAliases: [{ ip: '10.0.0.9', hostnames: ['proxy'] }],
    },
    holds: (all) => {
      assert.equal(podOf(all).spec.dnsConfig.options[0].name, 'ndots')
      assert.equal(podOf(all).spec.hostAliases[0].ip, '10.0.0.9')
    },
  },
  templates: {
    values: { templates: { 'oncall.eta': '**${alarm_name}**\n' } },
    holds: (all) => {
      const [map] = kind(all, 'ConfigMap')
      assert.equal(map.data['template-oncall.eta'], '**${alarm_name}**\n')
      assert.match(map.data['dingtalk-receiver.yml'], /templates: \/etc\/dingtalk-receiver\/tem/)
      const { items } = podOf(all).spec.volumes[0].configMap
      assert.deepEqual(items.at(-1), { key: 'template-oncall.eta', path: 'templates/oncall.eta' })
    },
  },
  persistence: {
    values: { persistence: { existingClaim: 'kept' } },
    holds: (all) => {
      assert.equal(kind(all, 'StatefulSet')[0].spec.volumeClaimTemplates, undefined)
      const data = podOf(all).spec.volumes.find((each: Manifest) => each.name === 'data')
      assert.equal(data.persistentVolumeClaim.claimName, 'kept')
    },
  },
  replicaCount: {
    values: { replicaCount: 4, store: { kind: 'postgres' } },
    holds: (all) => assert.equal(kind(all, 'Deployment')[0].spec.replicas, 4),
  },
  'podDisruptionBudget and networkPolicy': {
    values: {
      podDisruptionBudget: { minAvailable: 1 },
      networkPolicy: { enabled: true, from: [{ ipBlock: { cidr: '10.0.0.0/8' } }], toPorts: [443] },
    },
    holds: (all) => {
      assert.equal(kind(all, 'PodDisruptionBudget')[0].spec.minAvailable, 1)
      const [{ spec }] = kind(all, 'NetworkPolicy')
      assert.equal(spec.ingress[0].from[0].ipBlock.cidr, '10.0.0.0/8')
      assert.deepEqual(spec.egress[1].ports, [{ protocol: 'TCP', port: 443 }])
    },
  },
  serviceMonitor: {
    values: {
      serviceMonitor: {
        enabled: true,
        namespace: 'monitoring',
        labels: { release: 'kps' },
        tlsConfig: { insecureSkipVerify: true },
        authorization: { credentials: { name: 'token', key: 'bearer' } },
        relabelings: [{ action: 'labeldrop', regex: 'pod' }],
      },
    },
    holds: (all) => {
      const [{ metadata, spec }] = kind(all, 'ServiceMonitor')
      assert.equal(metadata.namespace, 'monitoring')
      assert.equal(metadata.labels.release, 'kps')
      assert.deepEqual(spec.namespaceSelector, { matchNames: ['ops'] })
      const [endpoint] = spec.endpoints
      assert.equal(endpoint.tlsConfig.insecureSkipVerify, true)
      assert.equal(endpoint.authorization.credentials.name, 'token')
      assert.equal(endpoint.relabelings[0].regex, 'pod')
    },
  },
  prometheusRule: {
    values: {
      prometheusRule: {
        enabled: true,
        labels: { release: 'kps' },
        disabled: ['DingtalkReceiverReloadFailed'],
        additionalRuleLabels: { team: 'db' },
        runbookUrl: 'https://wiki.internal/runbooks',
      },
    },
    holds: (all) => {
      const [{ metadata, spec }] = kind(all, 'PrometheusRule')
      assert.equal(metadata.labels.release, 'kps')
      const rules = spec.groups[0].rules as Manifest[]
      assert.ok(!rules.some((each) => each.alert === 'DingtalkReceiverReloadFailed'))
      const down = rules.find((each) => each.alert === 'DingtalkReceiverDown')
      assert.deepEqual(down.labels, { severity: 'critical', team: 'db' })
      assert.equal(
        down.annotations.runbook_url,
        'https://wiki.internal/runbooks#dingtalkreceiverdown',
      )
    },
  },
  dashboard: {
    values: { dashboard: { enabled: true, namespace: 'grafana' } },
    holds: (all) => {
      const map = kind(all, 'ConfigMap').find((each) => each.metadata.namespace === 'grafana')
      assert.equal(map.metadata.labels.grafana_dashboard, '1')
      assert.deepEqual(
        JSON.parse(map.data['dingtalk-receiver.json']),
        JSON.parse(textOf('grafana/dashboard.json')),
      )
    },
  },
  'secrets of its own': {
    values: { existingSecret: '', secrets: { 'ops-1-webhook': 'https://x/?a=1&b="2"' } },
    holds: (all) => {
      const [secret] = kind(all, 'Secret')
      assert.equal(secret.stringData['ops-1-webhook'], 'https://x/?a=1&b="2"')
      const volume = podOf(all).spec.volumes.find((each: Manifest) => each.name === 'secrets')
      assert.equal(volume.secret.secretName, secret.metadata.name)
    },
  },
  extraObjects: {
    values: {
      extraObjects: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '{{ .Release.Name }}-more' } },
      ],
    },
    holds: (all) =>
      assert.ok(kind(all, 'ConfigMap').some((each) => each.metadata.name === 'alerts-more')),
  },
}

describe('the chart', needsTools(), () => {
  for (const [name, { values, holds }] of Object.entries(CONVENTIONS))
    test(`takes what charts in use take: ${name}`, () => holds(rendered(values)))

  test('on OpenShift leaves users and groups to the platform', () => {
    const scc = 'security.openshift.io/v1/SecurityContextConstraints'
    const { securityContext } = podOf(rendered({}, '--api-versions', scc)).spec
    assert.deepEqual(securityContext, {
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
  })

  test('asks a receiver that wants certificates or an admin by its own `health`', () => {
    const config = (MINIMAL as { config: object }).config
    for (const more of [
      { tls: { cert: 'a', key: 'b', client_ca: 'c' } },
      { admin: { token: 'x', protect: true } },
    ]) {
      const [container] = podOf(rendered({ config: { ...config, ...more } })).spec.containers
      assert.equal(container.readinessProbe.exec.command[1], 'health')
      assert.deepEqual(container.livenessProbe.tcpSocket, { port: 'http' })
      assert.equal(container.readinessProbe.httpGet, undefined)
    }
    const tls = { ...config, tls: { cert: 'a', key: 'b' } }
    const [container] = podOf(rendered({ config: tls })).spec.containers
    assert.equal(container.livenessProbe.httpGet.scheme, 'HTTPS')
  })

  test('has a monitor whose job is the one that the rules look for, and which finds one Service', () => {
    const all = rendered({ serviceMonitor: { enabled: true }, fullnameOverride: 'x' })
    const [{ spec }] = kind(all, 'ServiceMonitor')
    const found = kind(all, 'Service').filter((each) =>
      Object.entries(spec.selector.matchLabels).every(
        ([name, value]) => each.metadata.labels[name] === value,
      ),
    )
    assert.equal(found.length, 1)
    assert.equal(found[0].metadata.labels[spec.jobLabel], 'dingtalk-receiver')
  })

  for (const [what, values, says] of [
    ['no robot', { config: { robots: {} } }, /config\.robots is empty/],
    ['no channel', { config: { channels: null } }, /config\.channels is empty/],
    ['two replicas of a file', { replicaCount: 2 }, /set store\.kind to postgres/],
    ['two Secrets', { secrets: { a: 'b' } }, /existingSecret and secrets are both set/],
    ['an ingress without hosts', { ingress: { enabled: true } }, /ingress\.hosts is empty/],
    ['a key that it does not know', { stroe: {} }, /stroe/],
    ['an unknown store', { store: { kind: 'mysql' } }, /store\/kind/],
    ['a store in the configuration', { config: { store: 'sqlite:x.db' } }, /config\/store/],
  ] as const)
    test(`refuses ${what}, and says so`, () =>
      assert.throws(() => renderChart({ ...MINIMAL, ...merged(values) }), says))

  test('sends nothing anywhere until it is told where: without values it names what is missing', () => {
    assert.throws(() => renderChart({}), /config\.robots is empty[\s\S]*webhook: \{ file:/)
    assert.ok(!JSON.stringify(rendered({})).includes('example.com'))
  })

  test('passes `helm lint`', () => {
    const output = runTool('helm', 'lint', CHART, '--values', `${CHART}/ci/minimal-values.yaml`)
    assert.match(output, /0 chart\(s\) failed/)
  })

  test('carries the rules and the dashboard of deploy', () => {
    assert.equal(
      textOf('helm/dingtalk-receiver/files/dashboard.json'),
      textOf('grafana/dashboard.json'),
    )
    assert.equal(textOf('helm/dingtalk-receiver/files/alerts.yml'), textOf('prometheus/alerts.yml'))
  })

  test('lists every value in its README', () => {
    const readme = textOf('helm/dingtalk-receiver/README.md')
    const { properties } = JSON.parse(textOf('helm/dingtalk-receiver/values.schema.json'))
    for (const name of Object.keys(properties).filter((each) => each !== 'global'))
      assert.match(readme, new RegExp(`\`${name}[\`.]`), name)
  })

  /** A configuration in values is merged into the minimal one, as Helm does. */
  function merged(values: object): object {
    if (!('config' in values)) return values
    const config = { ...(MINIMAL as { config: object }).config, ...(values.config as object) }
    return { ...values, config }
  }
})
