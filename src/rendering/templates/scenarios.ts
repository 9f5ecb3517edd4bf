import type { MessageAlert } from '../../model/alert.ts'
import { LEVEL_NAMES, type Level } from '../../model/level.ts'
import type { Language } from '../../model/settings.ts'
import type { QuotaWarning, RenderRequest } from '../types.ts'
import { inLanguage, ocpAlert, prometheusAlert } from './sample-alerts.ts'

/** What to render in a scenario, without the channel and the platform's limit. */
export type Ask =
  | { kind: 'message'; request: Omit<RenderRequest, 'channel' | 'fits'> }
  | { kind: 'quota'; warning: Omit<QuotaWarning, 'channel'> }

export interface Scenario {
  name: string
  ask: Ask
}

const MINUTE = 60_000

/**
 * Every kind of message, with samples in the language, as of `now`. Templates are checked with them, and the gallery
 * shows them.
 */
export function scenarios(language: Language, now: Date): Scenario[] {
  const text = (...texts: [string, string, string]): string => inLanguage(language, texts)
  const summary = text(
    'The load of {} is 42, three times its usual',
    '{} 负载为 42，是平时的三倍',
    '{} 負載為 42，是平時的三倍',
  )
  const description = text(
    'Load over 5 minutes is above 30. Look for queries without an index first.',
    '5 分钟负载超过 30。请先检查未走索引的查询。',
    '5 分鐘負載超過 30。請先檢查未走索引的查詢。',
  )
  const highLoad: HighLoad = (host, options = {}) =>
    prometheusAlert(
      { alertname: 'HighLoad', severity: 'critical', cluster: 'ob_prod', instance: host },
      now,
      {
        annotations: {
          summary: summary.replace('{}', host),
          description,
          runbook_url: 'https://wiki.example/runbooks/high_load',
        },
        ...options,
      },
    )
  const connection = connectionIn(text)
  const hosts = ['db-1', 'db-2', 'db-3', 'db-4', 'db-5']
  const group = hosts.map((host, index) => highLoad(host, { since: 2 + index }))
  const recovered = { since: 14, lasted: 12 }
  return [
    message('one alert of OCP', now, [ocpAlert(connection, now, { level: 1 })]),
    message('one alert of Alertmanager', now, [highLoad('db-1')]),
    message('a group of five', now, group),
    message('a recovery in OCP', now, [ocpAlert(connection, now, { level: 1, ...recovered })]),
    message('a recovery', now, [highLoad('db-1', recovered)]),
    message(
      'a recovery of part of a group',
      now,
      [highLoad('db-1', recovered), highLoad('db-2', { since: 14, lasted: 13 })],
      { stillFiring: group.slice(2) },
    ),
    message('flapping', now, [highLoad('db-1', { overrides: { changes: 6 } })]),
    message('forty at once', now, forty(highLoad, now), { form: 'lines' }),
    counts('ten thousand at once', now),
    message('delayed by a penalty', now, group.slice(0, 2), {
      delayed: { since: new Date(now.getTime() - 11 * MINUTE), reason: 'penalty' },
    }),
    message('a push limit that opened', now, forty(highLoad, now).slice(0, 12), {
      form: 'lines',
      from: new Date(now.getTime() - 42 * MINUTE),
      delayed: { since: new Date(now.getTime() - 42 * MINUTE), reason: 'push_limit' },
    }),
    quotaWarning(now),
    message('no severity, no summary, long labels', now, [bare(now)]),
    message('a description of 60 KB', now, [
      ocpAlert({ ...connection, alarm_description: trace(60_000) }, now),
    ]),
    message('hostile text', now, [hostile(now)]),
  ]
}

/** The variables of an alert of OCP. */
function connectionIn(text: (en: string, zh: string, tw: string) => string) {
  return {
    alarm_id: '187',
    alarm_type: 'ob_cannot_connected',
    alarm_name: text(
      'OceanBase host cannot connected',
      'OceanBase服务器无法连接',
      'OceanBase伺服器無法連線',
    ),
    alarm_target: 'alarm_template_id=0:ob_cluster=ob4253_A-1731295857:host=192.0.2.11',
    alarm_description: text(
      'OceanBase cluster: ob4253_A, host: 192.0.2.11, alert: OceanBase host cannot connected.',
      '集群：ob4253_A，主机：192.0.2.11，告警：OceanBase服务器无法连接。',
      '叢集：ob4253_A，主機：192.0.2.11，警示：OceanBase伺服器無法連線。',
    ),
  }
}

function quotaWarning(now: Date): Scenario {
  return {
    name: 'a quota warning',
    ask: {
      kind: 'quota',
      warning: {
        now,
        percent: 80,
        used: 2_400,
        limit: 3_000,
        robot: undefined,
        endsAt: new Date(now.getTime() + 6.5 * 24 * 60 * MINUTE),
      },
    },
  }
}

