import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { promisify, TextDecoder } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import { AppError, messageOf } from '../errors.ts'
import type { Ticket } from './admission.ts'

/** Limit of a request's body, as sent and after decompression. */
export const MAX_BODY_BYTES = 20 * 1024 * 1024

/** Larger bodies wait for LargeReads, which limits the bytes that are read at once. */
const LARGE_BYTES = 128 * 1024

const DECOMPRESSORS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const

/**
 * Reads a request's body: decompressed, and decoded by its byte order mark, else its declared charset, else UTF-8.
 * Invalid bytes and NUL become U+FFFD; the byte order mark is removed. AppError: too_large, bad_payload, overloaded.
 * Returns the raw bytes when they are already clean UTF-8, so that callers can skip decoding. A large body waits at
 * `ticket`; up to LARGE_BYTES may be decompressed before. `verify` gets the bytes as sent, and throws to refuse them.
 */
export async function readBody(
  request: IncomingMessage,
  ticket: Pick<Ticket, 'grow' | 'waitToRead'>,
  verify: (sent: Uint8Array) => void = () => {},
): Promise<string | Uint8Array> {
  const declared = Number(request.headers['content-length'] ?? 0) || 0
  if (declared > MAX_BODY_BYTES) throw tooLarge()
  const encoding = encodingOf(request)
  const sent = await collect(request, declared, ticket.grow)
  verify(sent)
  const bytes = encoding === undefined ? sent : await decompressed(sent, encoding, ticket)
  if (encoding === undefined && sent.length > LARGE_BYTES) await ticket.waitToRead(sent.length)
  const decoder = markedDecoder(bytes) ?? declaredDecoder(request.headers)
  if (decoder === UTF_8 && bytes[0] !== BYTE_ORDER_MARK && isUtf8(bytes) && !bytes.includes(0))
    return bytes
  const text = decoder.decode(bytes)
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text
}

/** The declared size of a request's body, at most MAX_BODY_BYTES; 0 if it declares none. */
export function declaredBytesOf(request: IncomingMessage): number {
  return Math.min(Number(request.headers['content-length'] ?? 0) || 0, MAX_BODY_BYTES)
}

type Encoding = keyof typeof DECOMPRESSORS

function encodingOf(request: IncomingMessage): Encoding | undefined {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return undefined
  if (Object.hasOwn(DECOMPRESSORS, encoding)) return encoding as Encoding
  throw new AppError(
    'bad_payload',
    `Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} is not supported; use gzip, deflate, br or none`,
  )
}

/**
 * Decompresses a body. Its decompressed size is unknown, so a first try stops after LARGE_BYTES and does not wait at
 * `ticket`.
 */
async function decompressed(
  sent: Buffer,
  encoding: Encoding,
  ticket: Pick<Ticket, 'grow' | 'waitToRead'>,
): Promise<Buffer> {
  // A few bytes of Brotli make its decoder allocate 16 MiB (RFC 7932, section 9.1).
  if (encoding !== 'br') {
    const small = await inflated(sent, encoding, LARGE_BYTES)
    if (small !== undefined) {
      ticket.grow(small.length)
      return small
    }
  }
  await ticket.waitToRead(MAX_BODY_BYTES)
  const bytes = await inflated(sent, encoding, MAX_BODY_BYTES)
  if (bytes === undefined) throw tooLarge()
  return bytes
}

/** Decompresses at most `maxBytes`; undefined if there are more. */
async function inflated(
  sent: Buffer,
  encoding: Encoding,
  maxBytes: number,
): Promise<Buffer | undefined> {
  try {
    const options = { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES }
    return await DECOMPRESSORS[encoding](sent, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined
    throw unreadable(error)
  }
}

const CHUNK_BYTES = 64 * 1024

/** Collects a body of the declared size, 0 if it is unknown. `onBytes` counts each chunk, and throws to refuse it. */
function collect(
  request: IncomingMessage,
  declared: number,
  onBytes: Ticket['grow'],
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const bytes = new ByteCollector(declared)
    let ended = false
    request.on('data', (chunk: Buffer) => {
      try {
        if (bytes.length + chunk.length > MAX_BODY_BYTES) throw tooLarge()
        onBytes(chunk.length)
        bytes.add(chunk)
      } catch (error) {
        request.pause()
        bytes.drop()
        reject(error)
      }
    })
    request.on('end', () => {
      ended = true
      resolve(bytes.all())
    })
    request.on('error', (error) => reject(unreadable(error)))
    // Create the error lazily: capturing a stack per request is expensive.
    request.on('close', () => {
      if (!ended) reject(new AppError('bad_payload', 'the body ended too early'))
    })
  })
}

/** Collects chunks. A large body of known size goes into one buffer; joining chunks would double its memory. */
class ByteCollector {
  length = 0
  readonly #chunks: Buffer[] = []
  #buffer: Buffer | undefined

  constructor(capacity: number) {
    if (capacity > LARGE_BYTES) this.#buffer = Buffer.allocUnsafeSlow(capacity)
  }

  add(chunk: Buffer): void {
    if (this.#buffer === undefined) this.#chunks.push(chunk)
    else this.#buffer.set(chunk, this.length)
    this.length += chunk.length
  }

  drop(): void {
    this.#chunks.length = 0
    this.#buffer = undefined
  }

  all(): Buffer {
    if (this.#buffer !== undefined) return this.#buffer.subarray(0, this.length)
    return this.#chunks.length === 1
      ? (this.#chunks[0] as Buffer)
      : Buffer.concat(this.#chunks, this.length)
  }
}

const UTF_8 = new TextDecoder()
/** First byte of the UTF-8 byte order mark. */
const BYTE_ORDER_MARK = 0xef

/** The decoder for the body's byte order mark, which is more reliable than a header that a person configured. */
function markedDecoder(bytes: Buffer): TextDecoder | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return UTF_8
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le')
  return bytes[0] === 0xfe && bytes[1] === 0xff ? new TextDecoder('utf-16be') : undefined
}

/** The decoder for `Content-Type: …; charset=…`, or for the header `charset` that OCP documents. */
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

function unreadable(error: unknown): AppError {
  return new AppError('bad_payload', `the body cannot be read: ${messageOf(error)}`)
}

function tooLarge(): AppError {
  return new AppError(
    'too_large',
    `the body is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB; send fewer alerts at once (Alertmanager: max_alerts)`,
  )
}
