import { LEVEL_NAMES } from '../model/level.ts'
import type { AlertWithVariables } from '../pipeline/stored-alerts.ts'
import type { StoredMessage } from '../stores/queries.ts'

/** The byte order mark, by which spreadsheets recognize UTF-8. */
const BYTE_ORDER_MARK = '\ufeff'

/** Values that a spreadsheet would read as a formula, or as the end of the previous cell. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

/** Writes a table as RFC 4180 defines it; no cell is read as a formula by a spreadsheet. Pure. */
export function csvOf(rows: readonly (readonly string[])[]): string {
  return `${BYTE_ORDER_MARK}${rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')}`
}

function cellOf(value: string): string {
  const harmless = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

const at = (instant: Date | undefined): string => instant?.toISOString() ?? ''

export function messagesCsv(messages: readonly StoredMessage[]): string {
  const head =
    'id,created_at,sent_at,channel,robot,kind,state,alerts,title,text,result,reason,dismissed_by'
  const rows = messages.map((each) => [
    ...[each.id, at(each.createdAt), at(each.sentAt), each.channel, each.robot, each.kind],
    ...[each.state, String(each.alertCount), each.title, each.text],
    ...[each.attempts.at(-1)?.result ?? '', each.reason ?? '', each.dismissed?.by ?? ''],
  ])
  return csvOf([head.split(','), ...rows])
}

export function alertsCsv(alerts: readonly AlertWithVariables[]): string {
  const head =
    'id,received_at,delivered_at,channel,status,level,state,reason,name,target,summary,source,fingerprint,repeats,messages'
  const rows = alerts.map(({ alert, variables }) => [
    ...[alert.id, at(alert.receivedAt), at(alert.deliveredAt), alert.channel, alert.status],
    ...[LEVEL_NAMES[alert.level], alert.state, alert.reason ?? ''],
    ...[variables['alarm_name'] ?? '', variables['alarm_target'] ?? ''],
    ...[variables['alarm_summary'] ?? '', alert.source, alert.fingerprint],
    ...[String(alert.repeats), alert.messageIds.join(' ')],
  ])
  return csvOf([head.split(','), ...rows])
}
