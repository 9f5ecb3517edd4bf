import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { alertmanager } from '../../../src/sources/alertmanager/index.ts'
import { targetOf } from '../../../src/sources/alertmanager/target/index.ts'

type Texts = Record<string, string>

const targetText = (labels: Texts, annotations: Texts = {}): string | undefined =>
  targetOf(labels, annotations).text

/** Labels that a Helm chart's scrape of kube-state-metrics adds to every alert. */
const KSM = {
  container: 'kube-state-metrics',
  endpoint: 'http',
  instance: '10.244.0.15:8080',
  job: 'kube-state-metrics',
  service: 'mon-kube-state-metrics',
}
const KSM_POD = { ...KSM, namespace: 'monitoring', pod: 'mon-kube-state-metrics-5d9f7-x2k4q' }
const KUBELET = {
  endpoint: 'https-metrics',
  instance: '192.0.2.31:10250',
  job: 'kubelet',
  metrics_path: '/metrics',
  node: 'worker-3',
  service: 'mon-kubelet',
}
const NODE_EXPORTER = {
  container: 'node-exporter',
  endpoint: 'http-metrics',
  instance: '192.0.2.31:9100',
  job: 'node-exporter',
  namespace: 'monitoring',
  pod: 'mon-prometheus-node-exporter-abcde',
  service: 'mon-prometheus-node-exporter',
}

