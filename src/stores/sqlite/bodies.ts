import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { StoredPayload } from '../store.ts'
import type { Database } from './database.ts'

/**
 * Bodies that are compressed as one, together: requests of one commit are much alike, so that a body of 80 KB takes
 * 20 µs and 2 KB of disk where its pages took 220 µs. No more, since whoever reads one must unpack all.
 */
const TOGETHER_BYTES = 256 * 1024

/** The fastest of Zstandard's levels that find what is alike. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** Where a body is: in which row, from which of its bytes, how many. */
export interface BodyPlace {
  body: number
  at: number
  length: number
}

interface Lot {
  row: number | undefined
  bodies: Uint8Array[]
  bytes: number
}

/** The bodies of the requests of one transaction; what none of them needs is not written. */
export class Bodies {
  readonly #db: Database
  readonly #places: { lot: Lot; at: number; length: number }[] = []

  constructor(db: Database, bodies: readonly Uint8Array[]) {
    this.#db = db
    let lot: Lot = { row: undefined, bodies: [], bytes: 0 }
    for (const body of bodies) {
      if (lot.bytes > 0 && lot.bytes + body.length > TOGETHER_BYTES)
        lot = { row: undefined, bodies: [], bytes: 0 }
      this.#places.push({ lot, at: lot.bytes, length: body.length })
      append(lot.bodies, body)
      lot.bytes += body.length
    }
  }

  /** Writes the body of the request that stands there among all, with those that are its lot, if they are not yet. */
  place(index: number): BodyPlace {
    const { lot, at, length } = this.#places[index] as { lot: Lot; at: number; length: number }
    lot.row ??= this.#db.run(
      'INSERT INTO bodies (bytes) VALUES (?)',
      zstdCompressSync(
        lot.bodies.length === 1 ? (lot.bodies[0] as Uint8Array) : Buffer.concat(lot.bodies),
        LEVEL,
      ),
    ).id
    return { body: lot.row, at, length }
  }
}

/** Bodies that stand side by side in memory, as they were handed over, are one. */
function append(bodies: Uint8Array[], body: Uint8Array): void {
  const last = bodies.at(-1)
  if (last?.buffer === body.buffer && last.byteOffset + last.byteLength === body.byteOffset)
    bodies[bodies.length - 1] = new Uint8Array(
      last.buffer,
      last.byteOffset,
      last.byteLength + body.byteLength,
    )
  else bodies.push(body)
}

/** Reads bodies; of those asked for one after another out of one row, the row is unpacked once. */
export class BodyReader {
  readonly #db: Database
  #row = 0
  #unpacked: Buffer | undefined

  constructor(db: Database) {
    this.#db = db
  }

  /** The payload of a request; undefined when it is gone or damaged. */
  payload(request: number): StoredPayload | undefined {
    const found = this.#db.get<
      BodyPlace & { source: StoredPayload['source']; received_at: number }
    >('SELECT source, received_at, body, at, length FROM requests WHERE id = ?', request)
    if (found === undefined) return undefined
    const { body, at, length, source } = found
    if (this.#row !== body) {
      const row = this.#db.get<{ bytes: Uint8Array }>('SELECT bytes FROM bodies WHERE id = ?', body)
      this.#unpacked = row && unpacked(row.bytes)
      this.#row = body
    }
    const text = this.#unpacked?.toString('utf8', at, at + length)
    return text === undefined
      ? undefined
      : { source, receivedAt: new Date(found.received_at), text }
  }
}

/**
 * As they came, or what a frame of Zstandard holds (RFC 8878, section 3.1.1); no UTF-8 begins like one. Undefined for a
 * frame that is damaged: its alerts are told as unreadable, and those that wait behind them are told at all.
 */
function unpacked(bytes: Uint8Array): Buffer | undefined {
  const isFrame = bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd
  if (!isFrame) return Buffer.from(bytes)
  try {
    return zstdDecompressSync(bytes)
  } catch {
    return undefined
  }
}
