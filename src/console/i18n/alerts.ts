export const ALERTS = {
  words: ['Name, target, label=value', '名称、对象、标签=值', '名稱、對象、標籤=值'],
  deliveredAfter: ['delivered after {time}', '{time}后送达', '{time}後送達'],
  inMessages: ['In messages', '所属消息', '所屬訊息'],
  repeatsN: ['{n} earlier repeats', '此前重复 {n} 次', '先前重複 {n} 次'],
  repeatsNOne: ['1 earlier repeat', '此前重复 1 次', '先前重複 1 次'],
  fingerprint: ['Fingerprint', '指纹', '指紋'],
  source: ['Source', '来源', '來源'],
  deadAlert: [
    'not delivered; see its message',
    '发送失败，原因见所属消息',
    '傳送失敗，原因請見所屬訊息',
  ],
  unreadable: [
    'The payload can no longer be read.',
    '原始请求内容已无法读取。',
    '原始請求內容已無法讀取。',
  ],
} as const
