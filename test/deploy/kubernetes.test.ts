import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { temporaryFolder } from '../support/receiver.ts'
import { importTool, needsTools, runTool } from '../support/tools.ts'
import { chart, MINIMAL, objectsOf, renderChart } from './chart.ts'
import { DEPLOY, type Manifest, textOf } from './manifests.ts'
import { wholeConfig } from './whole-config.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

interface Model {
  new (value: never): { validate(): void }
  readonly apiVersion: unknown
}

const OPERATOR = '@kubernetes-models/prometheus-operator'

/** The model of an object, of the package that describes its API. */
async function modelOf({ apiVersion, kind }: Manifest): Promise<Model> {
  const from = apiVersion.startsWith('monitoring.') ? OPERATOR : 'kubernetes-models'
  return (await importTool(`${from}/${apiVersion}/${kind}.js`))[kind] as Model
}

const SECRET = parse(textOf('kubernetes/secret.example.yaml')) as Manifest

const CHARTED_ON_POSTGRES = {
  ...MINIMAL,
  replicaCount: 3,
  store: { kind: 'postgres' },
  serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
  prometheusRule: { enabled: true },
  networkPolicy: { enabled: true },
  nodeSelector: { 'kubernetes.io/arch': 'amd64' },
  tolerations: [{ key: 'alerts', operator: 'Exists' }],
  imagePullSecrets: [{ name: 'registry' }],
}

/** What stands in a cluster together. */
const SETS: Record<string, Manifest[]> =
  'skip' in needsTools()
    ? {}
    : {
        sqlite: [...kustomize('sqlite'), ...kustomize('monitoring'), SECRET],
        postgres: [...kustomize('postgres'), ...kustomize('monitoring'), SECRET],
        'the chart on SQLite': [
          ...charted({ ...MINIMAL, networkPolicy: { enabled: true } }),
          SECRET,
        ],
        'the chart on PostgreSQL': [...charted(CHARTED_ON_POSTGRES), SECRET],
      }

function kustomize(folder: string): Manifest[] {
  return objectsOf(runTool('kubectl', 'kustomize', join(DEPLOY, 'kubernetes', folder)))
}

/** Without what only `helm test` makes. */
function charted(values: object): Manifest[] {
  return objectsOf(renderChart(values)).filter((each) => each.kind !== 'Pod')
}

const every = Object.values(SETS).flat()

for (const [name, objects] of Object.entries(SETS))
  describe(`Kubernetes: ${name}`, () => {
    const of = (kind: string): Manifest[] => objects.filter((each) => each.kind === kind)
    const [workload] = [...of('StatefulSet'), ...of('Deployment')] as [Manifest]
    const pod = workload.spec.template.spec
    const [container] = pod.containers
    const service = of('Service').find((each) => each.spec.clusterIP !== 'None') as Manifest

    test('each object conforms to its model', async () => {
      for (const each of objects) {
        const Model = await modelOf(each)
        assert.doesNotThrow(() => new Model(each as never).validate(), each.kind)
      }
    })

    test('object names are unique per kind, with one workload', () => {
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

    test('every named port is a port of the container, on which the receiver listens', () => {
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

    test('probes use existing routes', () => {
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

    test('every reference exists: account, configuration, Secret and its keys', () => {
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

    test("the receiver accepts the configuration, with the container's paths", () => {
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

    test('one replica uses a file, several share a database', () => {
      if (workload.kind === 'StatefulSet') {
        assert.equal(workload.spec.replicas, 1)
        const names = of('Service').map((each) => each.metadata.name)
        assert.ok(names.includes(workload.spec.serviceName))
      } else assert.equal(workload.spec.replicas, 3)
    })

    test('the container has minimal rights, and time to shut down', () => {
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

describe('Kubernetes: all of it', needsTools(), () => {
  test('an unknown key fails the model check', () => {
    using folder = temporaryFolder()
    symlinkSync(join(ROOT, '.ci/tools/node_modules'), join(folder.path, 'node_modules'))
    mkdirSync(join(folder.path, 'src'))
    const lines = every.map((each, index) => {
      const operator = String(each.apiVersion).startsWith('monitoring.')
      const from = operator
        ? `${OPERATOR}/${each.apiVersion}`
        : `kubernetes-models/${each.apiVersion}`
      return `export const o${index}: import('${from}/${each.kind}').I${each.kind} = ${JSON.stringify(each, null, 1)}`
    })
    const invalid = `export const bad: import('kubernetes-models/v1/Service').IService = { "spec": { "prots": [] } }`
    writeFileSync(join(folder.path, 'src/all.ts'), [...lines, invalid].join('\n'))
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

  test('the manifests and the chart produce the same pod', () => {
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
        delete pod.containers[0].args
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

  test('the alert rules equal those of deploy/prometheus', () => {
    const { groups } = parse(textOf('prometheus/alerts.yml')) as Manifest
    const rules = every.filter((each) => each.kind === 'PrometheusRule')
    assert.equal(rules.length, 3)
    for (const each of rules) assert.deepEqual(each.spec.groups, groups)
  })

  test('versions equal that of package.json', () => {
    const { version } = JSON.parse(textOf('../package.json'))
    assert.equal(chart['version'], version)
    assert.equal(chart['appVersion'], version)
    for (const each of every)
      for (const { image } of each.spec?.template?.spec?.containers ?? [])
        assert.equal(image, `dingtalk-receiver:${version}`)
  })
})
