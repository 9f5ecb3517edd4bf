import { openEngine } from '../../src/stores/sqlite/engine.ts'
import { Packing, unpack } from '../../src/stores/sqlite/packed.ts'
import type { IncomingAlert } from '../../src/stores/store.ts'

const AT_ONCE = 10_000
const IN_PAYLOAD = 100

/** Fills a store through its own engine; with `told`, each lot of alerts is told by a message that was sent. */
export function fill(
  path: string,
  {
    alerts,
    told,
    queue,
    channel,
  }: { alerts: number; told: boolean; queue: string; channel: string },
): void {
  const now = new Date()
  const engine = openEngine({ path, reasonToSuppress: () => undefined })
  for (let done = 0; done < alerts; done += AT_ONCE) {
    const lot = Math.min(AT_ONCE, alerts - done)
    const arrivals = Array.from({ length: lot / IN_PAYLOAD }, (_, request) => {
      const number = done / IN_PAYLOAD + request
      const each = Array.from({ length: IN_PAYLOAD }, (_, position): IncomingAlert => {
        const fingerprint = `f${String(number).padStart(9, '0')}${String(position).padStart(6, '0')}`
        return {
          position,
          channel,
          queues: [queue],
          fingerprint,
          status: 'firing',
          level: position % 10 === 0 ? 2 : 4,
          name: `rule ${position % 20}`,
          cluster: `ob${number % 50}`,
          group: fingerprint,
          everyMs: 600_000,
        }
      })
      const body = JSON.stringify({
        alerts: each.map(({ name, cluster, fingerprint }) => ({
          labels: { alertname: name, cluster },
          fingerprint,
        })),
      })
      const key = `filled ${number}`
      return {
        now,
        source: 'alertmanager' as const,
        key,
        dedupWindowMs: 1,
        dated: false,
        body,
        alerts: each,
      }
    })
    const packing = new Packing()
    for (const arrival of arrivals) packing.add(arrival)
    for (const result of engine.acceptAll(unpack(packing.packed())))
      if ('error' in result) throw new Error(result.error)
    if (told) tell(engine, { queue, channel, now, lot: done / AT_ONCE })
  }
  engine.close()
}

function tell(
  { verbs }: ReturnType<typeof openEngine>,
  { queue, channel, now, lot }: { queue: string; channel: string; now: Date; lot: number },
): void {
  const until = new Date(now.getTime() + 60_000)
  const tally = verbs.tally(queue, channel)
  verbs.lease({ robot: 'filler', owner: 'filler', now, until })
  const claimed = verbs.claim({
    now,
    message: {
      uuid: `filler ${lot}`,
      robot: 'filler',
      queue,
      channel,
      kind: 'digest',
      title: 'filled',
      text: 'filled',
      body: '{}',
      alertCount: tally.count,
      storm: true,
    },
    alerts: { kind: 'upTo', upTo: tally.upTo, count: tally.count },
    call: {
      key: 'filler',
      since: now,
      messages: Number.MAX_SAFE_INTEGER,
      until,
      month: '2000-01',
      owner: 'filler',
    },
  })
  if (claimed === undefined) throw new Error('nothing was claimed')
  verbs.settle({
    now,
    id: claimed.id,
    call: claimed.call,
    attempt: {
      outcome: { kind: 'delivered' },
      result: 'ok',
      httpStatus: 200,
      errcode: 0,
      errmsg: 'ok',
      words: 'accepted',
      durationMs: 1,
    },
    at: now,
    next: { kind: 'sent' },
    reached: true,
    robot: { key: 'filler', failures: 0 },
    pause: undefined,
  })
}
