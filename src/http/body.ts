import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { AppError, messageOf } from '../errors.ts'
import type { Ticket } from './admission.ts'

/** Of a request's body, after decompression. */
export const MAX_BODY_BYTES = 20 * 1024 * 1024

/** A larger body takes its turn before it is read: of smaller ones many at once cost little. */
const LARGE_BYTES = 128 * 1024

const DECOMPRESSORS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const

/**
 * A request's whole body: decompressed, decoded by its byte order mark, else by its declared charset, else as
 * UTF-8 (bytes that are not of it become U+FFFD), without a byte order mark and NUL. AppError: too_large, bad_payload.
 * Returns the raw bytes when they are already clean UTF-8, so that callers can skip decoding.
 * A large body waits for its turn at `place`, and holds no more than the bytes that were sent until then. `verify` is
 * given the bytes as they were sent, and throws where they are refused.
 */
export async function readBody(
  request: IncomingMessage,
  place: Pick<Ticket, 'grow' | 'waitToRead'>,
  verify: (sent: Uint8Array) => void = () => {},
): Promise<string | Uint8Array> {
  const declared = Number(request.headers['content-length'] ?? 0) || 0
  if (declared > MAX_BODY_BYTES) throw tooLarge()
  const encoding = knownEncodingOf(request)
  const sent = await collect(request, { capacity: declared, admit: place.grow })
  verify(sent)
  const bytes = encoding === undefined ? sent : await decompressed(sent, encoding, place)
  if (encoding === undefined && sent.length > LARGE_BYTES) await place.waitToRead(sent.length)
  const decoder = markedDecoder(bytes) ?? declaredDecoder(request.headers)
  if (decoder === UTF_8 && bytes[0] !== BYTE_ORDER_MARK && isUtf8(bytes) && !bytes.includes(0))
    return bytes
  const text = decoder.decode(bytes)
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text
}

/** The size that a request declares, at most MAX_BODY_BYTES; 0 where it declares none. */
export function declaredBytesOf(request: IncomingMessage): number {
  return Math.min(Number(request.headers['content-length'] ?? 0) || 0, MAX_BODY_BYTES)
}

type Encoding = keyof typeof DECOMPRESSORS

/** Undefined for a body that is not compressed. */
function knownEncodingOf(request: IncomingMessage): Encoding | undefined {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return undefined
  if (Object.hasOwn(DECOMPRESSORS, encoding)) return encoding as Encoding
  throw new AppError(
    'bad_payload',
    `Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} is not understood; use gzip, deflate, br or none`,
  )
}

/** A compressed body says nothing sure of its size: a small one is found out by decompressing up to LARGE_BYTES. */
async function decompressed(
  sent: Buffer,
  encoding: Encoding,
  { grow: admit, waitToRead: read }: Pick<Ticket, 'grow' | 'waitToRead'>,
): Promise<Buffer> {
  // A few bytes of Brotli make its decoder allocate 16 MiB (RFC 7932, section 9.1).
  if (encoding !== 'br') {
    const small = await inflated(sent, encoding, LARGE_BYTES)
    if (small !== undefined) {
      admit(small.length)
      return small
    }
  }
  await read(MAX_BODY_BYTES)
  const bytes = await inflated(sent, encoding, MAX_BODY_BYTES)
  if (bytes === undefined) throw tooLarge()
  return bytes
}

/** Undefined where it is more than `maxBytes`. */
async function inflated(
  sent: Buffer,
  encoding: Encoding,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const decompressor = DECOMPRESSORS[encoding]({ chunkSize: CHUNK_BYTES })
  const collected = collect(decompressor, { capacity: maxBytes, maxBytes })
  decompressor.end(sent)
  try {
    return await collected
  } catch (error) {
    if (error instanceof AppError && error.code === 'too_large') return undefined
    throw error
  } finally {
    decompressor.destroy()
  }
}

const CHUNK_BYTES = 64 * 1024

interface Collecting {
  /** Room for this many bytes is made at once: memory that is not written to costs nothing. */
  capacity: number
  maxBytes?: number
  admit?: Ticket['grow']
}

function collect(
  stream: Readable,
  { capacity, maxBytes = MAX_BODY_BYTES, admit = () => {} }: Collecting,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const bytes = new Bytes(capacity)
    let ended = false
    stream.on('data', (chunk: Buffer) => {
      try {
        if (bytes.length + chunk.length > maxBytes) throw tooLarge()
        admit(chunk.length)
        bytes.add(chunk)
      } catch (error) {
        stream.pause()
        bytes.drop()
        reject(error)
      }
    })
    stream.on('end', () => {
      ended = true
      resolve(bytes.all())
    })
    stream.on('error', (error) =>
      reject(new AppError('bad_payload', `the body cannot be read: ${messageOf(error)}`)),
    )
    // The error is made only when it is needed: capturing a stack for each request is expensive.
    stream.on('close', () => {
      if (!ended) reject(new AppError('bad_payload', 'the body ended too early'))
    })
  })
}

/** Bytes that come in chunks. A large body of a known size is written to its place: chunks would double it. */
class Bytes {
  length = 0
  readonly #chunks: Buffer[] = []
  #whole: Buffer | undefined

  constructor(capacity: number) {
    if (capacity > LARGE_BYTES) this.#whole = Buffer.allocUnsafeSlow(capacity)
  }

  add(chunk: Buffer): void {
    if (this.#whole === undefined) this.#chunks.push(chunk)
    else this.#whole.set(chunk, this.length)
    this.length += chunk.length
  }

  drop(): void {
    this.#chunks.length = 0
    this.#whole = undefined
  }

  all(): Buffer {
    if (this.#whole !== undefined) return this.#whole.subarray(0, this.length)
    return this.#chunks.length === 1
      ? (this.#chunks[0] as Buffer)
      : Buffer.concat(this.#chunks, this.length)
  }
}

const UTF_8 = new TextDecoder()
/** The first of its three bytes. */
const BYTE_ORDER_MARK = 0xef

/** What a body begins with tells more surely than a header that somebody typed. */
function markedDecoder(bytes: Buffer): TextDecoder | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return UTF_8
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le')
  return bytes[0] === 0xfe && bytes[1] === 0xff ? new TextDecoder('utf-16be') : undefined
}

/** By `Content-Type: …; charset=…`, or by a header `charset` of its own, as OCP's documentation has one. */
function declaredDecoder(headers: IncomingMessage['headers']): TextDecoder {
  const own = headers['charset']
  const charset =
    /charset\s*=\s*["']?([\w.:-]+)/i.exec(headers['content-type'] ?? '')?.[1] ??
    (typeof own === 'string' ? own.trim() : undefined)
  if (charset === undefined || /^utf-?8$/i.test(charset)) return UTF_8
  try {
    return new TextDecoder(charset)
  } catch {
    return UTF_8
  }
}

function tooLarge(): AppError {
  return new AppError(
    'too_large',
    `the body is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB; send fewer alerts at once (Alertmanager: max_alerts)`,
  )
}