/** Description of an alert, its labels, its text, and its expected target. */
const CASES: readonly (readonly [string, Texts, string | Texts, string | undefined])[] = [
  [
    'a pod, though its words name nothing',
    {
      alertname: 'KubePodCrashLooping',
      instance: '10.244.0.15:8080',
      namespace: 'shop',
      pod: 'pay-1',
    },
    'Pod is crash looping.',
    'namespace=shop:pod=pay-1',
  ],
  [
    'a container',
    {
      alertname: 'KubePodCrashLooping',
      ...KSM,
      namespace: 'shop',
      pod: 'pay-1',
      container: 'sidecar',
      uid: 'u-1',
    },
    'Container sidecar of shop/pay-1 restarts again and again.',
    'namespace=shop:pod=pay-1:container=sidecar',
  ],
  [
    'a pod of a chart, with the exporter as container',
    { alertname: 'KubePodNotReady', ...KSM, namespace: 'shop', pod: 'pay-1' },
    '',
    'namespace=shop:pod=pay-1',
  ],
  [
    'a deployment, beside the pod of the exporter',
    {
      alertname: 'KubeDeploymentReplicasMismatch',
      ...KSM_POD,
      namespace: 'shop',
      deployment: 'pay',
      cluster: 'prod',
    },
    'Replicas of shop/pay do not match.',
    'cluster=prod:namespace=shop:deployment=pay',
  ],
  [
    'a deployment, without words',
    { alertname: 'Mismatch', ...KSM_POD, namespace: 'shop', deployment: 'pay' },
    '',
    'namespace=shop:deployment=pay',
  ],
  [
    'a job of a namespace',
    { alertname: 'KubeJobFailed', ...KSM_POD, namespace: 'shop', job_name: 'backup-28' },
    'Job shop/backup-28 failed.',
    'namespace=shop:job_name=backup-28',
  ],
  [
    'a node, not the namespace of the exporter',
    {
      alertname: 'KubeNodeNotReady',
      ...KSM_POD,
      node: 'worker-3',
      condition: 'Ready',
      status: 'true',
    },
    'worker-3 is unready.',
    'node=worker-3',
  ],
  [
    'a volume claim, not the kubelet',
    {
      alertname: 'KubePersistentVolumeFillingUp',
      ...KUBELET,
      namespace: 'shop',
      persistentvolumeclaim: 'data-db-0',
    },
    'The volume of data-db-0 in shop has only 2.9% left.',
    'namespace=shop:persistentvolumeclaim=data-db-0',
  ],
  [
    'a volume',
    {
      alertname: 'KubePersistentVolumeErrors',
      ...KSM_POD,
      persistentvolume: 'pv-7',
      phase: 'Failed',
    },
    'Volume pv-7 has trouble.',
    'persistentvolume=pv-7',
  ],
  [
    'a disk of a machine, which the words name by the address of its exporter',
    {
      alertname: 'NodeFilesystemSpaceFillingUp',
      ...NODE_EXPORTER,
      device: '/dev/sda1',
      mountpoint: '/data',
      fstype: 'ext4',
    },
    'Filesystem on /dev/sda1, mounted on /data, at 192.0.2.31:9100 has only 12.3% left.',
    'instance=192.0.2.31:9100:device=/dev/sda1:mountpoint=/data',
  ],
  [
    'a disk of a machine, without words',
    { alertname: 'DiskFull', ...NODE_EXPORTER, device: '/dev/sda1', mountpoint: '/' },
    '',
    'instance=192.0.2.31:9100:device=/dev/sda1:mountpoint=/',
  ],
  [
    'a network interface, where the words name the pod of the exporter',
    { alertname: 'NodeNetworkInterfaceFlapping', ...NODE_EXPORTER, device: 'eth0' },
    'Interface "eth0" flaps on node-exporter monitoring/mon-prometheus-node-exporter-abcde',
    'namespace=monitoring:instance=192.0.2.31:9100:device=eth0',
  ],
  [
    'a machine',
    { alertname: 'HostOutOfMemory', instance: 'db-1:9100', job: 'node' },
    'node memory fills up (instance db-1:9100)',
    'instance=db-1:9100',
  ],
  [
    'a machine with its name',
    {
      alertname: 'HighLoad',
      instance: '192.0.2.5:9100',
      job: 'node-exporter',
      nodename: 'db-1',
      cluster: 'east',
    },
    '',
    'cluster=east:nodename=db-1',
  ],
  [
    'a unit of systemd',
    {
      alertname: 'NodeSystemdServiceFailed',
      ...NODE_EXPORTER,
      name: 'chronyd.service',
      state: 'failed',
    },
    'chronyd.service failed at 192.0.2.31:9100',
    'instance=192.0.2.31:9100:name=chronyd.service',
  ],
  [
    'a member of etcd',
    {
      alertname: 'etcdMembersDown',
      job: 'etcd',
      instance: '192.0.2.11:2379',
      severity: 'critical',
    },
    'etcd cluster "etcd": members are down (1).',
    'instance=192.0.2.11:2379',
  ],
  [
    'a peer of etcd, in its pod',
    {
      alertname: 'etcdMemberCommunicationSlow',
      job: 'etcd',
      instance: '192.0.2.11:2381',
      namespace: 'kube-system',
      pod: 'etcd-master-1',
      To: '8211f1d0f64f3269',
      endpoint: 'metrics',
    },
    'etcd cluster "etcd": communication with 8211f1d0f64f3269 takes 0.17s on 192.0.2.11:2381.',
    'namespace=kube-system:pod=etcd-master-1:To=8211f1d0f64f3269',
  ],
  [
    'a site that blackbox looked at',
    { alertname: 'ProbeFailed', job: 'blackbox', instance: 'https://shop.example.com/health' },
    'Probe of https://shop.example.com/health failed.',
    'instance=https://shop.example.com/health',
  ],
  [
    'a site, by its own label',
    {
      alertname: 'ProbeFailed',
      job: 'probe/shop',
      instance: 'blackbox:9115',
      target: 'https://shop.example.com',
      namespace: 'monitoring',
    },
    '',
    'target=https://shop.example.com',
  ],
  [
    'a certificate of cert-manager',
    {
      alertname: 'CertManagerCertExpirySoon',
      container: 'cert-manager',
      endpoint: 'tcp-prometheus',
      exported_namespace: 'shop',
      namespace: 'cert-manager',
      instance: '10.244.1.7:9402',
      job: 'cert-manager',
      name: 'shop-tls',
      pod: 'cert-manager-7d-x',
      service: 'cert-manager',
    },
    'The certificate shop-tls in shop expires in 6d 3h.',
    'exported_namespace=shop:name=shop-tls',
  ],
  [
    'a consumer group of Kafka',
    {
      alertname: 'KafkaConsumerLag',
      consumergroup: 'billing',
      topic: 'orders',
      partition: '3',
      instance: 'kafka-exporter:9308',
      job: 'kafka-exporter',
      namespace: 'monitoring',
    },
    'Kafka consumer lag (instance kafka-exporter:9308)',
    'topic=orders:partition=3:consumergroup=billing',
  ],
  [
    'a queue of RabbitMQ',
    {
      alertname: 'QueueGrows',
      queue: 'mails',
      vhost: 'prod',
      instance: '10.244.3.9:15692',
      job: 'rabbitmq',
      namespace: 'mq',
      pod: 'rabbitmq-0',
      service: 'rabbitmq',
    },
    'Queue mails grows.',
    'namespace=mq:vhost=prod:queue=mails',
  ],
  [
    'a server of MySQL behind an exporter of its own',
    {
      alertname: 'MySQLReplicationLag',
      instance: 'mysql-2.db:3306',
      job: 'mysqld-exporter',
      namespace: 'monitoring',
      pod: 'mysqld-exporter-6c-z',
    },
    'MySQL replication lags (instance mysql-2.db:3306)',
    'namespace=monitoring:instance=mysql-2.db:3306',
  ],
  [
    'a database of PostgreSQL',
    { alertname: 'PostgresqlDeadLocks', datname: 'shop', instance: 'pg-1:9187', job: 'postgres' },
    'Deadlocks in shop (instance pg-1:9187)',
    'instance=pg-1:9187:datname=shop',
  ],
  [
    'a database of the server that an exporter in a pod measures',
    {
      alertname: 'PostgresqlDeadLocks',
      datname: 'shop',
      instance: '10.244.0.9:9187',
      namespace: 'monitoring',
      pod: 'postgres-exporter-7d9f-abc',
      server: 'pg-1.example:5432',
    },
    'Deadlocks in shop',
    'server=pg-1.example:5432:datname=shop',
  ],
  [
    'Redis',
    { alertname: 'RedisDown', instance: 'redis-2:9121', job: 'redis' },
    'redis is down (instance redis-2:9121)',
    'instance=redis-2:9121',
  ],
  [
    'a port of a switch',
    {
      alertname: 'InterfaceDown',
      ifName: 'Gi1/0/24',
      ifDescr: 'GigabitEthernet1/0/24',
      instance: 'switch-7',
      job: 'snmp',
    },
    '',
    'instance=switch-7:ifName=Gi1/0/24',
  ],
  [
    'a port of a switch, with the text of the person who connected it',
    {
      alertname: 'InterfaceErrors',
      ...{ ifName: 'Gi1/0/24', ifAlias: 'uplink-dc2', ifDescr: 'GigabitEthernet1/0/24' },
      ...{ ifIndex: '24', instance: 'switch-7', job: 'snmp' },
    },
    '',
    'instance=switch-7:ifName=Gi1/0/24:ifAlias=uplink-dc2',
  ],
  [
    'a service of Windows, on its machine',
    {
      alertname: 'WindowsServiceNotHealthy',
      ...{ instance: 'WIN-SQL-1:9182', job: 'windows', name: 'mssqlserver', state: 'ok' },
    },
    'Windows service mssqlserver is not healthy.',
    'instance=WIN-SQL-1:9182:name=mssqlserver',
  ],
  [
    'a check of Ceph, though its words name no machine',
    {
      alertname: 'CephMonDiskspaceLow',
      instance: 'ceph-mgr-1:9283',
      job: 'ceph',
      name: 'MON_DISK',
    },
    '',
    'instance=ceph-mgr-1:9283:name=MON_DISK',
  ],
  [
    'a server in a pod, whose words have its address',
    {
      alertname: 'MysqlRestarted',
      ...{ instance: '10.244.3.17:3306', namespace: 'db', pod: 'mysql-0', job: 'mysql' },
    },
    'MySQL 10.244.3.17:3306 was restarted.',
    'namespace=db:pod=mysql-0',
  ],
  [
    'a job and a service with one name, once',
    { alertname: 'etcdNoLeader', job: 'kube-etcd', service: 'kube-etcd', namespace: 'kube-system' },
    'kube-etcd has no leader in service kube-etcd.',
    'namespace=kube-system:service=kube-etcd',
  ],
  [
    'an instance of a cloud, by its name, not its id or region',
    {
      alertname: 'RdsCpu',
      ...{ instance: '192.0.2.100:9100', instanceId: 'rm-bp1', instanceName: 'orders-rds' },
      ...{ job: 'aliyun', regionId: 'cn-hangzhou' },
    },
    '',
    'instance=192.0.2.100:9100:instanceName=orders-rds',
  ],
  [
    'a replication slot, which no list of labels has',
    { alertname: 'SlotUnused', instance: 'pg-1:9187', job: 'postgres', slot_name: 'standby_2' },
    '',
    'instance=pg-1:9187:slot_name=standby_2',
  ],
  [
    'a machine of a cloud, not the exporter whose address the words have too',
    {
      alertname: 'Ec2Cpu',
      ...{ instance: 'cloudwatch-exporter.example:9106', instance_id: 'i-0abc', job: 'aws' },
    },
    'CPU of i-0abc is high (instance cloudwatch-exporter.example:9106).',
    'instance_id=i-0abc',
  ],
  [
    'a broker, in the cluster of its system',
    { alertname: 'IsrShrinks', instance: 'kafka-2:7071', job: 'kafka', kafka_cluster: 'events' },
    'Replicas of events shrink.',
    'kafka_cluster=events:instance=kafka-2:7071',
  ],
  [
    'a node whose cluster is not known',
    { alertname: 'MemoryHigh', cluster_name: 'null', instance: 'aero-1:9145', job: 'aerospike' },
    '',
    'instance=aero-1:9145',
  ],
  [
    'a proxy, on its server',
    { alertname: 'SlowBackend', instance: 'lb-1:8404', job: 'haproxy', proxy: 'be_shop' },
    'be_shop on lb-1:8404 is slow.',
    'instance=lb-1:8404:proxy=be_shop',
  ],
  [
    'an address, and the server that cannot reach it',
    { alertname: 'WriteErrors', instance: 'vmagent-1:8429', job: 'vmagent', url: 'http://vm:8428' },
    'vmagent-1:8429 cannot write to http://vm:8428.',
    'instance=vmagent-1:8429:url=http://vm:8428',
  ],
  [
    'memory of a server, not the area of its heap',
    { alertname: 'JvmMemory', area: 'heap', instance: 'shop-1:8080', job: 'jvm' },
    'The heap of shop-1:8080 is full.',
    'instance=shop-1:8080',
  ],
  [
    'a virtual machine, not the host that runs it',
    {
      alertname: 'VmMemory',
      ...{ cluster_name: 'vsan-1', host_name: 'esx-7', vm_name: 'erp-db-2', pod: 'vcenter-0' },
      ...{ instance: '10.244.3.17:9272', job: 'vcenter', namespace: 'monitoring' },
    },
    '',
    'cluster_name=vsan-1:vm_name=erp-db-2',
  ],
  [
    'a rule of Grafana',
    { alertname: 'High latency', grafana_folder: 'Shop', route: '/pay', rule_uid: 'abc' },
    '',
    'route=/pay',
  ],
  [
    'a tenant of OceanBase, in the form of OCP',
    {
      alertname: 'tenant_cpu',
      ob_cluster_name: 'ob1',
      ob_cluster_id: '7',
      tenant_name: 'sys',
      svr_ip: '192.0.2.7',
      obzone: 'z1',
      app: 'OB',
      instance: '192.0.2.7:8088',
    },
    { summary: 'CPU of sys is high on 192.0.2.7' },
    'ob_cluster=ob1-7:tenant_name=sys:host=192.0.2.7',
  ],
  [
    'a disk of a host of OceanBase',
    {
      alertname: 'host_disk',
      ob_cluster_name: 'ob1',
      svr_ip: '192.0.2.7',
      mountpoint: '/data/1',
      device: 'sdb',
    },
    '',
    'ob_cluster=ob1:host=192.0.2.7:device=sdb:mountpoint=/data/1',
  ],
  [
    'a tenant for which OBAgent names no cluster',
    { alertname: 'tenant_cpu', serverity: 'page', tenant_name: 'sys', svr_ip: '192.0.2.7' },
    '',
    'tenant_name=sys:host=192.0.2.7',
  ],
  ['nothing but its name', { alertname: 'Watchdog', severity: 'none' }, 'Always fires.', undefined],
  [
    'a job that is gone',
    { alertname: 'KubeAPIDown', job: 'apiserver' },
    'It has gone.',
    'job=apiserver',
  ],
  ['a namespace', { alertname: 'Quota', namespace: 'shop', team: 'a' }, '', 'namespace=shop'],
  [
    'its pod, where a program reports on itself',
    {
      alertname: 'Errors',
      namespace: 'shop',
      pod: 'pay-1',
      service: 'pay',
      job: 'pay',
      container: 'pay',
      instance: '10.1.1.1:80',
    },
    '',
    'namespace=shop:pod=pay-1',
  ],
  [
    'labels in Chinese',
    { alertname: '磁盘', 主机: 'db-1', 磁盘: 'sda', instance: '10.1.1.1:1' },
    '主机db-1的磁盘sda已满',
    '主机=db-1:磁盘=sda',
  ],
  [
    'its pod, on whatever node it runs',
    {
      alertname: 'Errors',
      namespace: 'shop',
      pod: 'pay-1',
      service: 'pay',
      job: 'pay',
      node: 'worker-3',
      instance: '10.1.1.1:80',
    },
    '',
    'namespace=shop:pod=pay-1',
  ],
  [
    'the pod of the metric, not that of the exporter',
    { alertname: 'OOM', exported_namespace: 'shop', exported_pod: 'pay-1', ...KSM_POD },
    '',
    'exported_namespace=shop:exported_pod=pay-1',
  ],
  [
    'the pod of an exporter that crashes',
    {
      alertname: 'KubePodCrashLooping',
      ...KSM,
      namespace: 'monitoring',
      pod: 'mysqld-exporter-1',
      container: 'mysqld',
    },
    'It crashes.',
    'namespace=monitoring:pod=mysqld-exporter-1',
  ],
  [
    'a node of Elasticsearch',
    {
      alertname: 'ElasticsearchDiskLow',
      cluster: 'es-logs',
      instance: 'es-exporter:9114',
      job: 'elasticsearch',
      name: 'es-data-1',
    },
    'Disk of es-data-1 is low (instance es-exporter:9114)',
    'cluster=es-logs:name=es-data-1',
  ],
  [
    'a container of Docker',
    { alertname: 'ContainerKilled', instance: 'docker-1:8080', job: 'cadvisor', name: 'web' },
    'web was killed (instance docker-1:8080)',
    'instance=docker-1:8080:name=web',
  ],
  [
    'a job that pushed its metrics',
    {
      alertname: 'BackupFailed',
      exported_job: 'backup',
      exported_instance: 'db-1',
      instance: 'pushgateway:9091',
      job: 'pushgateway',
    },
    '',
    'exported_job=backup',
  ],
  [
    'a server in the cloud',
    {
      alertname: 'DiskQueue',
      dbinstance_identifier: 'orders',
      instance: 'cloudwatch-exporter:9106',
      job: 'cloudwatch-exporter',
      region: 'eu-1',
    },
    '',
    'region=eu-1:dbinstance_identifier=orders',
  ],
]

