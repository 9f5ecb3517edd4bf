import type { MessageAlert } from '../../model/alert.ts'
import type { Variables } from '../../model/variables.ts'
import type { Word } from '../i18n.ts'
import { groupLabelsIn } from './group-key.ts'

/** One tap from a message to where something can be done. */
export interface AlertLink {
  word: Word
  url: string
}

/** Longer addresses are given up on somewhere between DingTalk and the browser. */
const MAX_URL_LENGTH = 3_000

/**
 * Where an alert leads: to OCP, or to its runbook, graph, dashboard and image, and while an alert of Alertmanager's
 * fires, to silences prepared for exactly it and for its group.
 */
export function linksOf(told: MessageAlert, variables: Variables): AlertLink[] {
  const { source } = told.alert
  const url = (name: string): string | undefined => safeUrl(variables[name])
  if (source === 'ocp')
    return linksFrom([
      ['openInOcp', url('alarm_url')],
      ['mute', told.silenceLink],
    ])
  const runbook = url('runbook_url')
  const alarmUrl = url('alarm_url')
  const origin = url('generator_url') ?? (alarmUrl === runbook ? undefined : alarmUrl)
  return linksFrom([
    ['runbook', runbook],
    [origin === undefined ? 'open' : wordFor(origin), origin],
    ['dashboard', url('dashboard_url') ?? url('panelURL') ?? url('dashboardURL')],
    ['image', url('image_url')],
    ['silence', silenceOf(told, variables)],
    // The page of a silence link offers the group as well.
    ['silenceGroup', told.silenceLink === undefined ? groupSilenceOf(told, variables) : undefined],
  ])
}

function linksFrom(pairs: readonly (readonly [Word, string | undefined])[]): AlertLink[] {
  return pairs.flatMap(([word, url]) => (url === undefined ? [] : [{ word, url }]))
}

/** The form for a silence of exactly one alert, while it fires. */
function silenceOf({ alert, silenceLink }: MessageAlert, variables: Variables): string | undefined {
  if (alert.status !== 'firing') return undefined
  return silenceLink ?? safeUrl(variables['silenceURL']) ?? silenceUrl(alert.labels, variables)
}

/** The form for a silence of the group that an alert came in, where the group is more than this alert. */
export function groupSilenceOf(
  { alert }: Pick<MessageAlert, 'alert'>,
  variables: Variables,
): string | undefined {
  if (alert.status !== 'firing') return undefined
  const labels = groupLabelsIn(variables['group_key'] ?? '')
  if (labels === undefined) return undefined
  const isWhole = Object.keys(alert.labels ?? {}).every((name) => labels[name] !== undefined)
  return isWhole ? undefined : silenceUrl(labels, variables)
}

/** The kind of program behind a generator's address, judged by its path. */
function wordFor(url: string): Word {
  if (/\/graph(?:\?|$)/.test(url)) return 'openInPrometheus'
  return url.includes('/alerting/') ? 'openInGrafana' : 'open'
}

/** Characters that end a name in the filter of Alertmanager's page. */
const UNREADABLE_NAME = /[{}!=~,\\"'`\s\u0085\u00a0]/

/**
 * Alertmanager's page for a new silence, filled in with the exact labels of one alert: its page reads a filter in
 * braces, in which each value is a JSON string (Alertmanager, ui/app/src/Utils/Filter.elm).
 */
export function silenceUrl(
  labels: Variables | undefined,
  variables: Variables,
): string | undefined {
  const base = safeUrl(variables['external_url'])
  const pairs = Object.entries(labels ?? {})
  if (base === undefined || pairs.length === 0) return undefined
  if (pairs.some(([name]) => UNREADABLE_NAME.test(name))) return undefined
  const matchers = pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')
  const filter = percentEncoded(`{${matchers}}`)
  const url = `${base.replace(/\/+$/, '')}/#/silences/new?filter=${filter}`
  return url.length > MAX_URL_LENGTH ? undefined : url
}

/** An address that opens in the browser of a computer rather than in DingTalk's side bar. */
export function browserUrl(url: string): string {
  return /^dingtalk:/i.test(url)
    ? url
    : `dingtalk://dingtalkclient/page/link?url=${percentEncoded(url)}&pc_slide=false`
}

/**
 * A text as an address that can stand in a link of Markdown; undefined where it is none that may be opened: only
 * http, https and dingtalk are.
 */
export function safeUrl(text: string | undefined): string | undefined {
  const url = text?.trim().toWellFormed()
  if (url === undefined || url.length > MAX_URL_LENGTH) return undefined
  if (!/^(?:https?|dingtalk):\/\/[^/\s]/i.test(url)) return undefined
  return url.replace(/[^\u0021-\u007e]|[<>"'`\\^{}|()[\]*]/gu, percentEncoded)
}

/** An address with parameters added to its query, each encoded; those without a value are left out. */
export function urlWith(base: unknown, parameters: Readonly<Record<string, unknown>> = {}): string {
  const [address = '', ...fragment] = String(base ?? '').split('#')
  const query = Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${percentEncoded(name)}=${percentEncoded(String(value))}`)
    .join('&')
  const separator = address.includes('?') ? '&' : '?'
  const whole = query === '' ? address : `${address}${separator}${query}`
  return fragment.length === 0 ? whole : `${whole}#${fragment.join('#')}`
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
