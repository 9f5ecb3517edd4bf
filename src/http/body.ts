import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { TextDecoder } from 'node:util'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { AppError, messageOf } from '../errors.ts'

/** Of a request's body, after decompression. */
export const MAX_BODY_BYTES = 20 * 1024 * 1024

/** What a few bytes of Brotli can make its decoder allocate (RFC 7932, section 9.1). */
const BROTLI_WINDOW_BYTES = 16 * 1024 * 1024

const DECOMPRESSORS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const

/**
 * A request's whole body: decompressed, decoded by its byte order mark, else by its declared charset, else as
 * UTF-8 (bytes that are not of it become U+FFFD), without a byte order mark and NUL. AppError: too_large, bad_payload.
 * As the bytes it came in where they are that text in UTF-8: who needs no text need not decode it.
 * `admit` is told of the bytes as they come, and throws when there is no room for them.
 */
export async function readBody(
  request: IncomingMessage,
  admit: (bytes: number) => void = () => {},
): Promise<string | Uint8Array> {
  if (Number(request.headers['content-length']) > MAX_BODY_BYTES) throw tooLarge()
  const bytes = await collect(decompressed(request), admit)
  const decoder = markedDecoder(bytes) ?? declaredDecoder(request.headers)
  if (decoder === UTF_8 && bytes[0] !== BYTE_ORDER_MARK && isUtf8(bytes) && !bytes.includes(0))
    return bytes
  const text = decoder.decode(bytes)
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text
}

/** What a request is known to take before it is read: what it says, or what its decoder allocates at once. */
export function declaredBytesOf(request: IncomingMessage): number {
  const declared = Math.min(Number(request.headers['content-length'] ?? 0) || 0, MAX_BODY_BYTES)
  return encodingOf(request) === 'br' ? Math.max(declared, BROTLI_WINDOW_BYTES) : declared
}

function encodingOf(request: IncomingMessage): string {
  return request.headers['content-encoding']?.trim().toLowerCase() ?? ''
}

function decompressed(request: IncomingMessage): Readable {
  const encoding = encodingOf(request)
  if (encoding === '' || encoding === 'identity') return request
  if (!Object.hasOwn(DECOMPRESSORS, encoding))
    throw new AppError(
      'bad_payload',
      `Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} is not understood; use gzip, deflate, br or none`,
    )
  const decompressor = DECOMPRESSORS[encoding as keyof typeof DECOMPRESSORS]()
  request.on('error', (error) => decompressor.destroy(error))
  return request.pipe(decompressor)
}

function collect(stream: Readable, admit: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let ended = false
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      try {
        if (size > MAX_BODY_BYTES) throw tooLarge()
        admit(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        stream.pause()
        chunks.length = 0
        reject(error)
      }
    })
    stream.on('end', () => {
      ended = true
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    })
    stream.on('error', (error) =>
      reject(new AppError('bad_payload', `the body cannot be read: ${messageOf(error)}`)),
    )
    // An error is not made for each body that ended well: its stack is dear.
    stream.on('close', () => {
      if (!ended) reject(new AppError('bad_payload', 'the body ended too early'))
    })
  })
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
