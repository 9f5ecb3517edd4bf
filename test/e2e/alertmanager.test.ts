import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { needs } from '../support/program.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

/** A real Alertmanager that sends to `url`. */
async function startAlertmanager(folder: string, url: string) {
  const port = await freePort()
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(
    config,
    `route: { receiver: dingtalk, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: dingtalk
    webhook_configs: [{ url: "${url}", send_resolved: true }]
`,
  )
  const child = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'am')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  )
  const base = `http://127.0.0.1:${port}`
  await until(
    'alertmanager is ready',
    async () => (await fetch(`${base}/-/ready`).catch(() => undefined))?.ok,
  )
  return {
    async post(alerts: object[]): Promise<void> {
      const response = await fetch(`${base}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(alerts),
      })
      assert.equal(response.status, 200, await response.text())
    },
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

describe('a real Alertmanager', needs('prometheus-alertmanager', 'prometheus-alertmanager'), () => {
  for (const path of ['/alertmanager/ops', '/dingtalk/ops/send'])
    test(`at ${path}: each alert is delivered once and in order, across a restart of the receiver`, async () => {
      using folder = temporaryFolder()
      await using dingtalk = await startStandIn()
      const config = `robots: { ops-1: { webhook: "${dingtalk.url('t')}" } }\nchannels: { ops: { robots: [ops-1] } }\n`
      await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
      await receiver.start()
      await using alertmanager = await startAlertmanager(folder.path, receiver.url + path)
      const labels = { alertname: 'HighLoad', severity: 'critical', instance: 'db-1' }
      const other = { ...labels, alertname: 'DiskFull' }
      const startsAt = new Date(Date.now() - 60_000).toISOString()

      await alertmanager.post([{ labels, startsAt }])
      await until('the first alert is delivered', () => dingtalk.shown().length === 1)
      assert.equal(await receiver.end('SIGTERM'), 0)
      await alertmanager.post([{ labels: other, startsAt }])
      await receiver.start()
      await until('the second alert is delivered', () => dingtalk.shown().length === 2)
      await alertmanager.post([
        { labels, startsAt, endsAt: new Date(Date.now() - 1_000).toISOString() },
      ])
      await until('the recovery is delivered', () => dingtalk.shown().length === 3)

      const titles = dingtalk
        .shown()
        .reverse()
        .map((each) => each.title)
      assert.match(titles[0] as string, /^🔴 Critical HighLoad · db-1$/)
      assert.match(titles[1] as string, /^🔴 Critical DiskFull · db-1$/)
      assert.match(titles[2] as string, /^✅ Resolved HighLoad · db-1$/)
      assert.equal(new Set(dingtalk.shown().map((each) => each.uuid)).size, 3)
    })
})
