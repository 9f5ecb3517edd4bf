import type { Level } from '../model/level.ts'
import type { Language } from '../model/settings.ts'

/** en-US, zh-CN, zh-TW. OCP's own words where it has them (its level tables and default message templates). */
const WORDS = {
  ocpAlert: ['OCP alert notification', 'OCP 告警通知', 'OCP 警示通知'],
  alert: ['Alert notification', '告警通知', '警示通知'],
  ocpRecovery: ['OCP alert recovery notification', 'OCP 告警恢复通知', 'OCP 警示恢復通知'],
  recovery: ['Alert recovery notification', '告警恢复通知', '警示恢復通知'],
  ocpTextAlert: [
    'OCP Alert Notification - Single Alert',
    'OCP告警通知-单条告警',
    'OCP警示通知-單條警示',
  ],
  ocpTextRecovery: ['[Alarm Recover Notification]', '【告警恢复通知】', '【警示恢復通知】'],
  name: ['Name: ', '名称：', '名稱：'],
  level: ['Level: ', '级别：', '級別：'],
  count: ['Alerts: ', '告警数量：', '警示數量：'],
  groupBy: ['Aggregation group: ', '聚合分组：', '聚合分組：'],
  object: ['Alert object: ', '告警对象：', '警示對象：'],
  target: ['Alert target: ', '告警对象：', '警示對象：'],
  summary: ['Summary: ', '概述：', '概述：'],
  generatedAt: ['Generation time: ', '生成时间：', '產生時間：'],
  description: ['Description: ', '详情：', '詳情：'],
  link: ['OCP link: ', 'OCP 链接：', 'OCP 連結：'],
  otherLink: ['Link: ', '链接：', '連結：'],
  textLink: ['OCP URL: ', 'OCP链接：', 'OCP連結：'],
  resolvedAt: ['Recovered at: ', '恢复时间：', '恢復時間：'],
  lasted: ['Lasted: ', '持续时间：', '持續時間：'],
  repeated: ['Repeated: ', '重复次数：', '重複次數：'],
  details: ['Details: ', '告警详情：', '警示詳情：'],
  firing: ['firing', '告警中', '警示中'],
  resolved: ['resolved', '已恢复', '已恢復'],
  alerts: ['alerts', '条告警', '則警示'],
  all: ['Full list', '完整列表', '完整列表'],
  more: ['and {n} more', '另有 {n} 条', '另有 {n} 則'],
  cut: ['… (cut)', '……（已截断）', '……（已截斷）'],
  fromTo: ['from {from} to {to}', '{from} 至 {to}', '{from} 至 {to}'],
  delayedPenalty: [
    'Waited since {since}: DingTalk had silenced the robot.',
    '自 {since} 起等待：机器人曾被钉钉限流静默。',
    '自 {since} 起等待：機器人曾被釘釘限流靜默。',
  ],
  delayedPushLimit: [
    'Waited since {since}: the push limit was reached.',
    '自 {since} 起等待：已达到推送上限。',
    '自 {since} 起等待：已達到推送上限。',
  ],
  delayedQuota: [
    'Waited since {since}: the monthly quota is nearly used.',
    '自 {since} 起等待：本月配额即将用完。',
    '自 {since} 起等待：本月配額即將用完。',
  ],
  delayedUnreachable: [
    'Waited since {since}: DingTalk could not be reached.',
    '自 {since} 起等待：无法连接钉钉。',
    '自 {since} 起等待：無法連線釘釘。',
  ],
} as const satisfies Record<string, readonly [string, string, string]>

export type Word = keyof typeof WORDS

const COLUMN: Record<Language, 0 | 1 | 2> = { 'en-US': 0, 'zh-CN': 1, 'zh-TW': 2 }

/** A word or phrase in the language, `{name}` in it replaced. */
export function wordIn(
  language: Language,
  word: Word,
  values: Readonly<Record<string, string>> = {},
): string {
  return WORDS[word][COLUMN[language]].replace(
    /\{(\w+)\}/g,
    (whole, name: string) => values[name] ?? whole,
  )
}

export function isWord(word: string): word is Word {
  return Object.hasOwn(WORDS, word)
}

const LEVEL_WORDS: Record<Level, readonly [string, string, string]> = {
  1: ['Down', '停服', '停服'],
  2: ['Critical', '严重', '嚴重'],
  3: ['Alert', '警告', '警告'],
  4: ['Caution', '注意', '注意'],
  5: ['Info', '提醒', '提醒'],
}

export function levelWord(language: Language, level: Level): string {
  return LEVEL_WORDS[level][COLUMN[language]]
}

const STATUS_WORDS = {
  firing: ['Active', '告警中', '警示中'],
  resolved: ['Inactive', '已消除', '已消除'],
} as const

export function statusWord(language: Language, status: 'firing' | 'resolved'): string {
  return STATUS_WORDS[status][COLUMN[language]]
}

const UNITS = {
  'en-US': [' d', ' h', ' min', ' s'],
  'zh-CN': [' 天', ' 小时', ' 分', ' 秒'],
  'zh-TW': [' 天', ' 小時', ' 分', ' 秒'],
} as const satisfies Record<Language, readonly string[]>

/** A duration in its two largest units, such as `3 min 20 s`. */
export function durationWord(language: Language, ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ].map((value, index) => ({ value, unit: UNITS[language][index] as string }))
  const from = parts.findIndex(({ value }) => value > 0)
  if (from < 0) return `0${UNITS[language][3]}`
  return parts
    .slice(from, from + 2)
    .filter(({ value }) => value > 0)
    .map(({ value, unit }) => `${value}${unit}`)
    .join(' ')
}
