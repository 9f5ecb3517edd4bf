import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { reasonToSuppress } from '../../../src/decisions/aggregate.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { Dingtalk } from '../../simulation/dingtalk.ts'
import { quickFolder } from '../../simulation/folder.ts'
import { historyOf } from '../../simulation/generate.ts'
import { Ledger } from '../../simulation/ledger.ts'
import { Process } from '../../simulation/process.ts'
import { Random } from '../../simulation/random.ts'
import { channelNamed, robotNamed, settingsOf } from '../../support/settings.ts'

export interface Sample {
  minute: number
  accepted: number
  waiting: number
  messages: number
  memoryMb: string
  fileMb: string
}

const MINUTE = 60_000
const ALERTS = 3_000

/** Runs an hour of steady load on a real store file, with a retention of ten minutes and a sample every five minutes. */
export async function* hourOnVirtualClock(rate: number): AsyncGenerator<Sample> {
  using folder = quickFolder()
  const clock = new VirtualClock(new Date('2026-11-24T04:00:00Z'))
  const random = new Random(1)
  const setup = { ...historyOf(1).setup, honours: true, wayMs: 50 }
  const dingtalk = new Dingtalk({ clock, setup, random })
  const settings = settingsOf(
    {
      robots: [robotNamed('a')],
      channels: [
        channelNamed('ops', { robots: ['a'], aggregate: { everyMs: MINUTE, by: undefined } }),
      ],
    },
    { retentionMs: 10 * MINUTE },
  )
  const numbers = { serial: 0, next: 0, accepted: 0 }
  const ledger = new Ledger(() => clock.now().getTime())
  const sqlite = sqliteStore({ path: join(folder.path, 'soak.db'), reasonToSuppress })
  const service = new Process({
    sqlite,
    isShared: false,
    layout: { shape: 'one' },
    configure: () => settings,
    ledger,
    clock,
    skewMs: () => 0,
    dingtalk,
    random,
    serial: () => {
      numbers.serial += 1
      return String(numbers.serial)
    },
    diesAt: () => false,
    isFull: () => false,
    sabotage: {},
  })
  await service.start()
  for (let minute = 1; minute <= 60; minute += 1) {
    for (let second = 0; second < 60; second += 1) {
      const posts = Array.from({ length: rate }, () => {
        const index = numbers.next
        numbers.next += 1
        const target = `host=db-${index % ALERTS}`
        const status = Math.floor(index / ALERTS) % 2 === 0 ? 'Active' : 'Inactive'
        const body = {
          alarm_type: `r${index % 7}`,
          alarm_name: 'Rule',
          alarm_target: target,
          alarm_status: status,
          alarm_level: '3',
          alarm_description: 'x'.repeat(300),
        }
        return service.post('ocp', body, 'ops')
      })
      for (const taken of await Promise.all(posts)) if (taken) numbers.accepted += 1
      await clock.pass(1_000)
    }
    // Otherwise the ledger would count as the service's memory.
    ledger.committed.length = 0
    ledger.claimed.clear()
    if (minute % 5 > 0) continue
    globalThis.gc?.()
    const { items } = await service.store.alerts({ state: 'pending', limit: 1_000 })
    const bytes = readdirSync(folder.path).reduce(
      (sum, name) => sum + statSync(join(folder.path, name)).size,
      0,
    )
    yield {
      minute,
      accepted: numbers.accepted,
      waiting: items.length,
      messages: dingtalk.calls.length,
      memoryMb: (process.memoryUsage().rss / 1_048_576).toFixed(0),
      fileMb: (bytes / 1_048_576).toFixed(1),
    }
  }
  const stopped = service.stop()
  await clock.pass(60_000)
  await stopped
  sqlite.close()
  if (dingtalk.faults.length > 0) throw new Error(JSON.stringify(dingtalk.faults.slice(0, 3)))
}
