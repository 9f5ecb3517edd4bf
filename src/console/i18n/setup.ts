export const SETUP = {
  setupHint: [
    'Ready to paste. The address is the one under which you see this page; where senders reach the receiver by another, change it.',
    '可直接粘贴。地址取自您访问本页所用的地址；若发送方使用其他地址，请相应修改。',
    '可直接貼上。位址取自您存取本頁所用的位址；若傳送方使用其他位址，請相應修改。',
  ],
  setupExternal: [
    'Ready to paste. The address is `external_url` of the configuration.',
    '可直接粘贴。地址取自配置中的 external_url。',
    '可直接貼上。位址取自設定中的 external_url。',
  ],
  toAlertmanager: ['Alertmanager', 'Alertmanager', 'Alertmanager'],
  toAlertmanagerHint: [
    'In alertmanager.yml. Grouping may stay as it is; what comes in a storm is merged here.',
    '写入 alertmanager.yml。分组可保持不变，告警风暴会在此合并。',
    '寫入 alertmanager.yml。分組可保持不變，警示風暴會在此合併。',
  ],
  toOcp: ['OceanBase OCP', 'OceanBase OCP', 'OceanBase OCP'],
  toOcpHint: [
    'In OCP: Alerts, Alert channels, new channel of type HTTP.',
    '在 OCP 中：告警 → 告警通道 → 新建通道，类型选 HTTP。',
    '在 OCP 中：警示 → 警示通道 → 新建通道，類型選 HTTP。',
  ],
  ocpMethod: ['Method', '请求方法', '請求方法'],
  ocpUrl: ['URL', 'URL', 'URL'],
  ocpHeader: ['Header', 'Header', 'Header'],
  ocpBody: ['Body template', 'Body 模板', 'Body 範本'],
  ocpVerify: ['Response verification', '返回结果校验', '回傳結果校驗'],
  toDrop: [
    'Instead of prometheus-webhook-dingtalk',
    '替换 prometheus-webhook-dingtalk',
    '替換 prometheus-webhook-dingtalk',
  ],
  toDropHint: [
    'Its path works as it is; Alertmanager needs no change but the host.',
    '其路径可照用；Alertmanager 只需更改主机地址。',
    '其路徑可照用；Alertmanager 只需更改主機位址。',
  ],
  tryIt: ['Try it', '试一试', '試一試'],
  tryItHint: ['In a terminal.', '在终端中运行。', '在終端機中執行。'],
  routedAuto: ['by the routes of the configuration', '按配置中的路由分发', '依設定中的路由分發'],
  tokenHint: [
    'The receiver asks for credentials: put the secret where the snippet names it.',
    '接收器要求凭据：请将密钥填入片段所示位置。',
    '接收器要求憑據：請將金鑰填入片段所示位置。',
  ],
} as const
