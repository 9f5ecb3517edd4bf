import type { Alert, ReadyText } from '../model/alert.ts'
import type { Source } from '../sources/source.ts'
import type { Store, StoredPayload } from '../stores/store.ts'

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
  const read = new Map(
    [...payloads].map(([number, payload]) => [number, readPayload(payload, deps)] as const),
  )
  return ({ payload, position }) => {
    const notification = read.get(payload)
    const alert = notification?.alerts[position]
    const together = notification?.alerts ?? []
    if (alert === undefined)
      return { alert: unreadable(payload, position), ready: undefined, together }
    return { alert, ready: notification?.ready, together }
  }
}

/** The notification in a stored payload, or undefined where it cannot be read any more. */
export function readPayload(
  payload: StoredPayload,
  { sources, timezone }: Omit<RereadDeps, 'store'>,
): { alerts: readonly Alert[]; ready?: ReadyText } | undefined {
  try {
    const { receivedAt, text } = payload
    return sources.get(payload.source)?.read(text, { receivedAt, timezone })
  } catch {
    return undefined
  }
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
