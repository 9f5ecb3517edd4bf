/** How DingTalk or the network handles one call. */
export interface Reply {
  name: string
  status: number
  body: string
  /** The group is shown the message, even if the reply is lost. */
  takes?: boolean
  /** Starts a penalty for the robot, or for all robots behind its address. */
  silences?: 'robot' | 'address'
  /** The caller gets no reply: a timeout or a broken connection. */
  mute?: 'timeout' | 'reset'
  /** The request did not arrive. */
  unreached?: { code: string }
  /** The message may become dead. */
  kills?: 'at once' | 'in the end'
}

const json = (errcode: number | string, errmsg: string): { status: number; body: string } => ({
  status: 200,
  body: JSON.stringify({ errcode, errmsg }),
})
const page = (status: number, text: string): { status: number; body: string } => ({
  status,
  body: `<html><body>${text}</body></html>`,
})
const security = (fault: string) => json(310000, `错误描述:${fault};解决方案:请联系群管理员;`)
const limiter = '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"0a67"}'

const passing: Reply[] = [
  { name: 'busy', ...json(-1, '系统繁忙') },
  { name: 'qps', ...json(90018, '您的服务器调用钉钉开放平台接口的QPS超过限制') },
  { name: 'global qps', ...json(90002, '请求被暂时禁用') },
  { name: '500', ...page(500, 'Internal Server Error') },
  { name: '502', ...page(502, 'Bad Gateway') },
  { name: '502 taken', ...page(502, 'Bad Gateway'), takes: true },
  { name: '503', ...page(503, 'Service Unavailable') },
  { name: '504 taken', ...page(504, 'Gateway Timeout'), takes: true },
  { name: 'refused', status: 0, body: '', unreached: { code: 'ECONNREFUSED' } },
  { name: 'no name', status: 0, body: '', unreached: { code: 'ENOTFOUND' } },
  { name: 'name later', status: 0, body: '', unreached: { code: 'EAI_AGAIN' } },
  { name: 'TLS', status: 0, body: '', unreached: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } },
  { name: 'no way', status: 0, body: '', unreached: { code: 'UND_ERR_CONNECT_TIMEOUT' } },
  { name: 'silence', status: 0, body: '', mute: 'timeout' },
  { name: 'silence, taken', status: 0, body: '', mute: 'timeout', takes: true },
  { name: 'reset', status: 0, body: '', mute: 'reset' },
  { name: 'reset, taken', status: 0, body: '', mute: 'reset', takes: true },
]

const throttles: Reply[] = [
  { name: '660026', ...json(660026, 'sending too many messages per minute'), silences: 'robot' },
  { name: '410100', ...json(410100, '发送速度太快而限流'), silences: 'robot' },
  {
    name: '130101',
    ...json(130101, 'send too fast, exceed 20 times per minute'),
    silences: 'robot',
  },
  {
    name: '1111 with 130101',
    status: 200,
    body: limiter.replace('}', ',"errcode":130101,"errmsg":"send too fast"}'),
    silences: 'robot',
  },
  { name: '1111', status: 200, body: limiter, silences: 'address' },
  { name: '1111 as a page', ...page(200, limiter), silences: 'address' },
]

/** Permanent refusals. */
const refusals: Reply[] = [
  { name: '300005', ...json(300005, 'token is not exist') },
  { name: '300001', ...json(300001, 'token is not exist') },
  { name: '400101', ...json(400101, 'access_token不存在') },
  { name: '400102', ...json(400102, '机器人已停用') },
  { name: '400106', ...json(400106, '机器人不存在') },
  { name: '400013', ...json(400013, '群已被解散') },
  { name: 'keywords', ...json(310000, 'keywords not in content') },
  { name: 'keywords in Chinese', ...security('关键词不匹配') },
  { name: 'sign', ...security('签名不匹配') },
  { name: 'time', ...security('timestamp 无效') },
  { name: 'ip', ...json(310000, 'ip 1.2.3.4 not in whitelist') },
  { name: 'parameter', ...json(40035, '缺少参数 json') },
  { name: 'method', ...json(43002, '需要POST请求') },
  { name: 'type of content', ...json(43004, '无效的HTTP HEADER Content-Type') },
  { name: 'type', ...json(400105, '不支持的消息类型') },
  { name: 'text', ...json(400403, 'miss param : markdown->text') },
  { name: 'link', ...json(430101, '含有不安全的外链') },
  { name: 'words', ...json(430102, '含有不合适的文本') },
  { name: 'month', ...json(90030, 'webhook over limit') },
  { name: 'month of all', ...json(90020, '您的企业本月api调用量已超过限制') },
  { name: '88', ...json(88, '鉴权异常') },
  { name: '22', ...json(22, 'Invalid method') },
  { name: 'redirect', ...page(302, 'elsewhere') },
].map((each): Reply => ({ ...each, kills: 'at once' }))

const unreadable: Reply[] = [
  { name: 'code of tomorrow', ...json(999_999, 'unheard of'), kills: 'in the end' },
  { name: 'empty object', status: 200, body: '{}', kills: 'in the end' },
  { name: 'login page', ...page(200, 'Welcome to the hotel'), kills: 'in the end' },
  { name: 'login page, taken', ...page(200, 'Welcome'), takes: true, kills: 'in the end' },
  { name: '403 of a proxy', ...page(403, 'Forbidden'), kills: 'in the end' },
]

/** Only before a message was accepted, since its length does not change. */
const tooLong: Reply[] = [
  { name: '460101', ...json(460101, 'message too long, exceed 20000 bytes'), kills: 'at once' },
  { name: '101002', ...json(101002, 'message is too long'), kills: 'at once' },
]

export const OK: Reply = { name: 'ok', ...json(0, 'ok') }
export const OK_AS_TEXT: Reply = { name: 'ok as text', ...json('0', 'ok') }
export const TOO_MANY: Reply = throttles[0] as Reply
export const NO_TOKEN: Reply = refusals[0] as Reply

/** The model's replies by name, in groups from which histories draw. */
export const REPLIES = { passing, throttles, refusals, unreadable, tooLong } as const

const BY_NAME = new Map(
  Object.values(REPLIES)
    .flat()
    .map((reply) => [reply.name, reply]),
)

export function replyNamed(name: string): Reply {
  const reply = BY_NAME.get(name)
  if (reply === undefined) throw new Error(`no reply is named ${name}`)
  return reply
}

export function isTooLong(reply: Reply): boolean {
  return tooLong.includes(reply)
}
