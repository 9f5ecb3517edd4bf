import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { Arrival, Arriving } from '../store.ts'

/**
 * Requests as they cross to the store's thread: what many alerts have in common once, and the rest as one flat list
 * of numbers and texts. Copying an object for each alert costs both threads more than writing its row.
 */
export interface Packed {
  arrivals: Envelope[]
  /** All payloads one after another, in UTF-8; handed over, not copied. */
  texts: Uint8Array<ArrayBuffer>
  /** Of each arrival, the bytes of its payload. */
  lengths: number[]
  /** Of each arrival, how many of the rows below are its own. */
  counts: number[]
  destinations: Destination[]
  subjects: string[]
  /** Seven for each alert: position, destination, fingerprint, group (0: the fingerprint), resolved, level, subject. */
  cells: (number | string)[]
}

type Envelope = Omit<Arrival, 'alerts' | 'text' | 'bytes'>

/** A request as the engine takes it. */
export interface Unpacked extends Envelope {
  bytes: Uint8Array
  alerts: readonly Arriving[]
}

type Destination = Pick<Arriving, 'channel' | 'queues' | 'everyMs' | 'suppressed'>

const CELLS = 7

export function pack(arrivals: readonly Arrival[]): Packed {
  const bytes = arrivals.map((each) => each.bytes ?? Buffer.from(each.text))
  const packed: Packed = {
    arrivals: [],
    texts: concatenated(bytes),
    lengths: bytes.map((each) => each.length),
    counts: [],
    destinations: [],
    subjects: [],
    cells: [],
  }
  const { destinations, subjects, cells } = packed
  const numbers = new Map<string, number>()
  let last: Destination | undefined
  for (const { alerts, now, source, key, repeatWithinMs } of arrivals) {
    packed.arrivals.push({ now, source, key, repeatWithinMs })
    packed.counts.push(alerts.length)
    for (const alert of alerts) {
      if (last === undefined || !sameDestination(alert, last)) {
        const { channel, queues, everyMs, suppressed } = alert
        last = { channel, queues, everyMs, ...(suppressed === undefined ? {} : { suppressed }) }
        destinations.push(last)
      }
      const key = `${alert.name}\0${alert.cluster}`
      let subject = numbers.get(key)
      if (subject === undefined) {
        subject = subjects.length
        numbers.set(key, subject)
        subjects.push(alert.name, alert.cluster)
      }
      cells.push(
        alert.position,
        destinations.length - 1,
        alert.fingerprint,
        alert.group === alert.fingerprint ? 0 : alert.group,
        alert.status === 'resolved' ? 1 : 0,
        alert.level,
        subject,
      )
    }
  }
  return packed
}

export function unpack(packed: Packed): Unpacked[] {
  const { arrivals, texts, lengths, counts, destinations, subjects, cells } = packed
  let cell = 0
  let byte = 0
  return arrivals.map((arrival, index) => {
    const bytes = texts.subarray(byte, byte + (lengths[index] as number))
    byte += bytes.length
    const alerts: Arriving[] = []
    const end = cell + (counts[index] as number) * CELLS
    for (; cell < end; cell += CELLS) {
      const fingerprint = cells[cell + 2] as string
      const subject = cells[cell + 6] as number
      alerts.push({
        position: cells[cell] as number,
        ...(destinations[cells[cell + 1] as number] as Destination),
        fingerprint,
        group: cells[cell + 3] === 0 ? fingerprint : (cells[cell + 3] as string),
        status: (cells[cell + 4] === 1 ? 'resolved' : 'firing') satisfies Status,
        level: cells[cell + 5] as Level,
        name: subjects[subject] as string,
        cluster: subjects[subject + 1] as string,
      })
    }
    return { ...arrival, bytes, alerts }
  })
}

function concatenated(all: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(all.reduce((sum, each) => sum + each.length, 0))
  let at = 0
  for (const each of all) {
    whole.set(each, at)
    at += each.length
  }
  return whole
}

function sameDestination(a: Destination, b: Destination): boolean {
  return (
    a.channel === b.channel &&
    a.everyMs === b.everyMs &&
    a.suppressed === b.suppressed &&
    a.queues.length === b.queues.length &&
    a.queues.every((queue, index) => queue === b.queues[index])
  )
}
