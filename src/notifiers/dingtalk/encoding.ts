import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'
import { TooMuchError } from './classify-failure.ts'

/** DingTalk's replies are a line; what is longer is somebody else's. */
export const MAX_REPLY_BYTES = 256 * 1024

/** Nobody packs a reply more often; each time costs up to MAX_REPLY_BYTES of work. */
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
 * The text of a reply, unpacked as its Content-Encoding says: a gateway on the way may pack it though identity was
 * asked for. What cannot be unpacked stays as it came, and is judged like any other text that is not JSON. Throws
 * TooMuchError where the reply unpacks to more than MAX_REPLY_BYTES.
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
    // The last one named was applied last.
    return names.reverse().reduce(unpackedOnce, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new TooMuchError(`the reply is longer than ${MAX_REPLY_BYTES} bytes`)
    return bytes
  }
}

function unpackedOnce(bytes: Uint8Array, name: string): Uint8Array {
  const unpack = UNPACK.get(name)
  if (unpack === undefined) throw new TypeError(`the encoding ${name} is not known`)
  return unpack(bytes, { maxOutputLength: MAX_REPLY_BYTES })
}

/** `deflate` means zlib's format; some servers send the bare stream. */
function inflated(bytes: Uint8Array, limit: { maxOutputLength: number }): Buffer {
  const isZlib = ((bytes[0] ?? 0) & 0x0f) === 8
  return isZlib ? inflateSync(bytes, limit) : inflateRawSync(bytes, limit)
}
