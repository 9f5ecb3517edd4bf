import type { RawAlert } from './raw-alert.ts'

const KSM = {
  job: 'kube-state-metrics',
  instance: '10.244.1.7:8080',
  container: 'kube-state-metrics',
  service: 'kube-state-metrics',
  endpoint: 'http',
  prometheus: 'monitoring/k8s',
}
const KUBELET = {
  job: 'kubelet',
  service: 'kubelet',
  endpoint: 'https-metrics',
  metrics_path: '/metrics',
  prometheus: 'monitoring/k8s',
}
const runbook = (name: string): string => `https://runbooks.example/kubernetes/${name}`

/** Rules of kube-prometheus, with the labels that their expressions yield and texts of our own. */
export const KUBERNETES: readonly RawAlert[] = [
  {
    labels: {
      alertname: 'KubePodCrashLooping',
      ...KSM,
      namespace: 'shop',
      pod: 'pay-7c9d5b7f4-x2x9z',
      container: 'pay',
      reason: 'CrashLoopBackOff',
      severity: 'warning',
    },
    annotations: {
      summary: 'Pod is crash looping.',
      description:
        'Pod shop/pay-7c9d5b7f4-x2x9z (pay) has been waiting to restart for 5 minutes (CrashLoopBackOff).',
      runbook_url: runbook('podcrashlooping'),
    },
  },
  {
    labels: {
      alertname: 'KubePodNotReady',
      namespace: 'shop',
      pod: 'cart-6d8c7-9qk2p',
      severity: 'warning',
    },
    annotations: {
      summary: 'Pod has not been ready for 15 minutes.',
      description: 'Pod shop/cart-6d8c7-9qk2p is not ready for longer than 15 minutes.',
      runbook_url: runbook('podnotready'),
    },
  },
  {
    labels: {
      alertname: 'KubeDeploymentReplicasMismatch',
      ...KSM,
      namespace: 'shop',
      deployment: 'checkout',
      severity: 'warning',
    },
    annotations: {
      summary: 'Deployment lacks replicas.',
      description: 'Deployment shop/checkout has had fewer replicas than it should for 15 minutes.',
      runbook_url: runbook('deploymentreplicasmismatch'),
    },
  },
  {
    labels: {
      alertname: 'KubeStatefulSetReplicasMismatch',
      ...KSM,
      namespace: 'data',
      statefulset: 'mysql',
      severity: 'warning',
    },
    annotations: {
      summary: 'StatefulSet lacks replicas.',
      description: 'StatefulSet data/mysql has had fewer replicas than it should for 15 minutes.',
    },
  },
  {
    labels: {
      alertname: 'KubePersistentVolumeFillingUp',
      ...KUBELET,
      instance: '192.0.2.21:10250',
      node: 'node-3',
      namespace: 'data',
      persistentvolumeclaim: 'data-mysql-0',
      severity: 'critical',
    },
    annotations: {
      summary: 'PersistentVolume is filling up.',
      description: 'The volume claimed by data-mysql-0 in namespace data has only 2.3% free.',
      runbook_url: runbook('persistentvolumefillingup'),
    },
  },
  {
    labels: {
      alertname: 'KubeNodeNotReady',
      ...KSM,
      node: 'node-3',
      condition: 'Ready',
      status: 'true',
      severity: 'warning',
    },
    annotations: {
      summary: 'Node is not ready.',
      description: 'node-3 has been unready for more than 15 minutes.',
      runbook_url: runbook('nodenotready'),
    },
  },
  {
    labels: {
      alertname: 'KubeJobFailed',
      ...KSM,
      namespace: 'batch',
      job_name: 'report-28512345',
      severity: 'warning',
    },
    annotations: {
      summary: 'Job did not complete.',
      description: 'Job batch/report-28512345 failed. Delete it once you have looked at its log.',
    },
  },
  {
    labels: {
      alertname: 'KubeHpaMaxedOut',
      ...KSM,
      namespace: 'shop',
      horizontalpodautoscaler: 'checkout',
      severity: 'warning',
    },
    annotations: {
      summary: 'Autoscaler is at its maximum.',
      description: 'HPA shop/checkout has run at its maximum of replicas for 15 minutes.',
    },
  },
  {
    labels: {
      alertname: 'CPUThrottlingHigh',
      namespace: 'shop',
      pod: 'search-0',
      container: 'search',
      severity: 'info',
    },
    annotations: {
      summary: 'CPU is throttled.',
      description:
        '41.5% of CPU periods of container search in pod search-0 in namespace shop are throttled.',
    },
  },
  {
    labels: { alertname: 'KubeAPIErrorBudgetBurn', long: '1h', short: '5m', severity: 'critical' },
    annotations: {
      summary: 'The API server burns too much of its error budget.',
      description: 'The API server burns its error budget 14.4 times too fast.',
      runbook_url: runbook('apierrorbudgetburn'),
    },
  },
  {
    labels: {
      alertname: 'TargetDown',
      job: 'ingress-nginx',
      namespace: 'ingress',
      service: 'ingress-nginx-metrics',
      severity: 'warning',
    },
    annotations: {
      summary: 'Targets cannot be scraped.',
      description: '33.33% of the ingress-nginx targets in namespace ingress are down.',
    },
  },
  {
    labels: { alertname: 'KubeCPUOvercommit', cluster: 'prod-hz', severity: 'warning' },
    annotations: {
      summary: 'The cluster promises more CPU than it can spare.',
      description: 'Cluster prod-hz cannot lose a node: requests exceed what is left by 3.2 cores.',
    },
  },
  {
    labels: {
      alertname: 'PrometheusRuleFailures',
      job: 'prometheus-k8s',
      namespace: 'monitoring',
      pod: 'prometheus-k8s-0',
      instance: '10.244.2.3:9090',
      service: 'prometheus-k8s',
      severity: 'critical',
    },
    annotations: {
      summary: 'Prometheus fails to evaluate rules.',
      description:
        'Prometheus monitoring/prometheus-k8s-0 failed to evaluate 12 rules in the last 5 minutes.',
    },
  },
  {
    labels: { alertname: 'Watchdog', severity: 'none' },
    annotations: {
      summary: 'An alert that always fires.',
      description: 'It shows that the whole path of alerts works.',
    },
  },
]
