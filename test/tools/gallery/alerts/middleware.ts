import type { RawAlert } from './raw-alert.ts'

/** Rules for etcd, Kafka, MySQL, Redis and OceanBase's agent, with texts of our own. */
export const MIDDLEWARE: readonly RawAlert[] = [
  {
    labels: {
      alertname: 'etcdNoLeader',
      job: 'etcd',
      instance: '192.0.2.31:2379',
      severity: 'critical',
    },
    annotations: {
      summary: 'etcd cluster has no leader.',
      description: 'etcd cluster "etcd": member 192.0.2.31:2379 has no leader.',
    },
  },
  {
    labels: {
      alertname: 'etcdHighFsyncDurations',
      job: 'etcd',
      instance: '192.0.2.32:2379',
      severity: 'warning',
    },
    annotations: {
      summary: 'etcd writes its log slowly.',
      description: 'etcd cluster "etcd": the 99th percentile of fsync is 1.2 s on 192.0.2.32:2379.',
    },
  },
  {
    labels: {
      alertname: 'etcdDatabaseQuotaLowSpace',
      job: 'etcd',
      instance: '192.0.2.33:2379',
      severity: 'critical',
    },
    annotations: {
      summary: 'etcd database is nearly full.',
      description:
        'etcd cluster "etcd": the database of 192.0.2.33:2379 uses 96% of its quota. Defragment it, or writes will be refused.',
    },
  },
  {
    labels: {
      alertname: 'KafkaConsumerGroupLag',
      job: 'kafka-exporter',
      instance: '10.0.5.8:9308',
      consumergroup: 'billing',
      topic: 'orders',
      severity: 'high',
    },
    annotations: {
      summary: 'Consumer group billing lags behind on orders',
      description: 'billing is 182400 messages behind on orders.',
      value: '182400',
    },
  },
  {
    labels: {
      alertname: 'KafkaUnderReplicatedPartitions',
      job: 'kafka',
      instance: 'kafka-2:9404',
      topic: 'orders',
      partition: '7',
      severity: 'critical',
    },
    annotations: { summary: 'Partition 7 of orders is under-replicated' },
  },
  {
    labels: {
      alertname: 'KafkaOfflinePartitions',
      job: 'kafka',
      instance: 'kafka-1:9404',
      severity: 'P0',
    },
    annotations: {
      summary: 'Kafka has partitions without a leader',
      description: '3 partitions are offline.',
    },
  },
  {
    labels: {
      alertname: 'MysqlDown',
      job: 'mysql',
      instance: 'mysql-1:3306',
      severity: 'critical',
    },
    annotations: {
      summary: 'MySQL is down on mysql-1:3306',
      description: 'The exporter cannot connect.',
    },
  },
  {
    labels: {
      alertname: 'MysqlReplicationLag',
      job: 'mysql',
      instance: 'mysql-2:3306',
      master_host: 'mysql-1',
      channel_name: 'default',
      severity: 'warning',
    },
    annotations: {
      summary: 'Replication lags on mysql-2:3306',
      description: 'mysql-2:3306 is 312 s behind mysql-1.',
    },
  },
  {
    labels: {
      alertname: 'MysqlTooManyConnections',
      job: 'mysql',
      instance: 'mysql-1:3306',
      severity: '重要',
    },
    annotations: {
      summary: 'MySQL 连接数过高',
      description: 'mysql-1:3306 的连接数已用 92%。\\n请检查连接池。',
    },
  },
  {
    labels: {
      alertname: 'RedisDown',
      job: 'redis',
      instance: 'redis://cache-1:6379',
      severity: 'critical',
    },
    annotations: { summary: 'Redis is down', description: 'redis://cache-1:6379 does not answer.' },
  },
  {
    labels: {
      alertname: 'RedisMemoryHigh',
      job: 'redis',
      instance: 'cache-2:6379',
      severity: 'warning',
    },
    annotations: { summary: 'Redis uses 91% of its memory', current: '7.28 GiB' },
  },
  {
    labels: {
      alertname: 'RedisReplicationBroken',
      job: 'redis',
      instance: 'cache-3:6379',
      severity: 'sev1',
    },
    annotations: { 描述: '从节点 cache-3 与主节点断开', 当前值: '0' },
  },
  {
    labels: {
      alertname: 'ob_host_load1_per_cpu_over_threshold',
      app: 'OB',
      ob_cluster_name: 'ob_prod',
      ob_cluster_id: '1',
      svr_ip: '192.0.2.41',
      obzone: 'zone1',
      serverity: 'critical',
    },
    annotations: {
      summary: '主机负载过高',
      description: '集群 ob_prod 主机 192.0.2.41 的 1 分钟负载除以 CPU 数为 3.1。',
    },
  },
  {
    labels: {
      alertname: 'ob_tenant_active_session_over_threshold',
      app: 'OB',
      ob_cluster_name: 'ob_prod',
      tenant_name: 'pay',
      svr_ip: '192.0.2.42',
      serverity: 'warning',
    },
    annotations: {
      summary: '租户活跃会话数过高',
      description: '租户 pay 在 192.0.2.42 上的活跃会话数为 620。',
    },
  },
  {
    labels: {
      alertname: 'ob_zone_server_inactive',
      app: 'OB',
      ob_cluster_name: 'ob_test',
      svr_ip: '192.0.2.43',
      serverity: 'down',
    },
    annotations: { summary: 'OBServer 不可用', description: '集群 ob_test 的 192.0.2.43 已离线。' },
  },
]

/** Alerts of Grafana's own alerting, with its fields. */
export const GRAFANA: readonly RawAlert[] = [
  {
    labels: {
      alertname: 'Checkout latency',
      grafana_folder: 'Shop',
      service: 'checkout',
      severity: 'critical',
    },
    annotations: { summary: 'Checkout answers slowly' },
    fields: {
      values: { B: 1.84, C: 1 },
      valueString: "[ var='B' labels={service=checkout} value=1.84 ]",
      dashboardURL: 'https://grafana.example/d/shop',
      panelURL: 'https://grafana.example/d/shop?viewPanel=4',
      silenceURL:
        'https://grafana.example/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DCheckout+latency',
      imageURL: 'https://grafana.example/public/img/checkout.png',
      generatorURL: 'https://grafana.example/alerting/grafana/abc/view',
    },
  },
  {
    labels: { alertname: 'Orders per minute', grafana_folder: 'Shop', region: 'hz' },
    fields: { values: { A: 0 }, panelURL: 'https://grafana.example/d/shop?viewPanel=9' },
  },
  {
    labels: {
      alertname: 'DatasourceNoData',
      grafana_folder: 'Infra',
      datasource_uid: 'prom',
      ref_id: 'A',
      rulename: 'Disk usage',
    },
    annotations: { Error: 'no data for 5m' },
  },
]
