import type { MessageAlert } from '../../model/alert.ts'
import type { Variables } from '../../model/variables.ts'
import type { Word } from '../i18n.ts'
import { percentEncoded } from './address.ts'
import { isOcpAlert } from './sender.ts'

/** A link of an alert; `word` is the catalog key of its text. */
export interface AlertLink {
  word: Word
  url: string
}

/** Longer addresses may not survive the way from DingTalk to the browser. */
const MAX_URL_LENGTH = 3_000

/**
 * The links of an alert: to OCP, or to its runbook, graph, dashboard and image. While it fires, also to the page that
 * mutes it, or, for an alert from Alertmanager, to silence forms for exactly this alert and for its group.
 */
export function linksOf(entry: MessageAlert, variables: Variables): AlertLink[] {
  const { alert, silenceLink } = entry
  const url = (name: string): string | undefined => safeUrl(variables[name])
  if (isOcpAlert(alert))
    return linksFrom([
      ['openInOcp', url('alarm_url')],
      ['mute', silenceLink],
    ])
  const runbook = url('runbook_url')
  const alarmUrl = url('alarm_url')
  // The channel's own address replaces that of the alert.
  const isOwn = variables['alarm_url'] !== alert.variables['alarm_url']
  const other = alarmUrl === runbook ? undefined : alarmUrl
  const origin = isOwn ? alarmUrl : (url('generator_url') ?? other)
  return linksFrom([
    ['runbook', runbook],
    [origin === undefined ? 'open' : wordFor(origin), origin],
    ['dashboard', url('dashboard_url') ?? url('panelURL') ?? url('dashboardURL')],
    ['image', url('image_url')],
    // Alertmanager silences its own alerts; the receiver mutes those of other senders.
    [
      alert.source !== 'alertmanager' && silenceLink !== undefined ? 'mute' : 'silence',
      silenceOf(entry, variables),
    ],
    // The page behind a silence link also offers to silence the group.
    ['silenceGroup', silenceLink === undefined ? groupSilenceOf(entry, variables) : undefined],
  ])
}

function linksFrom(pairs: readonly (readonly [Word, string | undefined])[]): AlertLink[] {
  return pairs.flatMap(([word, url]) => (url === undefined ? [] : [{ word, url }]))
}

/** The link to a silence form for exactly this alert; undefined unless it fires. */
function silenceOf({ alert, silenceLink }: MessageAlert, variables: Variables): string | undefined {
  if (alert.status !== 'firing') return undefined
  return silenceLink ?? safeUrl(variables['silenceURL']) ?? silenceUrl(alert.labels, variables)
}

/** The link to a silence form for the alert's group; undefined unless it fires and the group can have other alerts. */
export function groupSilenceOf(
  { alert }: Pick<MessageAlert, 'alert'>,
  variables: Variables,
): string | undefined {
  const { status, labels = {}, groupLabels = {} } = alert
  const isWhole = Object.keys(labels).every((name) => groupLabels[name] !== undefined)
  return status === 'firing' && !isWhole ? silenceUrl(groupLabels, variables) : undefined
}

/** The catalog key for a link to a generator: the path shows which program it leads to. */
function wordFor(url: string): Word {
  if (/\/graph(?:\?|$)/.test(url)) return 'openInPrometheus'
  return url.includes('/alerting/') ? 'openInGrafana' : 'open'
}

/** Characters that end a label name in the filter of Alertmanager's page. */
const UNREADABLE_NAME = /[{}!=~,\\"'`\s\u0085\u00a0]/

/**
 * Alertmanager's page for a new silence, filled in with the labels. The page reads a filter in braces, in which each
 * value is a JSON string (Alertmanager, ui/app/src/Utils/Filter.elm).
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
  const filter = encoded(`{${matchers}}`)
  const url = `${base.replace(/\/+$/, '')}/#/silences/new?filter=${filter}`
  return url.length > MAX_URL_LENGTH ? undefined : url
}

/** Wraps an address so that DingTalk on a computer opens it in the browser, not in its side bar. */
export function browserUrl(url: string): string {
  return /^dingtalk:/i.test(url)
    ? url
    : `dingtalk://dingtalkclient/page/link?url=${encoded(url)}&pc_slide=false`
}

/**
 * Encodes an address for a Markdown link. Undefined if it is too long, or its scheme is not http, https or dingtalk.
 */
export function safeUrl(text: string | undefined): string | undefined {
  const url = text?.trim().toWellFormed()
  if (url === undefined || url.length > MAX_URL_LENGTH) return undefined
  if (!/^(?:https?|dingtalk):\/\/[^/\s]/i.test(url)) return undefined
  return url.replace(/[^\u0021-\u007e]|[<>"'`\\^{}|()[\]*]/gu, encoded)
}

/** Adds parameters to the query of an address, each encoded; omits those without a value. */
export function urlWith(base: unknown, parameters: Readonly<Record<string, unknown>> = {}): string {
  const [address = '', ...fragment] = String(base ?? '').split('#')
  const query = Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
    .map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`)
    .join('&')
  const separator = address.includes('?') ? '&' : '?'
  const whole = query === '' ? address : `${address}${separator}${query}`
  return fragment.length === 0 ? whole : `${whole}#${fragment.join('#')}`
}

/** Encodes every character that is special in Markdown. */
const encoded = (text: string): string => percentEncoded(text, /[!'()*~]/g)
