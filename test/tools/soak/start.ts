import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { reasonToSuppress } from '../../../src/decisions/aggregate.ts'
import type { IncomingAlert } from '../../../src/stores/incoming.ts'
import { openSqlite } from '../../../src/stores/sqlite/client.ts'
import { freePort, Receiver, temporaryFolder } from '../../support/receiver.ts'
import { acceptRequest, incomingAlert } from '../../support/requests.ts'

const BATCH_SIZE = 100

/** Milliseconds from the start of the process until it is ready, with this many waiting alerts. */
export async function startWith(waiting: number): Promise<{ readyMs: number[]; fileMb: string }> {
  using folder = temporaryFolder()
  const path = join(folder.path, 'data', 'receiver.db')
  mkdirSync(join(folder.path, 'data'))
  const store = await openSqlite({ path, reasonToSuppress, thread: false })
  for (let from = 0; from < waiting; from += BATCH_SIZE) {
    const alerts = Array.from(
      { length: BATCH_SIZE },
      (_, index): IncomingAlert => alertOf(from + index),
    )
    const body = JSON.stringify({
      alerts: alerts.map(({ fingerprint, name }) => ({
        labels: { alertname: name, instance: fingerprint },
        annotations: { description: 'x'.repeat(200) },
      })),
    })
    const key = `k${from}`
    const now = new Date()
    await store.accept(acceptRequest(alerts, { now, source: 'alertmanager', key, body }))
  }
  await store.close()
  const config = `robots: { ops-1: { webhook: "http://127.0.0.1:9/robot/send?access_token=t" } }\nchannels: { ops: { robots: [ops-1] } }\n`
  await using receiver = new Receiver({ folder: folder.path, port: await freePort(), config })
  const readyMs: number[] = []
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now()
    await receiver.start()
    readyMs.push(Math.round(performance.now() - began))
    await receiver.end('SIGKILL')
  }
  return { readyMs, fileMb: (statSync(path).size / 1_048_576).toFixed(0) }
}

function alertOf(index: number): IncomingAlert {
  return incomingAlert(`f${index}`, {
    queues: ['robot:ops-1'],
    level: index % 100 === 0 ? 2 : 3,
    name: `Rule${index % 50}`,
    cluster: `c${index % 20}`,
  })
}
