/** Reasons as in the log and the metrics, with the prefix `suppress_`, `wait_`, `pause_`, `verdict_` or `error_`. */
export const REASONS = {
  suppress_aggregated: [
    'already delivered in this period',
    '本聚合周期内已通知',
    '本聚合週期內已通知',
  ],
  suppress_outdated: ['older than what was delivered', '早于已通知的状态', '早於已通知的狀態'],
  suppress_resolved_off: [
    'recovery notifications are off (send_resolved)',
    '未启用恢复通知（send_resolved）',
    '未啟用恢復通知（send_resolved）',
  ],
  suppress_muted: ['muted', '已免打扰', '已設為勿擾'],
  suppress_repeated: ['a repeat of the same request', '重复的请求', '重複的請求'],
  suppress_removed: [
    'its channel or robot was removed from the configuration',
    '其通道或机器人已从配置中移除',
    '其通道或機器人已從設定中移除',
  ],
  wait_paused: ['the robot is paused', '机器人已暂停', '機器人已暫停'],
  wait_no_call_left: [
    'calls are spread over the window, and some are kept for Down and Critical alerts',
    '调用已分摊到整个窗口，并为停服和严重告警预留了一部分',
    '呼叫已分攤到整個時段，並為停服和嚴重警示預留了一部分',
  ],
  wait_no_call_free: [
    'all calls of the window are used',
    '窗口内的调用已用完',
    '時段內的呼叫已用完',
  ],
  wait_collecting: [
    'collecting more alerts for one message',
    '正在收集更多告警，合并为一条消息',
    '正在收集更多警示，合併為一則訊息',
  ],
  wait_retrying: ['waiting for the retry', '等待重试', '等待重試'],
  wait_push_limit: ['push limit reached', '已达推送上限', '已達推播上限'],
  wait_quota: ['saving the monthly quota', '为节省本月配额而等待', '為節省本月配額而等待'],
  pause_throttled: ['throttled by DingTalk', '被钉钉限流', '遭釘釘限流'],
  pause_unreachable: ['DingTalk is unreachable', '无法连接钉钉', '無法連線至釘釘'],
  pause_by_hand: ['paused by hand', '已手动暂停', '已手動暫停'],
  pause_rejected: [
    'DingTalk rejects its messages; the other robots of the pool continue',
    '钉钉拒绝其消息，由池中其他机器人发送',
    '釘釘拒絕其訊息，由集區中其他機器人傳送',
  ],
  gaveUp: ['Given up after repeated failures.', '多次失败后已放弃。', '多次失敗後已放棄。'],
  verdict_ok: ['Accepted by DingTalk.', '钉钉已接收。', '釘釘已接收。'],
  verdict_throttled: [
    'DingTalk throttles the robot: it pauses for the penalty, then the waiting alerts are sent.',
    '机器人被钉钉限流，已暂停发送；恢复后合并发送等待的告警。',
    '機器人遭釘釘限流，已暫停傳送；恢復後合併傳送等待的警示。',
  ],
  verdict_busy: ['DingTalk is busy; will retry.', '钉钉繁忙，将会重试。', '釘釘忙碌，將會重試。'],
  verdict_timeout: [
    'No answer in time; will retry.',
    '请求超时，将会重试。请检查到钉钉的网络与代理。',
    '請求逾時，將會重試。請檢查通往釘釘的網路與代理伺服器。',
  ],
  verdict_network: [
    'The connection failed; will retry.',
    '连接失败，将会重试。请检查域名解析、网络与代理。',
    '連線失敗，將會重試。請檢查 DNS 解析、網路與代理伺服器。',
  ],
  verdict_proxy: [
    'The proxy cannot reach DingTalk.',
    '代理无法连接钉钉。请检查机器人的 proxy 及其用户名与密码。',
    '代理伺服器無法連線至釘釘。請檢查機器人的 proxy 及其使用者名稱與密碼。',
  ],
  verdict_tls: [
    'The TLS handshake failed; will retry, never without TLS.',
    'TLS 握手失败，将会重试，不会降级为明文。请检查中间设备与受信任的证书。',
    'TLS 交握失敗，將會重試，不會降級為明文。請檢查中間設備與受信任的憑證。',
  ],
  verdict_server_error: [
    'DingTalk or a proxy failed; will retry.',
    '钉钉或代理服务器出错，将会重试。',
    '釘釘或代理伺服器發生錯誤，將會重試。',
  ],
  verdict_unreadable: [
    "The answer is not DingTalk's, but probably from a proxy.",
    '返回内容并非来自钉钉，可能来自代理或拦截页面。请检查 Webhook 与 proxy。',
    '回應並非來自釘釘，可能來自代理伺服器或攔截頁面。請檢查 Webhook 與 proxy。',
  ],
  verdict_unknown: [
    'Unknown answer; not treated as a success.',
    '无法识别的返回结果，按失败处理。',
    '無法識別的回應，視為失敗。',
  ],
  verdict_too_long: [
    'Too long for DingTalk; the alerts are sent in smaller messages.',
    '消息超出钉钉的长度限制，将拆分后发送。',
    '訊息超出釘釘的長度限制，將拆分後傳送。',
  ],
  verdict_token: [
    'DingTalk does not know the access token: copy the webhook from the robot again.',
    'access token 无效：机器人已被移除或 Webhook 有误，请重新复制 Webhook。',
    'access token 無效：機器人已被移除或 Webhook 有誤，請重新複製 Webhook。',
  ],
  verdict_signature: [
    "Wrong signature: check `secret` and this machine's clock.",
    '签名错误：请核对 secret（SEC…）和本机时钟。',
    '簽章錯誤：請核對 secret（SEC…）和本機時鐘。',
  ],
  verdict_keyword: [
    "The message contains none of the robot's keywords: set `keywords`.",
    '消息不含机器人的自定义关键词：请设置 keywords。',
    '訊息不含機器人的自訂關鍵字：請設定 keywords。',
  ],
  verdict_address: [
    "This machine's address is not in the robot's IP list.",
    '本机出口地址不在机器人的 IP 白名单中。',
    '本機對外位址不在機器人的 IP 允許清單中。',
  ],
  verdict_group: [
    'The robot is disabled or removed from the group, or the group is disbanded.',
    '机器人已停用、已移出群，或群已解散。',
    '機器人已停用、已移出群組，或群組已解散。',
  ],
  verdict_content: [
    "DingTalk's content moderation rejected the text.",
    '文字或链接未通过钉钉内容审核。',
    '文字或連結未通過釘釘內容審查。',
  ],
  verdict_quota: [
    "The month's quota of calls is used up.",
    '本月调用配额已用完。',
    '本月呼叫配額已用完。',
  ],
  verdict_request: [
    'DingTalk rejects the request as malformed: check the webhook and the proxy.',
    '钉钉认为请求格式有误：请检查 Webhook 是否完整、代理是否改动了内容。',
    '釘釘認為請求格式有誤：請檢查 Webhook 是否完整、代理伺服器是否更動了內容。',
  ],
  verdict_redirect: [
    'The webhook redirects elsewhere; redirects are not followed.',
    'Webhook 被重定向到其他地址；为保护令牌不跟随重定向，请填写最终地址。',
    'Webhook 被重新導向至其他位址；為保護權杖不跟隨重新導向，請填寫最終位址。',
  ],
  verdict_verification: [
    'The answer does not match `expect`.',
    '返回结果不符合 expect 的要求。',
    '回應不符合 expect 的要求。',
  ],
} as const
