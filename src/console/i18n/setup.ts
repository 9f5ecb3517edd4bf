export const SETUP = {
  setupHint: [
    'Ready to paste. The URL is that of this page; change it if senders use another one.',
    '可直接粘贴。其中的地址与本页相同；如果发送方使用其他地址，请相应修改。',
    '可直接貼上。其中的位址與本頁相同；如果傳送方使用其他位址，請自行修改。',
  ],
  setupExternal: [
    'Ready to paste. The URL is the configured `external_url`.',
    '可直接粘贴。地址取自配置中的 external_url。',
    '可直接貼上。位址取自設定檔中的 external_url。',
  ],
  toAlertmanager: ['Alertmanager', 'Alertmanager', 'Alertmanager'],
  toAlertmanagerHint: [
    'In alertmanager.yml. Keep your grouping; the receiver merges a storm.',
    '写入 alertmanager.yml。分组无需修改，告警风暴由本服务合并。',
    '寫入 alertmanager.yml。分組無需修改，警示風暴由本服務合併。',
  ],
  toOcp: ['OceanBase OCP', 'OceanBase OCP', 'OceanBase OCP'],
  toOcpHint: [
    'In OCP: Alert Center → Alert Channels → Create Channel, type HTTP.',
    '在 OCP 中：告警中心 → 告警通道 → 新建通道，通道类型选 HTTP。',
    '在 OCP 中：警示中心 → 警示通道 → 新增通道，通道類型選 HTTP。',
  ],
  ocpMethod: ['Method', '请求方法', '請求方法'],
  ocpUrl: ['URL', 'URL', 'URL'],
  ocpHeader: ['Header', 'Header', 'Header'],
  ocpBody: ['Body template', 'Body 模板', 'Body 範本'],
  ocpVerify: ['Response verification', 'Response 校验信息', 'Response 驗證資訊'],
  toDrop: [
    'Instead of prometheus-webhook-dingtalk',
    '替换 prometheus-webhook-dingtalk',
    '替換 prometheus-webhook-dingtalk',
  ],
  toDropHint: [
    'Its path works unchanged; in Alertmanager only the host changes.',
    '路径不变；在 Alertmanager 中只需修改主机地址。',
    '路徑不變；在 Alertmanager 中只需修改主機位址。',
  ],
  tryIt: ['Try it', '试一试', '試一試'],
  tryItHint: ['In a terminal.', '在终端中运行。', '在終端機中執行。'],
  routedAuto: ['by the configured routes', '按配置的路由分发', '依設定的路由分派'],
  tokenHint: [
    'The receiver requires credentials: insert the secret where the snippet marks it.',
    '本服务要求身份验证：请将密钥填入片段中标出的位置。',
    '本服務要求身分驗證：請將金鑰填入片段中標示的位置。',
  ],
} as const
