import type { Alert, MessageAlert } from '../../model/alert.ts'
import { LEVEL_NAMES, type Level } from '../../model/level.ts'
import type { Language } from '../../model/settings.ts'
import { variablesFrom } from '../../model/variables.ts'

const MINUTE = 60_000
const ALERTMANAGER = 'http://alertmanager.example:9093'
const PROMETHEUS = 'http://prometheus.example:9090'
const OCP = 'http://ocp.example:8080'

/** Selects the sample text in the language. */
export function inLanguage(language: Language, texts: readonly [string, string, string]): string {
  return texts[{ 'en-US': 0, 'zh-CN': 1, 'zh-TW': 2 }[language]] as string
}

interface SampleOptions {
  level?: Level
  /** Minutes between its start and `now`, and minutes that it lasted. */
  since?: number
  lasted?: number
  annotations?: Readonly<Record<string, string>>
  overrides?: Partial<MessageAlert>
}

/** A sample alert as parsed from an Alertmanager webhook. */
export function prometheusAlert(
  labels: Readonly<Record<string, string>>,
  now: Date,
  { annotations = {}, ...options }: SampleOptions = {},
): MessageAlert {
  const query = `${labels['alertname']} > 0`
  return sampleAlert(
    {
      source: 'alertmanager',
      levelWord: labels['severity'],
      labels: variablesFrom(Object.entries(labels)),
      variables: [
        ...Object.entries(labels),
        ...Object.entries(annotations),
        ['alarm_name', labels['alertname']],
        ['alarm_type', labels['alertname']],
        ['alarm_target', targetOf(labels)],
        ['alarm_summary', annotations['summary']],
        ['alarm_description', annotations['description']],
        ['ob_cluster', labels['cluster']],
        ['host_ip', labels['instance']],
        ['generator_url', `${PROMETHEUS}/graph?g0.expr=${encodeURIComponent(query)}&g0.tab=1`],
        ['external_url', ALERTMANAGER],
        ['alarm_group_by', `alertname=${labels['alertname']}`],
      ],
    },
    now,
    options,
  )
}

/** A sample alert as parsed from an OCP body. */
export function ocpAlert(
  variables: Readonly<Record<string, string>>,
  now: Date,
  options: Omit<SampleOptions, 'annotations'> = {},
): MessageAlert {
  return sampleAlert(
    {
      source: 'ocp',
      levelWord: LEVEL_NAMES[options.level ?? DEFAULT_LEVEL],
      variables: [
        ...Object.entries(variables),
        ['alarm_summary', `${variables['alarm_target']} ${variables['alarm_name']}`],
        ['alarm_url', `${OCP}/alarm/event/${variables['alarm_id'] ?? '1000160'}`],
      ],
    },
    now,
    options,
  )
}

const DEFAULT_LEVEL: Level = 2

function targetOf(labels: Readonly<Record<string, string>>): string {
  const known = [
    ['ob_cluster', labels['cluster']],
    ['host', labels['instance']],
  ].filter(([, value]) => value !== undefined)
  const rest = Object.entries(labels).filter(([name]) => !['alertname', 'severity'].includes(name))
  return (known.length > 0 ? known : rest).map(([name, value]) => `${name}=${value}`).join(':')
}

function sampleAlert(
  given: Pick<Alert, 'source' | 'levelWord' | 'labels'> & {
    variables: readonly (readonly [string, string | undefined])[]
  },
  now: Date,
  { level = DEFAULT_LEVEL, since = 2, lasted, overrides = {} }: Omit<SampleOptions, 'annotations'>,
): MessageAlert {
  const startsAt = new Date(now.getTime() - since * MINUTE)
  const endsAt = lasted === undefined ? undefined : new Date(startsAt.getTime() + lasted * MINUTE)
  const variables = variablesFrom([
    ...given.variables,
    ['alarm_active_at', startsAt.toISOString()],
    ['alarm_resolved_at', endsAt?.toISOString()],
  ])
  return {
    alert: {
      ...given,
      status: endsAt === undefined ? 'firing' : 'resolved',
      variables,
      fingerprint: `${variables['alarm_name']} ${variables['alarm_target']}`,
      name: variables['alarm_name'] ?? '',
      cluster: variables['ob_cluster'] ?? '',
      startsAt,
      endsAt,
    },
    level,
    receivedAt: new Date(now.getTime() - MINUTE),
    repeats: 0,
    firedWhileWaiting: false,
    ...overrides,
  }
}
