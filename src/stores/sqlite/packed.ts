import type { Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { Arrival, Arriving } from '../store.ts'
import { Pairs } from './pairs.ts'

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

type Envelope = Omit<Arrival, 'alerts' | 'body'>

/** A request as the engine takes it. */
export interface Unpacked extends Envelope {
  body: Uint8Array
  alerts: readonly Arriving[]
}

type Destination = Pick<Arriving, 'channel' | 'queues' | 'everyMs' | 'suppressed'>

const CELLS = 7

/** Requests that wait to be handed over, packed as they come: nothing of what they were made from is kept alive. */
export class Packing {
  readonly #bodies: Uint8Array[] = []
  readonly #arrivals: Envelope[] = []
  readonly #counts: number[] = []
  readonly #destinations: Destination[] = []
  readonly #subjects: string[] = []
  readonly #subjectNumbers = new Pairs()
  readonly #cells: (number | string)[] = []

  get requests(): number {
    return this.#arrivals.length
  }

  get alerts(): number {
    return this.#cells.length / CELLS
  }

  add({ alerts, now, source, key, repeatWithinMs, dated, body }: Arrival): void {
    this.#bodies.push(typeof body === 'string' ? Buffer.from(body) : body)
    this.#arrivals.push({ now, source, key, repeatWithinMs, dated })
    this.#counts.push(alerts.length)
    for (const alert of alerts)
      this.#cells.push(
        alert.position,
        this.#destinationOf(alert),
        alert.fingerprint,
        alert.group === alert.fingerprint ? 0 : alert.group,
        alert.status === 'resolved' ? 1 : 0,
        alert.level,
        this.#subjectOf(alert),
      )
  }

  packed(): Packed {
    return {
      arrivals: this.#arrivals,
      texts: concatenated(this.#bodies),
      lengths: this.#bodies.map((body) => body.length),
      counts: this.#counts,
      destinations: this.#destinations,
      subjects: this.#subjects,
      cells: this.#cells,
    }
  }

  #destinationOf(alert: Arriving): number {
    const last = this.#destinations.at(-1)
    if (last === undefined || !sameDestination(alert, last)) {
      const { channel, queues, everyMs, suppressed } = alert
      this.#destinations.push({
        channel,
        queues,
        everyMs,
        ...(suppressed === undefined ? {} : { suppressed }),
      })
    }
    return this.#destinations.length - 1
  }

  #subjectOf({ name, cluster }: Arriving): number {
    let number = this.#subjectNumbers.get(name, cluster)
    if (number === undefined) {
      number = this.#subjects.length
      this.#subjectNumbers.set(name, cluster, number)
      this.#subjects.push(name, cluster)
    }
    return number
  }
}

export function unpack(packed: Packed): Unpacked[] {
  const { arrivals, texts, lengths, counts, destinations, subjects, cells } = packed
  let cell = 0
  let byte = 0
  return arrivals.map((arrival, index) => {
    const body = texts.subarray(byte, byte + (lengths[index] as number))
    byte += body.length
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
    return { ...arrival, body, alerts }
  })
}

function concatenated(all: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  // Memory of its own, to be handed over; not zeroed first, as every byte of it is written.
  const whole = Buffer.allocUnsafeSlow(all.reduce((sum, each) => sum + each.length, 0))
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
