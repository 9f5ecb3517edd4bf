import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { OCP_SAMPLES, ocpBody, RECOMMENDED_BODY, summaryOf } from '../support/ocp-samples.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

describe("OCP's HTTP channel", () => {
  test('the documents recommend the tested body', () => {
    for (const path of ['README', 'README.zh-CN', 'deploy/ocp/README', 'deploy/ocp/README.zh-CN']) {
      const text = readFileSync(new URL(`../../${path}.md`, import.meta.url), 'utf8')
      assert.ok(text.includes(`\n\`\`\`text\n${RECOMMENDED_BODY}\n\`\`\`\n`), path)
    }
  })

  test('all sample alerts reach the group once, with every value', async () => {
    using folder = temporaryFolder()
    await using dingtalk = await startStandIn({
      robots: { t: { limits: { messages: 1000, perMs: 60_000, penaltyMs: 1 } } },
    })
    const config = `robots: { ops-1: { webhook: "${dingtalk.url('t')}", limits: { messages: 1000, per: 60s } } }\nchannels: { ops: { robots: [ops-1] } }\n`
    await using receiver = await new Receiver({
      folder: folder.path,
      port: await freePort(),
      config,
    }).start()
    const unresolved = {
      alarm_resolved_at: '',
      alarm_status: 'Active',
      alarm_id: '',
      alarm_url: '',
    }
    for (const sample of OCP_SAMPLES) {
      const body = ocpBody({ ...unresolved, alarm_summary: summaryOf(sample), ...sample })
      // OCP repeats and retries; neither is delivered again.
      for (const _ of [1, 2]) {
        const reply = await receiver.post('/ocp/ops', body, { 'Content-Type': 'text/plain' })
        assert.equal(await reply.text(), '{"errcode":0,"errmsg":"ok"}')
      }
    }
    type Listed = { alerts: { state: string; level: number }[] }
    const alerts = await until('all are delivered', async () => {
      const listed = await receiver.json<Listed>('/api/v1/alerts')
      return listed.alerts.every((each) => each.state === 'sent') && listed.alerts
    })
    assert.deepEqual(
      alerts.map((each) => each.level).reverse(),
      OCP_SAMPLES.map((sample) => sample.level),
    )
    const said = dingtalk
      .shown()
      .map((each) => each.text)
      .join('\n')
    for (const sample of OCP_SAMPLES) {
      assert.ok(said.includes(sample.alarm_name), sample.alarm_name)
      const target = sample.alarm_target.replace(/\[/g, '\\[')
      assert.ok(said.includes(target), `${target} in ${said}`)
      // Each line of the description is present, apart from Markdown escapes.
      const plain = said.replace(/\\(?=[!-/:-@[-`{-~])/g, '')
      for (const line of sample.alarm_description.split('\n')) assert.ok(plain.includes(line), line)
    }
    const recovered = dingtalk.shown().find((each) => each.text.includes('exporter进程数量不够'))
    assert.match(recovered?.text ?? '', /Recovered at: 2020-12-03T09:50:12\+08:00/)
  })
})
