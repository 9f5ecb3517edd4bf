import type { Alert, MessageAlert } from '../../../src/model/alert.ts'
import { levelIn } from '../../../src/pipeline/destinations.ts'
import { formsFor } from '../../../src/rendering/forms/limits.ts'
import type { RenderRequest } from '../../../src/rendering/types.ts'
import { countGroupsOf } from '../../../src/reporting/preview.ts'
import { alertmanager } from '../../../src/sources/alertmanager/index.ts'
import { ocp } from '../../../src/sources/ocp/index.ts'
import { OCP_SAMPLES, type OcpSample, summaryOf } from '../../support/ocp-samples.ts'
import { HOSTS } from './alerts/hosts.ts'
import { KUBERNETES } from './alerts/kubernetes.ts'
import { GRAFANA, MIDDLEWARE } from './alerts/middleware.ts'
import type { RawAlert } from './alerts/raw-alert.ts'

const MINUTE = 60_000
const ZONE = 'Asia/Shanghai'

/** A message of alerts that went through the product's own reading of a payload. */
export interface Scene {
  name: string
  request: Omit<RenderRequest, 'channel' | 'fits' | 'form'>
  /** The forms to try, the fullest first. */
  forms: readonly RenderRequest['form'][]
}

interface Times {
  /** Minutes before `now`. */
  since: number
  lasted?: number
}

/** Every real-shaped alert by itself, and some together, as of `now`. */
export async function scenes(now: Date): Promise<Scene[]> {
  const reader = readerAt(now)
  const ones = [...KUBERNETES, ...HOSTS, ...MIDDLEWARE, ...GRAFANA]
  const all: Scene[] = []
  for (const [index, raw] of ones.entries()) {
    const since = 3 + ((index * 37) % 400)
    all.push(sceneOf(`${raw.labels['alertname']}`, await reader.read([raw], { since }), { now }))
  }
  for (const sample of OCP_SAMPLES.slice(0, 3))
    all.push(sceneOf(`OCP ${sample.alarm_type}`, await reader.ocp([sample]), { now }))
  return [...all, ...(await together(reader, now))]
}

type Reader = ReturnType<typeof readerAt>

/** Groups, recoveries and storms. */
async function together(reader: Reader, now: Date): Promise<Scene[]> {
  const pods = (count: number): RawAlert[] => numbered(KUBERNETES[0] as RawAlert, 'pod', count)
  const disks = numbered(HOSTS[0] as RawAlert, 'instance', 3)
  const firing = await reader.read(pods(5), { since: 6 })
  const resolved = await reader.read(pods(7), { since: 30, lasted: 24 })
  const storm = await reader.read(stormOf(60), { since: 4 })
  const flood = await reader.read(stormOf(900), { since: 4 })
  return [
    sceneOf('five pods of one group', firing, { now }),
    sceneOf(
      'three disks and a node',
      await reader.read([...disks, KUBERNETES[5] as RawAlert], { since: 12 }),
      { now },
    ),
    sceneOf('twenty pods of one group', await reader.read(pods(20), { since: 9, truncated: 14 }), {
      now,
    }),
    sceneOf('a recovery', resolved.slice(0, 1), { now }),
    sceneOf('a group that recovered', resolved, { now }),
    sceneOf('part of a group that recovered', resolved.slice(0, 2), {
      now,
      stillFiring: firing.slice(2),
    }),
    sceneOf('alerts of OCP together', await reader.ocp(OCP_SAMPLES.slice(0, 4)), { now }),
    sceneOf('a node goes: 50 alerts', storm, { now }),
    sceneOf('a node goes: 680 alerts', flood, { now, groups: countGroupsOf(flood) }),
    sceneOf(
      'delayed by an outage of two days',
      await reader.read([MIDDLEWARE[6] as RawAlert], { since: 2_900 }),
      {
        now,
        delayed: { since: new Date(now.getTime() - 2_880 * MINUTE), reason: 'unreachable' },
      },
    ),
  ]
}

