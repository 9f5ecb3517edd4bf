import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startAlertmanager } from '../support/alertmanager.ts'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { needs } from '../support/program.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'

describe('a real Alertmanager', needs('prometheus-alertmanager', 'prometheus-alertmanager'), () => {
  for (const path of ['/alertmanager/ops', '/dingtalk/ops/send'])
    test(`at ${path}: each alert is delivered once and in order, across a restart of the receiver`, async () => {
      using folder = temporaryFolder()
      await using dingtalk = await startStandIn()
      const config = `robots: { ops-1: { webhook: "${dingtalk.url('t')}" } }\nchannels: { ops: { robots: [ops-1] } }\n`
      await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
      await receiver.start()
      await using alertmanager = await startAlertmanager(folder.path, {
        url: receiver.url + path,
      })
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
