import { firing, OCP_SAMPLES, type OcpSample, ocpBody } from './ocp-samples.ts'

/** One body as an operator's template produces it, with its Content-Type. */
export interface OcpBody {
  /** Also the name of the snapshot. */
  name: string
  body: string
  /** The bytes, if they are not the body in UTF-8. */
  bytes?: Uint8Array<ArrayBuffer>
  contentType?: string
}

const camel = (name: string): string =>
  name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

const json = (value: unknown): string => JSON.stringify(value)

const HOST = firing(OCP_SAMPLES[0] as OcpSample)
const STOPPED = firing(OCP_SAMPLES[1] as OcpSample)
const LOG = firing(OCP_SAMPLES.find((each) => each.alarm_type === 'ob_log_alarm') as OcpSample)

/** OCP's default message templates: text before 4.2.1, Markdown since, each for one alert. */
export const TEXT_EN = ocpBody(
  HOST,
  `OCP Alert Notification - Single Alert
- Name: \${alarm_name}
- Level: \${alarm_level}
- Alert target: \${alarm_target}
- Summary: \${alarm_summary}
- Generation time: \${alarm_active_at}
- Description: \${alarm_description}
- OCP URL: \${alarm_url}`,
)
export const MARKDOWN_ZH = ocpBody(
  { ...STOPPED, alarm_url: 'http://192.0.2.20:8080/alarm/event/190' },
  `### OCP 告警通知 \${alarm_name}
- 级别：\${alarm_level}
- 告警对象：\${alarm_target}
- 概述：\${alarm_summary}
- 生成时间：\${alarm_active_at}
- 详情：\${alarm_description}
- OCP 链接：\${alarm_url}`,
)
const COLOURED = ocpBody(
  { ...HOST, alarm_level_color: '#722ED1' },
  `<font color=\${alarm_level_color}>OCP Alert Notification - Single Alert</font>
> - Name: \${alarm_name}
> - Level: \${alarm_level}
> - Alert target: \${alarm_target}
> - Description: \${alarm_description}
[View in OCP](\${alarm_url})`,
)
const SEVERAL = `OCP告警通知-多条告警
- 名称：OBServer 进程停止
- 级别：严重
- 告警数量：3
- 聚合分组：ob_cluster=ob3245_ps-1731295860
- 告警对象：alarm_template_id=0:ob_cluster=ob3245_ps-1731295860:host=172.30.167.189
- 生成时间：2025-06-06T13:36:51.231+08:00`
const RECOVERY_EN = `[Alarm Recover Notification]
- Target service=OCP:svr_ip=192.0.2.20
- Details Not enough exporters: 6 expected, 5 found
- Recovered at 2020-12-03T09:50:12+08:00`
const RECOVERY_ZH = `【OCP 告警恢复通知】
- 告警对象：service=OCP:svr_ip=192.0.2.20
- 告警详情：exporter进程数量不够, 部署服务 OB_CLUSTER,OB_PROXY，预期exporter数量 6，实际exporter数量 5
- 恢复时间：2020-12-03T09:50:12+08:00`

/** A typical operator's template: JSON with quoted values. */
const JSON_TEMPLATE = `{
  "alarm_name": "\${alarm_name}",
  "alarm_type": "\${alarm_type}",
  "alarm_level": "\${alarm_level}",
  "alarm_target": "\${alarm_target}",
  "alarm_summary": "\${alarm_summary}",
  "alarm_description": "\${alarm_description}",
  "alarm_active_at": "\${alarm_active_at}"
}`

/** A few characters in GBK, which Node.js can decode but not encode. */
const GBK: ReadonlyMap<string, readonly number[]> = new Map([
  ['停', [0xcd, 0xa3]],
  ['服', [0xb7, 0xfe]],
  ['主', [0xd6, 0xf7]],
  ['机', [0xbb, 0xfa]],
])

function gbk(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...text].flatMap((each) => GBK.get(each) ?? [each.charCodeAt(0)]))
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text))
}

const STOPPED_HOST =
  '{"alarm_name":"主机停服","alarm_level":"停服","alarm_target":"host=192.0.2.11"}'
export const IN_GBK = gbk(STOPPED_HOST)