function readerAt(now: Date) {
  const context = {
    receivedAt: new Date(now.getTime() - MINUTE),
    timezone: ZONE,
  }
  const messageAlert = (alert: Alert): MessageAlert => ({
    alert,
    level: levelIn(alert),
    receivedAt: context.receivedAt,
    repeats: 0,
    firedWhileWaiting: false,
  })
  const sorted = (alerts: readonly Alert[]): MessageAlert[] =>
    alerts.map(messageAlert).sort((a, b) => a.level - b.level)
  return {
    /** Alerts as Alertmanager or Grafana posts them. */
    async read(
      raw: readonly RawAlert[],
      { since, lasted, truncated = 0 }: Times & { truncated?: number },
    ) {
      const payload = payloadOf(raw, { now, since, lasted, truncated })
      return sorted((await alertmanager.read(payload, context)).alerts)
    },
    /** Alerts as OCP's HTTP channel posts them. */
    async ocp(samples: readonly OcpSample[]) {
      const read = samples.map(async ({ level, ...sample }) => {
        const body = JSON.stringify({ ...sample, alarm_summary: summaryOf({ level, ...sample }) })
        return (await ocp.read(body, context)).alerts
      })
      return sorted((await Promise.all(read)).flat())
    },
  }
}

function payloadOf(
  raw: readonly RawAlert[],
  {
    now,
    since,
    lasted,
    truncated,
  }: { now: Date; since: number; lasted: number | undefined; truncated: number },
): string {
  const status = lasted === undefined ? 'firing' : 'resolved'
  const { alertname = '', namespace } = raw[0]?.labels ?? {}
  const groupLabels = { alertname, ...(namespace === undefined ? {} : { namespace }) }
  const key = Object.entries(groupLabels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return JSON.stringify({
    version: '4',
    groupKey: `{}:{${key.join(', ')}}`,
    status,
    receiver: 'dingtalk',
    groupLabels,
    externalURL: 'https://alertmanager.example',
    truncatedAlerts: truncated,
    alerts: raw.map(({ labels, annotations, fields }, index) => {
      const startsAt = new Date(now.getTime() - (since + (index % 5)) * MINUTE)
      const endsAt =
        lasted === undefined
          ? '0001-01-01T00:00:00Z'
          : new Date(startsAt.getTime() + lasted * MINUTE)
      const query = encodeURIComponent(`${labels['alertname']} > 0`)
      return {
        status,
        labels,
        annotations: annotations ?? {},
        startsAt,
        endsAt,
        generatorURL: `https://prometheus.example/graph?g0.expr=${query}&g0.tab=1`,
        ...fields,
      }
    }),
  })
}

/** Alerts that differ in one label, whose value stands in their texts as well. */
function numbered({ labels, annotations = {} }: RawAlert, name: string, count: number): RawAlert[] {
  const value = labels[name] ?? ''
  return Array.from({ length: count }, (_, index) => {
    const own = value.replace(/\w+$/, (end) => `${end}${index + 1}`)
    const texts = Object.entries(annotations).map(([key, text]) => [
      key,
      text.replaceAll(value, own),
    ])
    return { labels: { ...labels, [name]: own }, annotations: Object.fromEntries(texts) }
  })
}

/** A node goes, and with it what ran on it. */
function stormOf(count: number): RawAlert[] {
  const [crash, notReady, replicas, , volume, node] = KUBERNETES as readonly RawAlert[]
  const each = Math.floor((count - 2) / 4)
  return [
    node as RawAlert,
    ...numbered(volume as RawAlert, 'persistentvolumeclaim', Math.min(each, 6)),
    ...numbered(crash as RawAlert, 'pod', each),
    ...numbered(notReady as RawAlert, 'pod', each),
    ...numbered(replicas as RawAlert, 'deployment', each),
    MIDDLEWARE[5] as RawAlert,
  ]
}

/** More alerts than are looked at one by one are counted. */
const MAX_LISTED = 500

function sceneOf(
  name: string,
  alerts: readonly MessageAlert[],
  { now, ...changes }: { now: Date } & Partial<Scene['request']>,
): Scene {
  const request = {
    now,
    alerts,
    total: alerts.length,
    from: new Date(now.getTime() - 2 * MINUTE),
    to: new Date(now.getTime() - MINUTE),
    groups: [],
    delayed: undefined,
    link: 'https://alerts.example.com/messages/7f8b3c1e-1d2a-4b5c-9e8f-0a1b2c3d4e5f',
    ...changes,
  }
  const forms = alerts.length > MAX_LISTED ? [] : formsFor(alerts.length)
  return { name, request, forms: [...forms, 'counts'] }
}