describe('what an alert is about', () => {
  for (const [what, labels, words, wanted] of CASES)
    test(what, () => {
      const annotations = typeof words === 'string' ? { summary: words } : words
      assert.equal(targetText(labels, annotations), wanted)
    })

  test('printed lists of all labels, as in collections of rules, do not name any label', () => {
    const labels = { alertname: 'LagHigh', ...KSM, namespace: 'shop', shop_id: 'eu-7' }
    const listed = `Lag is high\n VALUE = 7\n LABELS = map[alertname:LagHigh instance:10.244.0.15:8080 pod:x shop_id:eu-7]`
    assert.equal(
      targetText(labels, { description: listed }),
      targetText(labels, { description: 'Lag is high' }),
    )
    const quoted = `Lag {alertname="LagHigh", instance="10.244.0.15:8080"}`
    assert.equal(
      targetText(labels, { description: quoted }),
      targetText(labels, { description: 'Lag' }),
    )
  })

  test('a label that only the text names is the target, and the exporter is not', () => {
    const labels = { alertname: 'ShopSlow', ...KSM_POD, shop_id: 'eu-7', other: 'x-1' }
    assert.equal(
      targetText(labels, { summary: 'Shop eu-7 answers slowly' }),
      'namespace=monitoring:shop_id=eu-7',
    )
  })

  test('a value counts only as a separate word', () => {
    const shownFor = (summary: string, value: string) =>
      targetText({ alertname: 'a', instance: 'i', x: value }, { summary })?.includes('x=') === true
    for (const [summary, value] of [
      ['shop/pay is slow', 'pay'],
      ['"pay" is slow', 'pay'],
      ['slow: pay.', 'pay'],
      ['服务pay很慢', 'pay'],
      ['支付服务很慢', '支付服务'],
      ['on /data, full', '/data'],
    ] as const)
      assert.ok(shownFor(summary, value), `${value} in ${summary}`)
    for (const [summary, value] of [
      ['payment is slow', 'pay'],
      ['pay-2 is slow', 'pay'],
      ['old_pay is slow', 'pay'],
      ['pay.example is slow', 'pay'],
      ['on /data/logs, full', '/data'],
      ['12 of 40 are down', '12'],
      ['1.5GiB left', '1.5GiB'],
      ['after 3d 4h', '3d 4h'],
      ['it is true', 'true'],
    ] as const)
      assert.ok(!shownFor(summary, value), `${value} in ${summary}`)
  })

  test('the host is the machine, never the exporter', () => {
    const hostOf = (labels: Texts) => targetOf({ alertname: 'a', ...labels }, {}).host
    assert.equal(hostOf({ ...KSM, namespace: 'n', pod: 'p' }), undefined)
    assert.equal(hostOf({ instance: 'db-1:9100' }), 'instance')
    assert.equal(hostOf({ instance: 'consul-exporter.example:9107' }), undefined)
    assert.equal(hostOf({ ...NODE_EXPORTER, nodename: 'db-1' }), 'nodename')
    assert.equal(hostOf({ svr_ip: '192.0.2.1', instance: 'x' }), 'svr_ip')
  })
})

