import type { Language } from '../model/settings.ts'

const WORDS = {
  title: ['DingTalk receiver', '钉钉告警接收器', '釘釘告警接收器'],
  robots: ['Robots', '机器人', '機器人'],
  channels: ['Channels', '通道', '通道'],
  messages: ['Messages', '消息', '訊息'],
  message: ['Message', '消息', '訊息'],
  sandbox: ['Sandbox group', '沙箱群', '沙箱群'],
  sandboxHint: [
    'What the built-in stand-in for DingTalk was shown, newest first.',
    '内置的钉钉替身收到的内容，最新在前。',
    '內建的釘釘替身收到的內容，最新在前。',
  ],
  name: ['Name', '名称', '名稱'],
  callsLeft: ['Calls left', '剩余次数', '剩餘次數'],
  month: ['This month', '本月', '本月'],
  waiting: ['Waiting', '等待', '等待'],
  oldest: ['Oldest', '最久', '最久'],
  state: ['State', '状态', '狀態'],
  restsUntil: ['Rests until', '静默至', '靜默至'],
  ready: ['Ready', '就绪', '就緒'],
  workedBy: ['Worked by', '由谁发送', '由誰發送'],
  lastResult: ['Last result', '最近结果', '最近結果'],
  mode: ['Mode', '模式', '模式'],
  quota: ['Organisation this month', '组织本月用量', '組織本月用量'],
  time: ['Time', '时间', '時間'],
  channel: ['Channel', '通道', '通道'],
  robot: ['Robot', '机器人', '機器人'],
  alerts: ['Alerts', '告警', '告警'],
  attempts: ['Attempts', '尝试', '嘗試'],
  reason: ['Reason', '原因', '原因'],
  variables: ['Variables', '变量', '變數'],
  none: ['Nothing yet.', '暂无。', '尚無。'],
  back: ['Overview', '总览', '總覽'],
  pending: ['pending', '等待', '等待'],
  sending: ['sending', '发送中', '傳送中'],
  sent: ['sent', '已发送', '已傳送'],
  dead: ['dead', '已放弃', '已放棄'],
  suppressed: ['suppressed', '已抑制', '已抑制'],
  try: [
    'Post an alert and watch it arrive here:',
    '发送一条告警，看它到达这里：',
    '發送一則告警，看它到達這裡：',
  ],
} as const satisfies Record<string, readonly [string, string, string]>

export type ConsoleWord = keyof typeof WORDS

const COLUMN: Record<Language, 0 | 1 | 2> = { 'en-US': 0, 'zh-CN': 1, 'zh-TW': 2 }

/** The console's words in a language. */
export function consoleWords(language: Language): (word: ConsoleWord) => string {
  return (word) => WORDS[word][COLUMN[language]]
}
