import type { Alert, Notification, ReadyText } from '../model/alert.ts'
import type { Variables } from '../model/variables.ts'
import type { Source } from '../sources/source.ts'
import type { StoredAlert } from '../stores/queries.ts'
import type { Store, StoredPayload } from '../stores/store.ts'
import { atOnce, type Steps, type Turns } from '../turns.ts'

export interface Place {
  payload: number
  position: number
}

/** A stored alert read again from its payload; `ready` when the sender had rendered the text itself. */
export interface Reread {
  alert: Alert
  ready: ReadyText | undefined
  /** All alerts that came with it, itself included. */
  together: readonly Alert[]
}

export interface RereadDeps {
  store: Pick<Store, 'payloads'>
  sources: ReadonlyMap<string, Source>
  timezone: string
  turns: Pick<Turns, 'run'>
}

/**
 * Reads alerts again from the payloads they came in, each payload once. An alert whose payload is gone or no longer
 * reads the same is replaced by one that says so: what was accepted is told, whatever happened to its text.
 */
export async function reread(
  places: readonly Place[],
  deps: RereadDeps,
): Promise<(place: Place) => Reread> {
  const numbers = [...new Set(places.map((place) => place.payload))]
  const payloads = await deps.store.payloads(numbers)
  const read = await turnsFor(payloads, deps.turns)(readAll(payloads, deps))
  return ({ payload, position }) => {
    const notification = read.get(payload)
    const alert = notification?.alerts[position]
    const together = notification?.alerts ?? []
    if (alert === undefined)
      return { alert: unreadable(payload, position), ready: undefined, together }
    return { alert, ready: notification?.ready, together }
  }
}

/** The variables of stored alerts, each payload read once; none of an alert that can no longer be read. */
export async function storedVariables(
  alerts: readonly StoredAlert[],
  payloads: Payloads,
  deps: Omit<RereadDeps, 'store'>,
): Promise<Variables[]> {
  const read = await turnsFor(payloads, deps.turns)(readAll(payloads, deps))
  return alerts.map((each) => read.get(each.payload)?.alerts[each.position]?.variables ?? {})
}

/** In turns where there is so much to read that others would wait for it. */
function turnsFor(payloads: Payloads, turns: RereadDeps['turns']) {
  const size = [...payloads.values()].reduce((sum, { text }) => sum + text.length, 0)
  return <T>(steps: Steps<T>): Promise<T> | T =>
    size > MOST_AT_ONCE ? turns.run(steps) : atOnce(steps)
}

/** Characters of payloads, of whatever number. */
const MOST_AT_ONCE = 128 * 1024

type Payloads = ReadonlyMap<number, StoredPayload>

/** The notification in each stored payload, but in those that cannot be read any more. */
function* readAll(
  payloads: Payloads,
  { sources, timezone }: Pick<RereadDeps, 'sources' | 'timezone'>,
): Steps<Map<number, Notification>> {
  const read = new Map<number, Notification>()
  for (const [number, { source, receivedAt, text }] of payloads)
    try {
      const steps = sources.get(source)?.steps(text, { receivedAt, timezone })
      if (steps !== undefined) read.set(number, yield* steps)
    } catch {
      // Its alerts are told as ones that cannot be read.
    }
  return read
}

function unreadable(payload: number, position: number): Alert {
  return {
    source: 'alertmanager',
    status: 'firing',
    fingerprint: `unreadable-${payload}-${position}`,
    variables: {
      alarm_name: 'Unreadable alert',
      alarm_description: `Alert ${position} of stored payload ${payload} can no longer be read.`,
    },
    name: 'Unreadable alert',
    cluster: '',
    levelWord: undefined,
    startsAt: undefined,
    endsAt: undefined,
  }
}