test('target and host become variables of the alert', async () => {
  const context = { receivedAt: new Date(0), timezone: 'UTC' }
  const about = async (labels: Texts) => {
    const { alerts } = await alertmanager.read(JSON.stringify({ alerts: [{ labels }] }), context)
    const { alarm_target, host_ip, svr_ip, alarm_scope } = alerts[0]?.variables ?? {}
    return [alarm_target, host_ip, svr_ip, alarm_scope]
  }
  const machine = ['instance=db-1:9100', 'db-1:9100', 'db-1:9100', 'Host']
  assert.deepEqual(await about({ alertname: 'a', instance: 'db-1:9100' }), machine)
  const pod = ['namespace=n:pod=p', undefined, undefined, undefined]
  assert.deepEqual(await about({ alertname: 'a', ...KSM, namespace: 'n', pod: 'p' }), pod)
  assert.deepEqual(await about({ alertname: 'a' }), ['a', undefined, undefined, undefined])
})

const NAMES = [
  'namespace',
  'pod',
  'instance',
  'job',
  'service',
  'container',
  'deployment',
  'node',
  'device',
  'topic',
  'name',
  'code',
  'shop_id',
  'cluster',
  'env',
  'ob_cluster_name',
  'svr_ip',
  'persistentvolumeclaim',
  'queue',
  'nodename',
  'exported_pod',
] as const
const VALUES = fc.constantFrom(
  'pay-1',
  'pay',
  '10.1.1.1:80',
  '7',
  '42',
  'x y',
  '/data',
  'node-exporter',
  '服务',
  '1.5GiB',
  'a',
)
const LABELS = fc.dictionary(fc.constantFrom(...NAMES), VALUES)

