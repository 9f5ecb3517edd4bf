import type { RawAlert } from './raw-alert.ts'

const NODE = {
  job: 'node-exporter',
  namespace: 'monitoring',
  endpoint: 'https',
  service: 'node-exporter',
  container: 'node-exporter',
  pod: 'node-exporter-8xk2m',
}

/** Rules of node exporter, blackbox, SNMP and cert-manager, with texts of our own. */
export const HOSTS: readonly RawAlert[] = [
  {
    labels: {
      alertname: 'NodeFilesystemSpaceFillingUp',
      ...NODE,
      instance: 'db-12',
      device: '/dev/nvme1n1',
      fstype: 'ext4',
      mountpoint: '/data',
      severity: 'critical',
    },
    annotations: {
      summary: 'Filesystem will be full within 4 hours.',
      description:
        'Filesystem on /dev/nvme1n1, mounted on /data, at db-12 has only 3.92% left and is filling up fast.',
      runbook_url: 'https://runbooks.example/node/filesystemspacefillingup',
    },
  },
  {
    labels: {
      alertname: 'NodeMemoryHighUtilization',
      ...NODE,
      instance: 'db-12',
      severity: 'warning',
    },
    annotations: {
      summary: 'Host is short of memory.',
      description: 'Memory of db-12 has been used to 93.1% for 15 minutes.',
    },
  },
  {
    labels: {
      alertname: 'NodeNetworkInterfaceFlapping',
      ...NODE,
      instance: 'db-13',
      device: 'bond0',
      severity: 'warning',
    },
    annotations: {
      summary: 'Network interface changes its state often.',
      description: 'Interface bond0 changes its state often on db-13.',
    },
  },
  {
    labels: { alertname: 'NodeClockSkewDetected', ...NODE, instance: 'db-14', severity: 'warning' },
    annotations: {
      summary: 'Clock is off.',
      description: 'The clock of db-14 is off by more than 0.05 s. Look at NTP.',
    },
  },
  {
    labels: {
      alertname: 'NodeRAIDDegraded',
      ...NODE,
      instance: 'db-15',
      device: 'md127',
      severity: 'critical',
    },
    annotations: {
      summary: 'RAID array is degraded.',
      description: 'RAID array md127 at db-15 lacks disks. Spare drives are used up.',
    },
  },
  {
    labels: {
      alertname: 'ProbeFailed',
      job: 'blackbox',
      instance: 'https://shop.example.com/health',
      severity: 'page',
    },
    annotations: {
      summary: 'https://shop.example.com/health does not answer',
      description: 'The probe has failed for 2 minutes: HTTP status 502.',
    },
  },
  {
    labels: {
      alertname: 'SSLCertExpiringSoon',
      job: 'blackbox',
      instance: 'https://pay.example.com',
      severity: 'P3',
    },
    annotations: { summary: 'The certificate of https://pay.example.com expires in 12 days' },
  },
  {
    labels: {
      alertname: 'InterfaceDown',
      job: 'snmp',
      instance: '198.51.100.4',
      ifName: 'xe-0/0/47',
      ifAlias: 'uplink-b',
      severity: 'major',
    },
    annotations: { summary: 'Interface xe-0/0/47 (uplink-b) of 198.51.100.4 is down' },
  },
  {
    labels: {
      alertname: 'CertManagerCertExpirySoon',
      job: 'cert-manager',
      instance: '10.244.3.9:9402',
      namespace: 'cert-manager',
      pod: 'cert-manager-5b6d4f8d44-n4h2q',
      exported_namespace: 'shop',
      name: 'shop-tls',
      severity: 'warning',
    },
    annotations: {
      summary:
        'The cert shop-tls is 6 days from expiry, it should have been renewed over a week ago.',
      dashboard_url: 'https://grafana.example/d/TvuRo2iMk/cert-manager',
    },
  },
  {
    labels: {
      alertname: 'CertManagerCertNotReady',
      job: 'cert-manager',
      instance: '10.244.3.9:9402',
      namespace: 'cert-manager',
      pod: 'cert-manager-5b6d4f8d44-n4h2q',
      exported_namespace: 'pay',
      name: 'pay-tls',
      severity: 'critical',
    },
    annotations: { summary: 'The cert pay-tls is not ready to serve traffic.' },
  },
  {
    labels: { alertname: 'BackupMissing', host: 'nas-2' },
  },
]
