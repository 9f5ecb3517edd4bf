import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'
import { ReplyTooLongError } from './classify-failure.ts'

/** DingTalk's replies are one line; a longer reply comes from another server. */
export const MAX_REPLY_BYTES = 256 * 1024

/** No real reply has more encodings; each costs up to MAX_REPLY_BYTES of work. */
const MAX_ENCODINGS = 3

type Unpack = (bytes: Uint8Array, limit: { maxOutputLength: number }) => Buffer

const UNPACK: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflated],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
])

/**
 * Decodes a reply by its Content-Encoding: a gateway may compress it although identity was requested. A reply that
 * cannot be decoded stays unchanged, and is classified like any text that is not JSON. Throws ReplyTooLongError if the
 * decoded reply exceeds MAX_REPLY_BYTES.
 */
export function textOfReply(bytes: Uint8Array, encoding: string | undefined): string {
  return Buffer.from(unpacked(bytes, encoding)).toString('utf8')
}

function unpacked(bytes: Uint8Array, encoding = ''): Uint8Array {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== 'identity')
  if (names.length > MAX_ENCODINGS) return bytes
  try {
    // The encoding named last was applied last.
    return names.reverse().reduce(unpackedOnce, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new ReplyTooLongError(MAX_REPLY_BYTES)
    return bytes
  }
}

function unpackedOnce(bytes: Uint8Array, name: string): Uint8Array {
  const unpack = UNPACK.get(name)
  if (unpack === undefined) throw new TypeError(`unknown encoding ${name}`)
  return unpack(bytes, { maxOutputLength: MAX_REPLY_BYTES })
}

/** `deflate` means the zlib format, but some servers send the raw stream. */
function inflated(bytes: Uint8Array, limit: { maxOutputLength: number }): Buffer {
  const isZlib = ((bytes[0] ?? 0) & 0x0f) === 8
  return isZlib ? inflateSync(bytes, limit) : inflateRawSync(bytes, limit)
}