describe('a target is the same', () => {
  test('for firing and recovery, whatever measured value the text contains', () => {
    const part = fc.oneof(
      fc.constantFrom(...NAMES).map((name) => ({ name })),
      fc
        .constantFrom('Pod ', ' at ', ' is ', '/', ' (', '), ', '的', '\n')
        .map((text) => ({ text })),
      fc.constant({ value: true }),
    )
    const value = fc.oneof(
      fc.float({ noNaN: true }).map(String),
      fc.nat(100).map((n) => `${n}%`),
      fc.nat(50).map((n) => `${n}d 4h`),
      fc.constantFrom('7', '42', '1.5GiB', '+Inf'),
    )
    fc.assert(
      fc.property(LABELS, fc.array(part), value, value, (labels, parts, before, after) => {
        const said = (measured: string) =>
          parts
            .map((each) =>
              'name' in each
                ? ` ${labels[each.name] ?? ''} `
                : 'text' in each
                  ? each.text
                  : ` ${measured} `,
            )
            .join('')
        const all = { alertname: 'A', ...labels }
        assert.equal(
          targetText(all, { summary: said(before) }),
          targetText(all, { summary: said(after) }),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('for labels in any order', () => {
    fc.assert(
      fc.property(LABELS, fc.string(), (labels, summary) => {
        const turned = Object.fromEntries(Object.entries(labels).reverse())
        assert.equal(targetText(labels, { summary }), targetText(turned, { summary }))
      }),
    )
  })

  test('and consists of unchanged labels of the alert, the cluster first', () => {
    fc.assert(
      fc.property(LABELS, (labels) => {
        const target = targetText({ alertname: 'A', ...labels }) ?? ''
        assert.ok(target !== '' || Object.keys(labels).length === 0)
        if (
          labels['cluster'] !== undefined &&
          labels['ob_cluster_name'] === undefined &&
          labels['svr_ip'] === undefined
        )
          assert.ok(target.startsWith(`cluster=${labels['cluster']}`), target)
        for (const [name, value] of Object.entries(labels))
          if (target.includes(`:${name}=`)) assert.ok(target.includes(`${name}=${value}`), target)
      }),
    )
  })
})

test('reading time is proportional to the size of labels and text', () => {
  const labels = Object.fromEntries(
    Array.from({ length: 900 }, (_, n) => [`l${n}`, 'ab'.repeat(200)]),
  )
  const started = process.cpuUsage()
  targetText(
    { alertname: 'A', ...labels, x: 'ab' },
    { summary: 'ab'.repeat(1_000_000), description: '{'.repeat(100_000) },
  )
  assert.ok(process.cpuUsage(started).user < 2_000_000)
})
