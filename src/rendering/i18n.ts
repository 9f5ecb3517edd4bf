import { MALFORMED_NAME, UNREADABLE_NAME } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Language } from '../model/settings.ts'

/** In en-US, zh-CN, zh-TW. Where OCP has a word (in its level tables and default message templates), it is used. */
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
  levelSaid: ['{level} ({word})', '{level}（{word}）', '{level}（{word}）'],
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
  details: ['Details: ', '告警详情：', '警示詳情：'],
  where: ['Where: ', '对象：', '對象：'],
  since: ['Since: ', '开始时间：', '開始時間：'],
  overview: ['Summary: ', '概述：', '摘要：'],
  detail: ['Details: ', '详情：', '詳細資訊：'],
  value: ['Value: ', '触发值：', '觸發值：'],
  repeated: ['Repeated: ', '重复次数：', '重複次數：'],
  repeatedTimes: ['repeated ×{n}', '重复 {n} 次', '重複 {n} 次'],
  alertWord: ['Alert', '告警', '警示'],
  firing: ['{n} firing', '{n} 条触发中', '{n} 則觸發中'],
  resolved: ['{n} resolved', '{n} 条已恢复', '{n} 則已恢復'],
  resolvedWord: ['Resolved', '已恢复', '已恢復'],
  count: ['{n} alerts', '{n} 条告警', '{n} 則警示'],
  countOne: ['1 alert', '1 条告警', '1 則警示'],
  worstOf: ['{n} of {total} {level}', '{total} 条中 {n} 条{level}', '{total} 則中 {n} 則{level}'],
  firingOf: ['{n} of {total} firing', '{total} 条中 {n} 条触发中', '{total} 則中 {n} 則觸發中'],
  stillFiring: ['{n} still firing', '{n} 条未恢复', '{n} 則未恢復'],
  stillFiringWord: ['Still firing', '未恢复', '未恢復'],
  flapping: ['Flapping', '反复触发', '反覆觸發'],
  changed: [
    'State changed {n} times while waiting to be sent',
    '排队发送期间状态变化 {n} 次',
    '等待傳送期間狀態變化 {n} 次',
  ],
  malformedAlert: [MALFORMED_NAME, '格式错误的告警', '格式錯誤的警示'],
  unreadableAlert: [UNREADABLE_NAME, '无法读取的告警', '無法讀取的警示'],
  colon: [': ', '：', '：'],
  keywords: ['Keywords', '关键词', '關鍵字'],
  comma: [', ', '，', '，'],
  nowFiring: ['now firing', '目前触发中', '目前觸發中'],
  nowResolved: ['now resolved', '目前已恢复', '目前已恢復'],
  between: ['{from} – {to}', '{from} 至 {to}', '{from} 至 {to}'],
  lastedFor: ['lasted {d}', '持续 {d}', '持續 {d}'],
  firesFor: ['for {d}', '已持续 {d}', '已持續 {d}'],
  agoAsOf: ['{d} as of {at}', '{d}（截至 {at}）', '{d}（截至 {at}）'],
  asOf: ['as of {at}', '截至 {at}', '截至 {at}'],
  firesForAsOf: ['for {d} as of {at}', '截至 {at} 已持续 {d}', '截至 {at} 已持續 {d}'],
  firedWhileWaiting: [
    'Fired and recovered before this message could be sent.',
    '消息发出前已触发并恢复。',
    '訊息送出前已觸發並恢復。',
  ],
  truncated: [
    'Alertmanager left {n} more alerts of this group out of its notification (max_alerts).',
    'Alertmanager 的通知省略了本组另外 {n} 条告警（max_alerts）。',
    'Alertmanager 的通知省略了本組另外 {n} 則警示（max_alerts）。',
  ],
  all: ['Full list', '完整列表', '完整清單'],
  detailsButton: ['Details', '查看详情', '檢視詳細資訊'],
  wholeText: ['Full text', '查看全文', '檢視全文'],
  more: ['and {n} more', '另有 {n} 条', '另有 {n} 則'],
  moreOf: ['and {n} more', '等 {n} 项', '等 {n} 項'],
  cut: ['… (shortened)', '……（已截断）', '……（已截斷）'],
  cutNotice: ['Text shortened.', '内容过长，已截断。', '內容過長，已截斷。'],
  fromTo: ['{from} – {to}', '{from} 至 {to}', '{from} 至 {to}'],
  openInOcp: ['Open in OCP', '在 OCP 中查看', '在 OCP 中檢視'],
  openInPrometheus: ['Open in Prometheus', '在 Prometheus 中查看', '在 Prometheus 中檢視'],
  openInGrafana: ['Open in Grafana', '在 Grafana 中查看', '在 Grafana 中檢視'],
  open: ['Open alert', '查看告警', '檢視警示'],
  graph: ['Graph', '图表', '圖表'],
  image: ['Image', '截图', '截圖'],
  dashboard: ['Dashboard', '仪表盘', '儀表板'],
  runbook: ['Runbook', '处置手册', '處置手冊'],
  silence: ['Silence', '静默', '靜音'],
  silenceGroup: ['Silence group', '静默本组', '靜音此群組'],
  mute: ['Mute', '免打扰', '勿擾'],
  silencedBy: [
    '{by} silenced {what} until {until}',
    '{by} 已静默 {what}，至 {until}',
    '{by} 已將 {what} 靜音，至 {until}',
  ],
  mutedUntilRecovery: [
    '{by} muted {what} until it recovers',
    '{by} 已对 {what} 免打扰，直到恢复',
    '{by} 已將 {what} 設為勿擾，直到恢復',
  ],
  delayedPenalty: [
    'Delayed {d} (since {since}): DingTalk rate-limited this robot.',
    '延迟 {d}送达（自 {since}）：机器人被钉钉限流。',
    '延遲 {d}送達（自 {since}）：機器人遭釘釘限流。',
  ],
  delayedPushLimit: [
    'Held {d} by the push limit (since {since}); the limit has reset.',
    '因推送上限暂缓 {d}（自 {since}），现已恢复推送。',
    '因推播上限暫緩 {d}（自 {since}），現已恢復推播。',
  ],
  delayedQuota: [
    'Delayed {d} (since {since}): the monthly quota is nearly used up.',
    '延迟 {d}（自 {since}）：本月调用配额即将用完。',
    '延遲 {d}（自 {since}）：本月呼叫配額即將用完。',
  ],
  delayedByHand: [
    'Waited {d}, since {since}: the robot was paused by hand.',
    '自 {since} 起等待了 {d}：机器人曾被手动暂停。',
    '自 {since} 起等待了 {d}：機器人曾被手動暫停。',
  ],
  delayedUnreachable: [
    'Delayed {d} (since {since}): DingTalk was unreachable.',
    '延迟 {d}（自 {since}）：此前无法连接钉钉。',
    '延遲 {d}（自 {since}）：先前無法連線至釘釘。',
  ],
  quotaTitle: [
    '{percent}% of the monthly quota is used',
    '本月配额已使用 {percent}%',
    '本月配額已使用 {percent}%',
  ],
  quotaUsed: [
    'Used: {used} of {limit} calls',
    '已用：{used} / {limit} 次调用',
    '已用：{used} / {limit} 次呼叫',
  ],
  quotaOrganisation: [
    'Counted for: the whole organization',
    '统计范围：整个组织',
    '統計範圍：整個組織',
  ],
  quotaRobot: [
    'Counted for: robot {robot}',
    '统计范围：机器人 {robot}',
    '統計範圍：機器人 {robot}',
  ],
  quotaEnds: ['Resets: {at}, in {d}', '重新计数：{at}，{d}后', '重新計數：{at}，{d}後'],
  quotaHalf: [
    'From now on, messages are merged more and more so that the calls last the month.',
    '此后会逐步合并发送消息，使配额够用到月底。',
    '此後會逐步合併傳送訊息，使配額足以用到月底。',
  ],
  quotaMost: [
    'Messages are merged as far as the month needs. From 90% on, only Down and Critical alerts are sent.',
    '消息正按本月剩余配额合并发送。用到 90% 后只发送“停服”和“严重”告警。',
    '訊息正依本月剩餘配額合併傳送。用到 90% 後只傳送「停服」和「嚴重」警示。',
  ],
  quotaLast: [
    'Only Down and Critical alerts are sent now. All others wait for the next month.',
    '现在只发送“停服”和“严重”告警，其余告警等到下月再发送。',
    '現在只傳送「停服」和「嚴重」警示，其餘警示等到下個月再傳送。',
  ],
  quotaAct: [
    'To change this, get more quota from DingTalk or set a longer aggregate.every.',
    '应对办法：提升钉钉配额，或调大 aggregate.every。',
    '因應方式：提高釘釘配額，或調大 aggregate.every。',
  ],
} as const satisfies Record<string, readonly [string, string, string]>

