import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { configurationFor } from '../../src/http/other-receivers.ts'

const SECRET = '0123456789abcdef'
const DINGTALK = `https://oapi.dingtalk.com/robot/send?access_token=${SECRET}`

test('requests to paths of other receivers are answered with the configuration that replaces them', () => {
  const query = `type=dd&tpl=prometheus-dd&ddurl=${DINGTALK},${DINGTALK}2&at=13800000000,13900000000,x"]}`
  const answer = configurationFor('/prometheusalert', query) ?? ''
  const config = parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1))
  assert.deepEqual(config, {
    robots: { 'ops-1': { webhook: '…' }, 'ops-2': { webhook: '…' } },
    channels: {
      ops: { robots: ['ops-1', 'ops-2'], mention: { mobiles: ['13800000000', '13900000000'] } },
    },
  })
  assert.match(answer, /PrometheusAlert.*address in ddurl.*\/alertmanager\/ops/)
  assert.match(
    configurationFor('/prometheusalert', `${query}&rr=true`) ?? '',
    /robots: \[ops-1, ops-2\], mode: pool, mention/,
  )
  for (const alone of [`type=dd&ddurl=${DINGTALK}&rr=true`, `${query}&rr=false`])
    assert.doesNotMatch(configurationFor('/prometheusalert', alone) ?? '', /pool/)
  assert.match(
    configurationFor('/prometheus/alert', '') ?? '',
    /PrometheusAlert.*robots: \[ops-1\].*address in its own settings/,
  )
  assert.match(
    configurationFor('/prometheus/router', `wxurl=https://x&ddurl=${DINGTALK}`) ?? '',
    /PrometheusAlert.*robots: \[ops-1\].*address in ddurl.*\/alertmanager\/ops/,
  )
  const adapter = configurationFor('/webhook/send', `channel_type=dingtalk&token=${SECRET}`) ?? ''
  assert.match(adapter, /alertmanager-webhook-adapter.*value of token/)
  const group = configurationFor('/prometheusalert', 'type=dd&tpl=prometheus-dd&alertgroup=dba')
  assert.match(group ?? '', /"…" is the robot's address in its own settings/)
  for (const each of [answer, adapter]) assert.ok(!each.includes(SECRET))
})

test('a request that is not for DingTalk, or to any other path, gets no configuration', () => {
  assert.match(
    configurationFor('/prometheusalert', 'type=fs&fsurl=x') ?? '',
    /posts only to DingTalk/,
  )
  assert.match(configurationFor('/prometheus/router', 'wxurl=x') ?? '', /posts only to DingTalk/)
  assert.equal(configurationFor('/prometheusalerts', 'type=dd'), undefined)
  assert.equal(configurationFor('/', ''), undefined)
  const many = configurationFor('/prometheusalert', `type=dd&ddurl=${'https://x,'.repeat(9_999)}`)
  assert.ok((many ?? '').length < 2_000)
})