/** Every supported shape of a body. */
export const OCP_BODIES: readonly OcpBody[] = [
  { name: 'flat-snake-case', body: json(HOST), contentType: 'application/json' },
  {
    name: 'flat-camel-case',
    body: json(
      Object.fromEntries(Object.entries(HOST).map(([name, value]) => [camel(name), value])),
    ),
  },
  {
    name: 'flat-numbers-and-null',
    body: json({ ...HOST, alarm_level: 1, alarm_id: 187, value: 0, alarm_resolved_at: null }),
  },
  {
    name: 'old-names',
    body: json({
      alarm_type: 'no_enough_exporter',
      alarm_name: 'OCP exporter 进程数量不够',
      alarm_level: '停服',
      alarm_target: 'service=OCP',
      obregion: 'obcluster',
      obregion_group: 'prod',
      tenant_name: 'sys',
      svr_ip: '192.0.2.20',
      alarm_active_at: '2020-12-03 09:44:04',
    }),
  },
  {
    name: 'recovered-after-a-duration',
    body: json({
      ...STOPPED,
      alarm_status: '已消除',
      alarm_resolved_at: undefined,
      alarm_last_interval: '363',
    }),
  },
  { name: 'json-broken-by-raw-values', body: ocpBody(LOG, JSON_TEMPLATE) },
  {
    name: 'json-broken-by-every-kind',
    body: ocpBody(
      {
        ...LOG,
        alarm_name: 'name with "quotes", comma',
        alarm_summary: '"begins with a quote',
        alarm_description: 'C:\\ob\\log {"ret": -4216, "url": "x"}\r\n\tsecond "line"\nends with "',
      },
      JSON_TEMPLATE,
    ),
  },
  {
    name: 'dingtalk-text',
    body: json({
      msgtype: 'text',
      text: { content: TEXT_EN },
      at: { atMobiles: ['13800000000'], isAtAll: false },
    }),
  },
  {
    name: 'dingtalk-text-raw',
    body: `{"msgtype": "text ","text": {"content":"${TEXT_EN}"},"at":{"atMobiles":\${recipients_json_array},"isAtAll":false}}`,
  },
  {
    name: 'dingtalk-markdown',
    body: json({
      msgtype: 'markdown',
      markdown: { title: 'OBServer 进程停止', text: MARKDOWN_ZH },
      at: { atUserIds: ['u1'], isAtAll: true },
    }),
  },
  {
    name: 'dingtalk-markdown-content',
    body: `{"msgtype": "markdown","markdown": {"content":"${MARKDOWN_ZH}","title":"OBServer 进程停止"}}`,
    contentType: 'application/json; charset=utf-8',
  },
  {
    name: 'dingtalk-message-json',
    body: `{"msgtype":"text","text":{"content":${json(TEXT_EN)}},"at":{"atMobiles":["13800000000"],"isAtAll":true}}`,
  },
  {
    name: 'dingtalk-link',
    body: json({
      msgtype: 'link',
      link: { title: 'OB down', text: 'look here', messageUrl: 'http://192.0.2.20:8080/alarm' },
    }),
  },
  {
    name: 'dingtalk-action-card',
    body: json({
      msgtype: 'actionCard',
      actionCard: {
        title: 'OB down',
        text: '### OB down\nzone1 is gone',
        btns: [
          { title: 'Look', actionURL: 'http://192.0.2.20:8080/alarm' },
          { title: 'Runbook', actionURL: 'http://wiki/ob' },
        ],
      },
    }),
  },
  { name: 'message', body: json({ message: TEXT_EN }) },
  { name: 'message-raw', body: `{"message": "${MARKDOWN_ZH}"}` },
  { name: 'message-coloured', body: json({ message: COLOURED }) },
  { name: 'message-of-several', body: json({ message: SEVERAL }) },
  { name: 'message-recovery-en', body: json({ message: RECOVERY_EN }) },
  { name: 'message-recovery-zh', body: json({ message: RECOVERY_ZH }) },
  {
    name: 'message-of-your-own',
    body: json({ message: '数据库 ob4253_A 挂了\n请 @值班 处理' }),
  },
  {
    name: 'message-in-json-form',
    body: `{"message": ${json(json({ alarm_name: 'a rule', alarm_level: 'Critical', alarm_target: 'host=192.0.2.1' }))}}`,
  },
  { name: 'text', body: json({ text: 'OB cluster ob4253_A: no answer' }) },
  {
    name: 'wecom-text',
    body: json({
      msgtype: 'text',
      text: {
        content: 'OB cluster ob4253_A: no answer',
        mentioned_list: ['wangqing', '@all'],
        mentioned_mobile_list: ['13800001111'],
      },
    }),
  },
  {
    name: 'wecom-markdown',
    body: json({ msgtype: 'markdown', markdown: { content: MARKDOWN_ZH } }),
  },
  { name: 'feishu-text', body: json({ msg_type: 'text', content: { text: TEXT_EN } }) },
  {
    name: 'feishu-post',
    body: json({
      msg_type: 'post',
      content: {
        post: {
          zh_cn: {
            title: 'OB 告警',
            content: [
              [
                { tag: 'text', text: '集群 ob4253_A 无响应 ' },
                { tag: 'a', text: '查看', href: 'http://192.0.2.20:8080/alarm/event/187' },
              ],
              [{ tag: 'at', user_id: 'ou_18eac8', user_name: '值班' }],
            ],
          },
        },
      },
    }),
  },
  {
    name: 'feishu-card',
    body: json({
      msg_type: 'interactive',
      card: {
        header: { title: { tag: 'plain_text', content: 'OB 告警' }, template: 'red' },
        elements: [
          {
            tag: 'div',
            text: { tag: 'lark_md', content: '**集群** ob4253_A 无响应 <at id=all></at>' },
          },
          { tag: 'hr' },
          {
            tag: 'action',
            actions: [
              {
                tag: 'button',
                text: { tag: 'plain_text', content: '查看' },
                url: 'http://192.0.2.20:8080/alarm/event/187',
              },
            ],
          },
        ],
      },
    }),
  },
  {
    name: 'form-encoded',
    body: new URLSearchParams(HOST).toString(),
    contentType: 'application/x-www-form-urlencoded',
  },
  {
    name: 'form-raw',
    body: ocpBody(
      { ...LOG, alarm_description: 'url="http://x/?a=1&b=2" 100% of 5' },
      'alarm_type=${alarm_type}&alarm_name=${alarm_name}&alarm_level=${alarm_level}&alarm_target=${alarm_target}&alarm_description=${alarm_description}',
    ),
    contentType: 'application/x-www-form-urlencoded',
  },
  {
    name: 'lines',
    body: ocpBody(
      LOG,
      'alarm_name = ${alarm_name}\nalarm_level = ${alarm_level}\nalarm_target = ${alarm_target}\nalarm_description = ${alarm_description}\nalarm_active_at = ${alarm_active_at}',
    ),
  },
  { name: 'recommended', body: ocpBody({ ...LOG, message_json: json('see there') }) },
  {
    name: 'recommended-in-one-line',
    body: ocpBody({ ...HOST, message_json: json(TEXT_EN) }).replaceAll('\n', ''),
  },
  {
    name: 'recommended-where-only-the-message-is-known',
    body: ocpBody({ message_json: json(RECOVERY_ZH) }),
  },
  { name: 'plain-text', body: 'OB cluster ob4253_A: no answer since 15:01' },
  { name: 'plain-text-of-ocp', body: MARKDOWN_ZH },
  { name: 'html', body: '<html><body>proxy error</body></html>', contentType: 'text/html' },
  {
    name: 'utf-8-with-byte-order-mark',
    body: json(STOPPED),
    bytes: utf8(`\ufeff${json(STOPPED)}`),
  },
  {
    name: 'gbk',
    body: STOPPED_HOST,
    bytes: IN_GBK,
    contentType: 'application/json; charset=GBK',
  },
  { name: 'nested', body: json({ event: { id: 7 }, alarm: { ...STOPPED } }) },
  { name: 'json-that-tells-nothing-known', body: json({ event: 'x', host_count: 3 }) },
  { name: 'test-message', body: json({ message: 'OCP alert test message', alarm_type: '_test' }) },
  {
    name: 'test-message-with-nothing-resolved',
    body: `{"alarm_name":"\${alarm_name}","alarm_level":"\${alarm_level}","alarm_target":"\${alarm_target}","message":"_test"}`,
  },
]
