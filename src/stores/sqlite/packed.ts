import type { SourceName, Status } from '../../model/alert.ts'
import type { Level } from '../../model/level.ts'
import type { Arrival, Arriving } from '../store.ts'
import { Pairs } from './pairs.ts'

/**
 * Requests as they cross to the store's thread: what many alerts have in common once, and the rest as one flat list
 * of numbers and texts. Copying an object for each alert costs both threads more than writing its row.
 */
export interface Packed {
  /** Seven for each request: now, source, key, repeatWithinMs, dated, bytes of its payload, how many alerts. */
  heads: (number | string)[]
  /** All payloads one after another, in UTF-8; handed over, not copied. */
  texts: Uint8Array<ArrayBuffer>
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

const HEADS = 7
const CELLS = 7

/** Requests that wait to be handed over, packed as they come: nothing of what they were made from is kept alive. */
export class Packing {
  readonly #bodies: Uint8Array[] = []
  readonly #heads: (number | string)[] = []
  readonly #destinations: Destination[] = []
  readonly #subjects: string[] = []
  readonly #subjectNumbers = new Pairs()
  readonly #cells: (number | string)[] = []

  get requests(): number {
    return this.#heads.length / HEADS
  }

  get alerts(): number {
    return this.#cells.length / CELLS
  }

  add({ alerts, now, source, key, repeatWithinMs, dated, body }: Arrival): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.#bodies.push(bytes)
    this.#heads.push(
      now.getTime(),
      source,
      key,
      repeatWithinMs,
      dated ? 1 : 0,
      bytes.length,
      alerts.length,
    )
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
      heads: this.#heads,
      texts: concatenated(this.#bodies),
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

export function requestsIn({ heads }: Packed): number {
  return heads.length / HEADS
}

export function unpack(packed: Packed): Unpacked[] {
  const { heads, texts, destinations, subjects, cells } = packed
  const requests: Unpacked[] = []
  let cell = 0
  let byte = 0
  for (let head = 0; head < heads.length; head += HEADS) {
    const body = texts.subarray(byte, byte + (heads[head + 5] as number))
    byte += body.length
    const alerts: Arriving[] = []
    const end = cell + (heads[head + 6] as number) * CELLS
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
    requests.push({
      now: new Date(heads[head] as number),
      source: heads[head + 1] as SourceName,
      key: heads[head + 2] as string,
      repeatWithinMs: heads[head + 3] as number,
      dated: heads[head + 4] === 1,
      body,
      alerts,
    })
  }
  return requests
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
