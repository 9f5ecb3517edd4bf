import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { startStandIn } from '../support/dingtalk-stand-in.ts'
import { freePort, Receiver, temporaryFolder } from '../support/receiver.ts'

test("an upgrade keeps the calls counted under a webhook's address", async () => {
  using folder = temporaryFolder()
  await using dingtalk = await startStandIn()
  const options = {
    folder: folder.path,
    port: await freePort(),
    config: `robots: { r: { webhook: "${dingtalk.url('t')}" } }\nchannels: { ops: { robots: [r] } }\n`,
  }
  {
    await using earlier = await new Receiver(options).start()
    await earlier.end()
  }
  const former = createHash('sha256').update(`${dingtalk.origin}/robot/sendt`).digest('hex')
  const database = new DatabaseSync(join(folder.path, 'data', 'receiver.db'))
  const now = Date.now()
  const call = database.prepare('INSERT INTO calls (key, at, until, month) VALUES (?, ?, ?, ?)')
  for (let i = 0; i < 20; i += 1) call.run(former.slice(0, 16), now, now, '2026-11')
  database.close()

  await using receiver = await new Receiver(options).start()
  type Status = { robots: { r: { calls_left: number } } }
  const { robots } = await receiver.json<Status>('/api/v1/status')
  assert.equal(robots.r.calls_left, 0)
})
