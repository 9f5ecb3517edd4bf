import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Secret } from 'kubernetes-models/v1/Secret'
import { Service } from 'kubernetes-models/v1/Service'
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount'
import { parse } from 'yaml'
import { temporaryFolder } from '../support/receiver.ts'
import { chart, objectsOf, renderChart, valuesWith } from './chart.ts'
import { kustomize, type Manifest, textOf } from './manifests.ts'
import { wholeConfig } from './whole-config.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Every kind of object that we write, with where its model stands. */
const MODELS: Record<
  string,
  { new (value: never): { validate(): void }; readonly apiVersion: unknown }
> = {
  ConfigMap,
  Deployment,
  NetworkPolicy,
  PodDisruptionBudget,
  PrometheusRule,
  Secret,
  Service,
  ServiceAccount,
  ServiceMonitor,
  StatefulSet,
}

const SECRET = parse(textOf('kubernetes/secret.example.yaml')) as Manifest

/** What stands in a cluster together. */
const SETS: Record<string, Manifest[]> = {
  sqlite: [...kustomize('kubernetes/sqlite'), ...kustomize('kubernetes/monitoring'), SECRET],
  postgres: [...kustomize('kubernetes/postgres'), ...kustomize('kubernetes/monitoring'), SECRET],
  'the chart on SQLite': [...charted({}), SECRET],
  'the chart on PostgreSQL': [
    ...charted({
      store: { kind: 'postgres' },
      serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
      prometheusRule: { enabled: true },
      nodeSelector: { 'kubernetes.io/arch': 'amd64' },
      tolerations: [{ key: 'alerts', operator: 'Exists' }],
      imagePullSecrets: [{ name: 'registry' }],
    }),
    SECRET,
  ],
}

function charted(changes: Record<string, unknown>): Manifest[] {
  return objectsOf(renderChart(valuesWith(changes)))
}

const every = Object.values(SETS).flat()

