export const ALERTS = {
  words: ['Name, target, label=value', '名称、对象、标签=值', '名稱、對象、標籤=值'],
  object: ['Object', '对象', '對象'],
  receivedAt: ['Received', '收到', '收到'],
  toldAfter: ['told after {time}', '{time}后送达', '{time}後送達'],
  inMessages: ['In messages', '所在消息', '所在訊息'],
  repeatsN: ['{n} repeats before it', '此前重复 {n} 次', '此前重複 {n} 次'],
  repeatsNOne: ['1 repeat before it', '此前重复 1 次', '此前重複 1 次'],
  fingerprint: ['Fingerprint', '指纹', '指紋'],
  source: ['Source', '来源', '來源'],
  unreadable: [
    'Its payload can no longer be read.',
    '其原始内容已无法读取。',
    '其原始內容已無法讀取。',
  ],
} as const
