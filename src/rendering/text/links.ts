import type { MessageAlert } from '../../model/alert.ts'
import type { Variables } from '../../model/variables.ts'
import type { Word } from '../i18n.ts'

/** One tap from a message to where something can be done. */
export interface AlertLink {
  word: Word
  url: string
}

/** Longer addresses are given up on somewhere between DingTalk and the browser. */
const MAX_URL_LENGTH = 3_000

/**
 * Where an alert leads: to itself in OCP or Prometheus, to its runbook, to its dashboard, and while an alert of
 * Alertmanager's fires, to a silence prepared for exactly it.
 */
export function linksOf({ alert }: MessageAlert, variables: Variables): AlertLink[] {
  const { source, status } = alert
  const url = (name: string): string | undefined => safeUrl(variables[name])
  if (source === 'ocp') {
    const opened = url('alarm_url')
    return opened === undefined ? [] : [{ word: 'openInOcp', url: opened }]
  }
  const runbook = url('runbook_url')
  const alarmUrl = url('alarm_url')
  const origin = url('generator_url') ?? (alarmUrl === runbook ? undefined : alarmUrl)
  const dashboard = url('dashboard_url') ?? url('panelURL') ?? url('dashboardURL')
  const silence =
    status === 'firing' ? (url('silenceURL') ?? silenceUrl(alert.labels, variables)) : undefined
  const links: AlertLink[] = []
  if (origin !== undefined) links.push({ word: wordFor(origin), url: origin })
  if (dashboard !== undefined) links.push({ word: 'dashboard', url: dashboard })
  if (runbook !== undefined) links.push({ word: 'runbook', url: runbook })
  if (silence !== undefined) links.push({ word: 'silence', url: silence })
  return links
}

/** What kind of program a generator's address leads to, as far as its path tells. */
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

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
