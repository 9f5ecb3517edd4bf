import type { Level } from '../model/level.ts'
import type { Language } from '../model/settings.ts'

/** en-US, zh-CN, zh-TW. OCP's own words where it has them (its level tables and default message templates). */
const WORDS = {
  ocpAlert: ['OCP alert notification', 'OCP 告警通知', 'OCP 警示通知'],
  ocpRecovery: ['OCP alert recovery notification', 'OCP 告警恢复通知', 'OCP 警示恢復通知'],
  ocpTextAlert: [
    'OCP Alert Notification - Single Alert',
    'OCP告警通知-单条告警',
    'OCP警示通知-單條警示',
  ],
  ocpTextAlerts: [
    'OCP Alert Notification - Multiple Alerts',
    'OCP告警通知-多条告警',
    'OCP警示通知-多條警示',
  ],
  alertCount: ['Alerts: ', '告警数量：', '警示數量：'],
  ocpTextRecovery: ['[Alarm Recover Notification]', '【告警恢复通知】', '【警示恢復通知】'],
  name: ['Name: ', '名称：', '名稱：'],
  level: ['Level: ', '级别：', '級別：'],
  groupBy: ['Aggregation group: ', '聚合分组：', '聚合分組：'],
  object: ['Alert object: ', '告警对象：', '警示對象：'],
  target: ['Alert target: ', '告警对象：', '警示對象：'],
  summary: ['Summary: ', '概述：', '概述：'],
  generatedAt: ['Generation time: ', '生成时间：', '產生時間：'],
  description: ['Description: ', '详情：', '詳情：'],
  link: ['OCP link: ', 'OCP 链接：', 'OCP 連結：'],
  textLink: ['OCP URL: ', 'OCP链接：', 'OCP連結：'],
  resolvedAt: ['Recovered at: ', '恢复时间：', '恢復時間：'],
  lasted: ['Lasted: ', '持续时间：', '持續時間：'],
  repeated: ['Repeated: ', '重复次数：', '重複次數：'],
  repeatedTimes: ['repeated ×{n}', '重复 {n} 次', '重複 {n} 次'],
  details: ['Details: ', '告警详情：', '警示詳情：'],
  alertWord: ['Alert', '告警', '警示'],
  firing: ['{n} firing', '{n} 条告警中', '{n} 則警示中'],
  resolved: ['{n} resolved', '{n} 条已恢复', '{n} 則已恢復'],
  resolvedWord: ['Resolved', '已恢复', '已恢復'],
  count: ['{n} alerts', '{n} 条告警', '{n} 則警示'],
  countOne: ['1 alert', '1 条告警', '1 則警示'],
  stillFiring: ['{n} still firing', '{n} 条未恢复', '{n} 則未恢復'],
  stillFiringWord: ['Still firing', '未恢复', '未恢復'],
  flapping: ['Flapping', '反复触发', '反覆觸發'],
  changed: [
    'Changed {n} times while this message waited; ',
    '等待发送期间状态变化 {n} 次，',
    '等待發送期間狀態變化 {n} 次，',
  ],
  colon: [': ', '：', '：'],
  comma: [', ', '，', '，'],
  nowFiring: ['now it fires', '目前告警中', '目前警示中'],
  nowResolved: ['now it is resolved', '目前已恢复', '目前已恢復'],
  between: ['{from} – {to}', '{from} 至 {to}', '{from} 至 {to}'],
  lastedFor: ['lasted {d}', '持续 {d}', '持續 {d}'],
  firedWhileWaiting: [
    'It fired and was resolved before it could be told.',
    '在通知发出之前已触发并恢复。',
    '在通知發出之前已觸發並恢復。',
  ],
  all: ['Full list', '完整列表', '完整列表'],
  detailsButton: ['Details', '查看详情', '檢視詳情'],
  wholeText: ['Whole text', '完整内容', '完整內容'],
  more: ['and {n} more', '另有 {n} 条', '另有 {n} 則'],
  moreOf: ['and {n} more', '等 {n} 项', '等 {n} 項'],
  cut: ['… (cut)', '……（已截断）', '……（已截斷）'],
  cutNotice: [
    'Long texts of this alert are cut here.',
    '此告警内容过长，此处已截断。',
    '此警示內容過長，此處已截斷。',
  ],
  fromTo: ['from {from} to {to}', '{from} 至 {to}', '{from} 至 {to}'],
  at: ['at {at}', '{at}', '{at}'],
  ago: ['{d} ago', '{d}前', '{d}前'],
  justNow: ['just now', '刚刚', '剛剛'],
  openInOcp: ['Open in OCP', '在 OCP 中查看', '在 OCP 中檢視'],
  openInPrometheus: ['Open in Prometheus', '在 Prometheus 中查看', '在 Prometheus 中檢視'],
  openInGrafana: ['Open in Grafana', '在 Grafana 中查看', '在 Grafana 中檢視'],
  open: ['Open the alert', '查看告警', '檢視警示'],
  dashboard: ['Dashboard', '仪表盘', '儀表板'],
  runbook: ['Runbook', '处理手册', '處理手冊'],
  silence: ['Silence', '静默', '靜默'],
  delayedPenalty: [
    'Waited {d}, since {since}: DingTalk had silenced the robot.',
    '自 {since} 起等待了 {d}：机器人曾被钉钉限流静默。',
    '自 {since} 起等待了 {d}：機器人曾被釘釘限流靜默。',
  ],
  delayedPushLimit: [
    'The push limit is open again. Held for {d}, since {since}.',
    '推送上限已重新开放。自 {since} 起暂缓了 {d}。',
    '推送上限已重新開放。自 {since} 起暫緩了 {d}。',
  ],
  delayedQuota: [
    'Waited {d}, since {since}: the monthly quota is nearly used.',
    '自 {since} 起等待了 {d}：本月配额即将用完。',
    '自 {since} 起等待了 {d}：本月配額即將用完。',
  ],
  delayedUnreachable: [
    'Waited {d}, since {since}: DingTalk could not be reached.',
    '自 {since} 起等待了 {d}：无法连接钉钉。',
    '自 {since} 起等待了 {d}：無法連線釘釘。',
  ],
  quotaTitle: [
    '{percent} % of the monthly quota is used',
    '本月配额已使用 {percent}%',
    '本月配額已使用 {percent}%',
  ],
  quotaUsed: [
    'Used: {used} of {limit} calls',
    '已用：{used} / {limit} 次调用',
    '已用：{used} / {limit} 次呼叫',
  ],
  quotaOrganisation: [
    'Counted for: the whole organisation',
    '统计范围：整个组织',
    '統計範圍：整個組織',
  ],
  quotaRobot: [
    'Counted for: robot {robot}',
    '统计范围：机器人 {robot}',
    '統計範圍：機器人 {robot}',
  ],
  quotaEnds: ['Starts anew: {at}, in {d}', '重新计数：{at}，{d}后', '重新計數：{at}，{d}後'],
  quotaHalf: [
    'From here on messages are merged more and more, so that the calls last the month.',
    '此后消息会逐步合并发送，以便配额用到月底。',
    '此後訊息會逐步合併發送，以便配額用到月底。',
  ],
  quotaMost: [
    'Messages are merged as far as the month needs. At nine tenths only Down and Critical are still sent.',
    '消息正按本月所需合并发送。用到九成后只发送“停服”和“严重”告警。',
    '訊息正按本月所需合併發送。用到九成後只發送「停服」和「嚴重」警示。',
  ],
  quotaLast: [
    'Only Down and Critical alerts are sent now. All others wait until the month begins anew.',
    '现在只发送“停服”和“严重”告警，其余等到下月计数重新开始。',
    '現在只發送「停服」和「嚴重」警示，其餘等到下月計數重新開始。',
  ],
  quotaAct: [
    'To change that: more quota from DingTalk, or a longer aggregate.every.',
    '应对办法：增加钉钉配额，或调大 aggregate.every。',
    '應對辦法：增加釘釘配額，或調大 aggregate.every。',
  ],
} as const satisfies Record<string, readonly [string, string, string]>

export type Word = keyof typeof WORDS

const COLUMN: Record<Language, 0 | 1 | 2> = { 'en-US': 0, 'zh-CN': 1, 'zh-TW': 2 }

/** A word or phrase in the language, `{name}` in it replaced. */
export function wordIn(
  language: Language,
  word: Word,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return WORDS[word][COLUMN[language]].replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(values[name] ?? whole),
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