function message(
  name: string,
  now: Date,
  alerts: readonly MessageAlert[],
  changes: Partial<Omit<RenderRequest, 'channel' | 'fits'>> = {},
): Scenario {
  const request = {
    now,
    form: 'full',
    alerts,
    total: alerts.length,
    from: new Date(now.getTime() - 2 * MINUTE),
    to: new Date(now.getTime() - MINUTE),
    groups: [],
    delayed: undefined,
    link: 'https://alerts.example.com/messages/7f8b3c1e-1d2a-4b5c-9e8f-0a1b2c3d4e5f',
    ...changes,
  } as const
  return { name, ask: { kind: 'message', request } }
}

type HighLoad = (host: string, options?: Parameters<typeof prometheusAlert>[2]) => MessageAlert

/** A typical storm: several rules and hosts, a few alerts already resolved; the most severe first. */
function forty(highLoad: HighLoad, now: Date): MessageAlert[] {
  const down = Array.from({ length: 3 }, (_, index) =>
    prometheusAlert(
      { alertname: 'HostDown', severity: 'down', cluster: 'ob_prod', instance: `db-${30 + index}` },
      now,
      { level: 1, annotations: { summary: 'Host down' } },
    ),
  )
  const loads = Array.from({ length: 17 }, (_, index) => highLoad(`db-${index + 1}`))
  const disks = Array.from({ length: 16 }, (_, index) =>
    ocpAlert(
      {
        alarm_name: 'OceanBase host data disk percent over threshold',
        alarm_target: `alarm_template_id=0:ob_cluster=C1-1000:host=192.0.2.${index + 10}`,
      },
      now,
      { level: 3 },
    ),
  )
  const over = Array.from({ length: 4 }, (_, index) =>
    highLoad(`db-${index + 40}`, { level: 4, since: 9, lasted: 6 + index }),
  )
  return [...down, ...loads, ...disks, ...over]
}

function counts(name: string, now: Date): Scenario {
  const rules: [Level, string, string, number, number][] = [
    [1, 'HostDown', 'ob_prod', 120, 0],
    [2, 'HighLoad', 'ob_prod', 3_400, 220],
    [2, 'OceanBase host data disk percent over threshold', 'C1-1000', 880, 0],
    [3, 'ReplicationLag', 'ob_prod', 2_600, 480],
    [3, '租户 CPU 使用率过高', 'ob4352_X-1731295861', 1_100, 0],
    [4, 'SlowQuery', 'ob_test', 700, 300],
    [5, 'BackupLate', '', 200, 0],
  ]
  const groups = rules.map(([level, rule, cluster, firing, resolved]) => ({
    level,
    name: rule,
    cluster,
    firing,
    resolved,
    examples: ['db-1', 'db-2', 'db-3'].map((instance) =>
      prometheusAlert({ alertname: rule, severity: LEVEL_NAMES[level], cluster, instance }, now, {
        level,
      }),
    ),
  }))
  const total = rules.reduce((sum, [, , , firing, resolved]) => sum + firing + resolved, 0)
  const severe = groups.slice(0, 1).flatMap(({ examples }) => examples)
  return message(name, now, severe, { form: 'counts', groups, total })
}

function bare(now: Date): MessageAlert {
  const pod =
    'checkout-7d9f8b6c5d-x2x9z-with-a-name-that-goes-on-and-on-because-somebody-generated-it'
  return prometheusAlert(
    {
      alertname: 'KubePodCrashLooping',
      namespace: 'payments-production-eu-central-1',
      pod,
      container: 'checkout',
      uid: '6f1b2a34-1c2d-4e5f-8a9b-0c1d2e3f4a5b',
      reason: 'CrashLoopBackOff '.repeat(12).trim(),
    },
    now,
    { level: 3 },
  )
}

/** A stack trace like those in the logs of a database. */
function trace(bytes: number): string {
  const lines: string[] = []
  for (let line = 0, length = 0; length < bytes; line += 1) {
    const text = `  at ob::storage::Replica_${line}::replay(log="clog_${line}", ret=-4216) <0x${(line * 7919).toString(16)}>`
    lines.push(text)
    length += text.length + 1
  }
  return `call web service failed(ret=-4216, url="http://www.domain.com:80/services?Action=x&User_ID=a")\n${lines.join('\n')}`
}

/** Markup, mentions and template code in the texts of an alert, which must have no effect in the group. */
function hostile(now: Date): MessageAlert {
  return prometheusAlert(
    {
      alertname: '# [Click](http://evil.example) **now** @all',
      severity: 'critical',
      instance: 'db`1`\u202egnp.exe\u200b',
      tenant: '<%= process.env %> ${alarm_name} {{ .Labels }}',
    },
    now,
    {
      annotations: {
        summary: '<img src=x onerror=alert(1)> <b>bold</b> @13800138000 &amp; C:\\temp\\*.log',
        description:
          '# heading\n> quote\n- item\n1. first\n| a | b |\n|---|---|\n```\ncode\n```\n---\n![x](http://evil.example/p.png) [a]: http://evil.example\n👨‍👩‍👧 snake_case_name and 2 * 3 = 6',
      },
    },
  )
}
