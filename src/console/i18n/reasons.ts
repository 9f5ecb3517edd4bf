/** Named reasons as the log and the metrics have them; `suppress_`, `rest_`, `pause_` and `verdict_` stand in front. */
export const REASONS = {
  suppress_aggregated: ['told already in this period', '本聚合周期内已通知', '本聚合週期內已通知'],
  suppress_outdated: ['older than what was told of it', '早于已通知的状态', '早於已通知的狀態'],
  suppress_resolved_off: [
    'recoveries are off (send_resolved)',
    '未启用恢复通知（send_resolved）',
    '未啟用恢復通知（send_resolved）',
  ],
  suppress_repeated: ['a repeat of the same request', '同一请求的重复', '同一請求的重複'],
  suppress_removed: [
    'its channel or robot was removed from the configuration',
    '其通道或机器人已从配置中移除',
    '其通道或機器人已從設定中移除',
  ],
  rest_paused: ['the robot rests', '机器人静默中', '機器人靜默中'],
  rest_no_call_left: [
    'the next call is free a little later',
    '稍后才有可用的调用次数',
    '稍後才有可用的呼叫次數',
  ],
  rest_collecting: [
    'more is collected for one message',
    '正在汇集更多告警，合为一条',
    '正在彙集更多警示，合為一則',
  ],
  rest_retrying: ['it is tried again', '将会重试', '將會重試'],
  rest_push_limit: ['the push limit is reached', '已达推送上限', '已達推送上限'],
  rest_quota: ['the monthly quota is kept', '为本月配额留量', '為本月配額留量'],
  pause_throttled: ['DingTalk throttled it', '被钉钉限流', '被釘釘限流'],
  pause_unreachable: ['DingTalk cannot be reached', '无法连接钉钉', '無法連線釘釘'],
  pause_rejected: [
    'DingTalk refuses its messages; others of the pool go on',
    '钉钉拒绝其消息，池中其他机器人继续',
    '釘釘拒絕其訊息，池中其他機器人繼續',
  ],
  verdict_ok: ['DingTalk accepted it.', '钉钉已接受。', '釘釘已接受。'],
  verdict_throttled: [
    'DingTalk throttles the robot: it rests for the penalty, then what waited goes out.',
    '钉钉对该机器人限流：静默期过后，等待的告警会合并发出。',
    '釘釘對該機器人限流：靜默期過後，等待的警示會合併發出。',
  ],
  verdict_busy: [
    'DingTalk is busy; it is tried again.',
    '钉钉繁忙，将会重试。',
    '釘釘忙碌，將會重試。',
  ],
  verdict_timeout: [
    'There was no answer in time; it is tried again.',
    '超时未答复，将会重试。请检查到钉钉的网络与代理。',
    '逾時未答覆，將會重試。請檢查到釘釘的網路與代理。',
  ],
  verdict_network: [
    'The connection failed; it is tried again.',
    '连接失败，将会重试。请检查域名解析、网络与代理。',
    '連線失敗，將會重試。請檢查網域解析、網路與代理。',
  ],
  verdict_proxy: [
    'The proxy did not open a way to DingTalk.',
    '代理未能连通钉钉。请检查机器人的 proxy 及其用户名与密码。',
    '代理未能連通釘釘。請檢查機器人的 proxy 及其使用者名稱與密碼。',
  ],
  verdict_tls: [
    'TLS failed; it is tried again, and never without it.',
    'TLS 失败，将会重试，绝不降级为明文。请检查中间设备与受信任的证书。',
    'TLS 失敗，將會重試，絕不降級為明文。請檢查中間設備與受信任的憑證。',
  ],
  verdict_server_error: [
    'The server failed; it is tried again.',
    '服务器出错，将会重试。',
    '伺服器出錯，將會重試。',
  ],
  verdict_unreadable: [
    "The answer is not DingTalk's, but probably a proxy's.",
    '答复不是钉钉的，可能来自代理或限流页面。请检查 webhook 与 proxy。',
    '答覆不是釘釘的，可能來自代理或限流頁面。請檢查 webhook 與 proxy。',
  ],
  verdict_unknown: [
    'The answer is not known here, so it is no success.',
    '无法识别的答复，不视为成功。',
    '無法識別的答覆，不視為成功。',
  ],
  verdict_too_long: [
    'DingTalk finds the message too long; its alerts are told in smaller ones.',
    '钉钉认为消息过长，其告警将拆成更小的消息发送。',
    '釘釘認為訊息過長，其警示將拆成更小的訊息傳送。',
  ],
  verdict_token: [
    'DingTalk does not know the access token: copy the webhook from the robot again.',
    '钉钉不认识该 access token：机器人已被移除或 webhook 有误，请重新复制 webhook。',
    '釘釘不認識該 access token：機器人已被移除或 webhook 有誤，請重新複製 webhook。',
  ],
  verdict_signature: [
    "The signature is refused: compare `secret` and this machine's clock with the robot's settings.",
    '签名被拒绝：请核对 secret（SEC…）以及本机时钟。',
    '簽名被拒絕：請核對 secret（SEC…）以及本機時鐘。',
  ],
  verdict_keyword: [
    "The message holds none of the robot's keywords: set `keywords`.",
    '消息不含机器人的自定义关键词：请设置 keywords。',
    '訊息不含機器人的自訂關鍵詞：請設定 keywords。',
  ],
  verdict_address: [
    "This address is not in the robot's IP list.",
    '本机出口地址不在机器人的 IP 白名单中。',
    '本機出口位址不在機器人的 IP 白名單中。',
  ],
  verdict_group: [
    'The robot is stopped or gone from its group.',
    '机器人已停用、已移出群，或群已解散。',
    '機器人已停用、已移出群，或群已解散。',
  ],
  verdict_content: [
    "DingTalk's content moderation refuses the text.",
    '钉钉内容审核拒绝了文字或其中的链接。',
    '釘釘內容審核拒絕了文字或其中的連結。',
  ],
  verdict_quota: [
    "The month's quota of calls is used up.",
    '本月调用配额已用完。',
    '本月呼叫配額已用完。',
  ],
  verdict_request: [
    'DingTalk does not understand the request: is the webhook complete?',
    '钉钉不理解该请求：请检查 webhook 是否完整、代理是否改动内容。',
    '釘釘不理解該請求：請檢查 webhook 是否完整、代理是否改動內容。',
  ],
  verdict_redirect: [
    'The webhook leads elsewhere; redirects are not followed.',
    'webhook 跳转到别处；为保护令牌不予跟随，请填写最终地址。',
    'webhook 跳轉到別處；為保護權杖不予跟隨，請填寫最終位址。',
  ],
  verdict_verification: [
    'The answer is not what `expect` asks for.',
    '答复不符合 expect 的要求。',
    '答覆不符合 expect 的要求。',
  ],
} as const