for (const [name, objects] of Object.entries(SETS))
  describe(`Kubernetes: ${name}`, () => {
    const of = (kind: string): Manifest[] => objects.filter((each) => each.kind === kind)
    const [workload] = [...of('StatefulSet'), ...of('Deployment')] as [Manifest]
    const pod = workload.spec.template.spec
    const [container] = pod.containers
    const [service] = of('Service')

    test('each object is what its model allows', () => {
      for (const each of objects) {
        const Model = MODELS[each.kind]
        assert.ok(Model, `no model of ${each.kind}`)
        assert.equal(each.apiVersion, Model.apiVersion, each.kind)
        assert.doesNotThrow(() => new Model(each as never).validate(), each.kind)
      }
    })

    test('each object has a name of its own kind, and one workload stands behind them', () => {
      const names = objects.map((each) => `${each.kind}/${each.metadata.name}`)
      assert.equal(new Set(names).size, names.length)
      assert.equal(of('StatefulSet').length + of('Deployment').length, 1)
    })

    test('every selector finds the pods, and the monitor finds the service', () => {
      const labels = workload.spec.template.metadata.labels
      const selectors: [string, Manifest, Manifest][] = [
        ['workload', workload.spec.selector.matchLabels, labels],
        ['Service', service.spec.selector, labels],
        ...of('NetworkPolicy').map((each): [string, Manifest, Manifest] => [
          'NetworkPolicy',
          each.spec.podSelector.matchLabels,
          labels,
        ]),
        ...of('PodDisruptionBudget').map((each): [string, Manifest, Manifest] => [
          'PodDisruptionBudget',
          each.spec.selector.matchLabels,
          labels,
        ]),
        ...of('ServiceMonitor').map((each): [string, Manifest, Manifest] => [
          'ServiceMonitor',
          each.spec.selector.matchLabels,
          service.metadata.labels,
        ]),
      ]
      for (const [what, wanted, had] of selectors) {
        assert.ok(Object.keys(wanted).length > 0, what)
        for (const [key, value] of Object.entries(wanted))
          assert.equal(had[key], value, `${what}: ${key}`)
      }
      assert.equal(of('NetworkPolicy').length, 1)
      assert.equal(of('PodDisruptionBudget').length, 1)
    })

    test('every named port is one of the container, where the receiver listens', () => {
      const ports = new Map(
        container.ports.map((each: Manifest) => [each.name, each.containerPort]),
      )
      const named = [
        ...service.spec.ports.map((each: Manifest) => each.targetPort),
        ...['startupProbe', 'readinessProbe', 'livenessProbe'].map(
          (each) => container[each].httpGet.port,
        ),
        ...of('NetworkPolicy').flatMap((each) =>
          each.spec.ingress.flatMap((rule: Manifest) =>
            rule.ports.map((port: Manifest) => port.port),
          ),
        ),
      ]
      for (const port of named) assert.ok(ports.has(port), String(port))
      for (const monitor of of('ServiceMonitor'))
        for (const { port } of monitor.spec.endpoints)
          assert.ok(service.spec.ports.some((each: Manifest) => each.name === port))
      const listen = (parse(configText()) as Manifest).listen
      assert.equal(listen, `0.0.0.0:${ports.get('http')}`)
    })

    test('probes ask where the receiver answers', () => {
      assert.equal(container.readinessProbe.httpGet.path, '/-/ready')
      assert.equal(container.startupProbe.httpGet.path, '/-/ready')
      assert.equal(container.livenessProbe.httpGet.path, '/-/healthy')
    })

    test('every volume is mounted, and every mount has its volume', () => {
      const volumes = [
        ...pod.volumes.map((each: Manifest) => each.name),
        ...(workload.spec.volumeClaimTemplates ?? []).map((each: Manifest) => each.metadata.name),
      ].sort()
      const mounts = container.volumeMounts.map((each: Manifest) => each.name).sort()
      assert.deepEqual(volumes, mounts)
      assert.ok(!container.volumeMounts.some((each: Manifest) => 'subPath' in each))
    })

    test('what is referred to is there: account, configuration, Secret and its keys', () => {
      assert.ok(of('ServiceAccount').some((each) => each.metadata.name === pod.serviceAccountName))
      const names = (kind: string) => of(kind).map((each) => each.metadata.name)
      for (const volume of pod.volumes) {
        if (volume.configMap) assert.ok(names('ConfigMap').includes(volume.configMap.name))
        if (volume.secret) assert.ok(names('Secret').includes(volume.secret.secretName))
      }
      const files = [...configText().matchAll(/\/run\/secrets\/dingtalk-receiver\/([\w-]+)/g)]
      const keys = Object.keys(SECRET.stringData)
      for (const [, key] of files) assert.ok(keys.includes(key as string), key)
      assert.ok(files.length >= 3)
    })

    test('the configuration is one that the receiver takes, with the paths of the container', () => {
      const config = wholeConfig(configText())
      assert.deepEqual(config.faults, [])
      const path = container.args[container.args.indexOf('--config') + 1]
      assert.equal(path, '/etc/dingtalk-receiver/dingtalk-receiver.yml')
      const writable = container.volumeMounts.filter((each: Manifest) => each.readOnly !== true)
      if (config.store.startsWith('sqlite:'))
        assert.ok(
          writable.some((each: Manifest) => config.store.startsWith(`sqlite:${each.mountPath}/`)),
        )
      assert.equal(config.store.startsWith('sqlite:'), workload.kind === 'StatefulSet')
    })

    test('one replica holds a file, several share a database', () => {
      if (workload.kind === 'StatefulSet') {
        assert.equal(workload.spec.replicas, 1)
        assert.equal(workload.spec.serviceName, service.metadata.name)
      } else assert.equal(workload.spec.replicas, 3)
    })

    test('the container has no rights that it does not need, and time to end', () => {
      assert.deepEqual(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      assert.equal(pod.securityContext.runAsNonRoot, true)
      assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault')
      assert.equal(pod.automountServiceAccountToken, false)
      assert.ok(pod.terminationGracePeriodSeconds > 25)
      assert.ok(container.resources.limits.memory)
    })

    function configText(): string {
      return of('ConfigMap')[0].data['dingtalk-receiver.yml'] as string
    }
  })

describe('Kubernetes: all of it', () => {
  test('no object has a key that its model does not know', () => {
    using folder = temporaryFolder()
    symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'))
    mkdirSync(join(folder.path, 'src'))
    const lines = every.map((each, index) => {
      const operator = String(each.apiVersion).startsWith('monitoring.')
      const from = operator
        ? '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
        : `kubernetes-models/${each.apiVersion}`
      return `export const o${index}: import('${from}/${each.kind}').I${each.kind} = ${JSON.stringify(each, null, 1)}`
    })
    const strange = `export const bad: import('kubernetes-models/v1/Service').IService = { "spec": { "prots": [] } }`
    writeFileSync(join(folder.path, 'src/all.ts'), [...lines, strange].join('\n'))
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--types',
      '',
    ]
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, 'src/all.ts'], {
      cwd: folder.path,
      encoding: 'utf8',
    })
    const faults = stdout.split('\n').filter((line) => line.includes('error TS'))
    assert.match(faults.pop() ?? stdout, /prots.* does not exist/)
    assert.deepEqual(faults, [])
  })

  test('kubectl builds the same objects', (t) => {
    const { status, error } = spawnSync('kubectl', ['kustomize', '--help'])
    const major = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' }).stdout
    if (error || status !== 0 || !/Kustomize Version: v[5-9]/.test(major))
      return t.skip('a kubectl with kustomize 5 is not installed')
    for (const folder of ['sqlite', 'postgres', 'monitoring']) {
      const built = spawnSync('kubectl', ['kustomize', join('deploy/kubernetes', folder)], {
        cwd: ROOT,
        encoding: 'utf8',
      })
      assert.equal(built.stderr, '')
      const objects = built.stdout.split(/^---$/m).map((text) => parse(text) as Manifest)
      const sorted = (list: Manifest[]): Manifest[] =>
        list.sort((a, b) => (a.kind < b.kind ? -1 : 1))
      assert.deepEqual(sorted(objects), sorted(kustomize(join('kubernetes', folder))))
    }
  })

  test('the manifests and the chart set the same pod up', () => {
    for (const [ours, theirs] of [
      ['sqlite', 'the chart on SQLite'],
      ['postgres', 'the chart on PostgreSQL'],
    ] as const) {
      const podOf = (set: string): Manifest =>
        structuredClone(
          (SETS[set] as Manifest[]).find((each) => each.kind in { StatefulSet: 1, Deployment: 1 })
            .spec.template.spec,
        )
      const [a, b] = [podOf(ours), podOf(theirs)]
      for (const pod of [a, b]) {
        delete pod.serviceAccountName
        delete pod.containers[0].imagePullPolicy
        for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
          delete pod.containers[0][probe].httpGet.scheme
        for (const each of pod.topologySpreadConstraints ?? []) delete each.labelSelector
        for (const each of pod.volumes) delete each.configMap
        for (const key of ['nodeSelector', 'tolerations', 'imagePullSecrets']) delete pod[key]
      }
      assert.deepEqual(a, b)
    }
  })

  test('their alert rules are those of deploy/prometheus', () => {
    const { groups } = parse(textOf('prometheus/alerts.yml')) as Manifest
    const rules = every.filter((each) => each.kind === 'PrometheusRule')
    assert.equal(rules.length, 3)
    for (const each of rules) assert.deepEqual(each.spec.groups, groups)
  })

  test('versions are those of package.json', () => {
    const { version } = JSON.parse(textOf('../package.json'))
    assert.equal(chart['version'], version)
    assert.equal(chart['appVersion'], version)
    for (const each of every)
      for (const { image } of each.spec?.template?.spec?.containers ?? [])
        assert.equal(image, `dingtalk-receiver:${version}`)
  })

  test("the chart's values are what its schema describes, and it refuses others", async () => {
    const { Ajv } = await import('ajv')
    const validate = new Ajv({ strict: false }).compile(
      JSON.parse(textOf('helm/dingtalk-receiver/values.schema.json')),
    )
    assert.ok(validate(valuesWith({})), JSON.stringify(validate.errors))
    for (const wrong of [
      { stroe: {} },
      { store: { kind: 'mysql' } },
      { config: { store: 'sqlite:x.db' } },
      { image: { tga: '1' } },
    ])
      assert.ok(!validate(valuesWith(wrong)), JSON.stringify(wrong))
  })
})
