/** Explanations of an error page by its error code; the error's own English text is shown below. */
export const ERRORS = {
  error_bad_request: ['The request is invalid.', '请求参数有误。', '請求參數有誤。'],
  error_bad_payload: ['The payload cannot be read.', '无法读取请求内容。', '無法讀取請求內容。'],
  error_not_found: [
    'The page or message does not exist.',
    '该页面或消息不存在。',
    '該頁面或訊息不存在。',
  ],
  error_unknown_channel: ['Unknown channel.', '没有该名称的通道。', '沒有該名稱的通道。'],
  error_not_dead: [
    'Only a dead message can be resent.',
    '只有已放弃的消息才能重新发送。',
    '只有已放棄的訊息才能重新傳送。',
  ],
  error_outdated: [
    'Newer alerts have replaced those of the message.',
    '其告警已有更新的状态，不能再发送较早的消息。',
    '其警示已有較新的狀態，不能再傳送較早的訊息。',
  ],
  error_removed: [
    'The robot of this message no longer serves its channel.',
    '此消息的机器人已不在该通道中，不能再发送。',
    '此訊息的機器人已不在該通道中，不能再傳送。',
  ],
  error_too_many: [
    'Too many requests. Try again in a minute.',
    '请求过于频繁，请一分钟后再试。',
    '請求過於頻繁，請一分鐘後再試。',
  ],
  error_too_large: ['The request is too large.', '请求内容过大。', '請求內容過大。'],
  error_unauthorized: [
    'Sign in with the admin token.',
    '请使用管理员令牌登录。',
    '請使用管理員權杖登入。',
  ],
  error_forbidden: [
    'The request was refused.',
    '请求被拒绝：来自其他站点的页面，或使用了本服务未知的主机名。请通过 IP 地址或 localhost 访问，或设置 external_url。',
    '請求遭拒：來自其他網站的頁面，或使用了本服務未知的主機名稱。請透過 IP 位址或 localhost 存取，或設定 external_url。',
  ],
  error_store_unavailable: [
    'The store is unavailable.',
    '存储暂时不可用，请稍后重试。',
    '儲存空間暫時無法使用，請稍後重試。',
  ],
  error_overloaded: [
    'Too many requests in progress.',
    '正在处理的请求过多，请稍后重试。',
    '正在處理的請求過多，請稍後重試。',
  ],
  error_shutting_down: ['The receiver is shutting down.', '本服务正在停止。', '本服務正在停止。'],
  error_internal: [
    'Internal error; see the log of the receiver.',
    '内部错误，详情见本服务的日志。',
    '內部錯誤，詳細資訊請見本服務的記錄檔。',
  ],
} as const
