import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { SourceName } from '../../model/alert.ts'
import type { StoredPayload } from '../store.ts'
import type { Tx } from '../tx.ts'
import { readValue } from './rows.ts'

/**
 * Bodies of one commit are compressed together, since they resemble each other. The limit bounds the cost of reading
 * one body, which decompresses the chunk.
 */
const CHUNK_BYTES = 256 * 1024

/** Zstandard's fastest positive level. */
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** A body's row, and its offset and length in bytes within the decompressed row. */
interface BodyLocation {
  body: number
  start: number
  length: number
}

/** Writes bodies in as few rows as CHUNK_BYTES allows; returns the location of each. */
export async function writeBodies(tx: Tx, bodies: readonly Uint8Array[]): Promise<BodyLocation[]> {
  const locations: BodyLocation[] = []
  for (let first = 0; first < bodies.length; ) {
    let bytes = bodies[first]?.length ?? 0
    let end = first + 1
    for (; end < bodies.length; end += 1) {
      const next = bodies[end]?.length ?? 0
      if (bytes + next > CHUNK_BYTES) break
      bytes += next
    }
    const chunk = bodies.slice(first, end)
    const joined = chunk.length === 1 ? (chunk[0] as Uint8Array) : Buffer.concat(chunk)
    const insert = 'INSERT INTO bodies (bytes) VALUES ($1) RETURNING id'
    const body = (await readValue<number>(tx, insert, [zstdCompressSync(joined, LEVEL)])) ?? 0
    let start = 0
    for (const { length } of chunk) {
      locations.push({ body, start, length })
      start += length
    }
    first = end
  }
  return locations
}

interface PayloadRow extends BodyLocation {
  id: number
  source: SourceName
  received_at: number
}

/** Payloads in the order of the ids, up to `maxBytes` of text but at least one, without pruned and damaged ones. */
export async function payloads(
  tx: Tx,
  ids: readonly number[],
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Map<number, StoredPayload>> {
  const byId = new Map<number, StoredPayload>()
  let bytes = 0
  for await (const { id, source, received_at, text } of readPayloadTexts(tx, ids, (length) => {
    bytes += length
    return byId.size === 0 || bytes <= maxBytes
  }))
    byId.set(id, { source, receivedAt: tx.date(received_at), text })
  return byId
}

/** Reads payloads one by one while `wants` accepts their length. Decompresses a row once for successive payloads. */
export async function* readPayloadTexts(
  tx: Tx,
  ids: readonly number[],
  wants: (length: number) => boolean = () => true,
): AsyncGenerator<PayloadRow & { text: string }> {
  const rows = await tx.all<PayloadRow>(
    `SELECT id, source, received_at, body, start, length FROM payloads WHERE id IN LIST($1, BIGINT)`,
    [ids],
  )
  let body = 0
  let decompressed: Buffer | undefined
  const byId = new Map(rows.map((row) => [row.id, row]))
  for (const id of ids) {
    const row = byId.get(id)
    if (row === undefined) continue
    if (!wants(row.length)) return
    if (row.body !== body) {
      body = row.body
      // Freed before the next body is read, because both may be large.
      decompressed = undefined
      const select = 'SELECT bytes FROM bodies WHERE id = $1'
      const bytes = await readValue<Uint8Array>(tx, select, [body])
      decompressed = bytes && decompress(bytes)
    }
    const text = decompressed?.toString('utf8', row.start, row.start + row.length)
    if (text !== undefined) yield { ...row, text }
  }
}

/**
 * Decompresses a Zstandard frame (RFC 8878, section 3.1.1); other bytes, such as UTF-8, are returned unchanged.
 * Undefined for a damaged frame: its alerts are then delivered as unreadable, and do not block later ones.
 */
function decompress(bytes: Uint8Array): Buffer | undefined {
  const isFrame = bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd
  if (!isFrame) return Buffer.from(bytes)
  try {
    return zstdDecompressSync(bytes)
  } catch {
    return undefined
  }
}