export type Word = keyof typeof WORDS

const COLUMN: Record<Language, 0 | 1 | 2> = { 'en-US': 0, 'zh-CN': 1, 'zh-TW': 2 }

/** A word or phrase in the language, with each `{name}` replaced by its value. */
export function wordIn(
  language: Language,
  word: Word,
  values: Readonly<Record<string, string | number>> = {},
): string {
  return WORDS[word][COLUMN[language]].replace(/\{(\w+)\}/g, (whole, name: string) =>
    String(values[name] ?? whole),
  )
}

/** Translates the names that the receiver gives to unreadable alerts; returns any other name unchanged. */
export function alertName(language: Language, name: string): string {
  if (name === MALFORMED_NAME) return wordIn(language, 'malformedAlert')
  return name === UNREADABLE_NAME ? wordIn(language, 'unreadableAlert') : name
}

export function isWord(word: string): word is Word {
  return Object.hasOwn(WORDS, word)
}

const LEVEL_WORDS: Record<Level, readonly [string, string, string]> = {
  1: ['Down', '停服', '停服'],
  2: ['Critical', '严重', '嚴重'],
  3: ['Warning', '警告', '警告'],
  4: ['Caution', '注意', '注意'],
  5: ['Info', '提醒', '提醒'],
}

/** OCP's English name of level 3; its other names are those in LEVEL_WORDS. */
const OCP_LEVEL_3 = 'Alert'

/** A level's name; with `isOcp`, OCP's name of level 3. */
export function levelWord(language: Language, level: Level, isOcp = false): string {
  return isOcp && level === 3 && language === 'en-US'
    ? OCP_LEVEL_3
    : LEVEL_WORDS[level][COLUMN[language]]
}

const STATUS_WORDS = {
  firing: ['Active', '告警中', '警示中'],
  resolved: ['Inactive', '已消除', '已消除'],
} as const

export function statusWord(language: Language, status: 'firing' | 'resolved'): string {
  return STATUS_WORDS[status][COLUMN[language]]
}
