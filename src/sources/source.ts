import type { AppError } from '../errors.ts'
import type { Notification, SourceName } from '../model/alert.ts'
import type { Settings } from '../model/settings.ts'

/** A body with more bytes in UTF-8 is read in pieces, while other requests are answered. */
const LARGE_BYTES = 128 * 1024

/** Counts the bytes of a string too, so that a stored body is read in the same way as when it was accepted. */
export function isLarge(body: string | Uint8Array): boolean {
  return (typeof body === 'string' ? Buffer.byteLength(body) : body.length) > LARGE_BYTES
}

/**
 * What `read` needs beside the body. `receivedAt` is stored with the body. `timezone` is the configured one, also for a
 * later read.
 */
export interface ReadContext {
  receivedAt: Date
  /** IANA time zone of times without an offset. */
  timezone: string
}

/** The channel that a request is for, or why it is refused. */
export type Addressee =
  | { kind: 'channel'; channel: string; hasCredential: boolean }
  | { kind: 'refused'; error: AppError; hasCredential: boolean }

/** The settings from which a source finds the addressed channel. */
export type AddressedSettings = Pick<Settings, 'channels' | 'routes' | 'onlyChannel'>

/** Where the bodies of a source are posted, and how its senders are answered. */
export interface Endpoint {
  /** Routes; `:channel` is the place of the channel's name. */
  paths: readonly string[]
  /**
   * Finds the channel from the query, for paths without `:channel`. `hasCredential`: the query contains a credential
   * that replaces those of `auth`.
   */
  addressee?: (
    query: URLSearchParams,
    context: { settings: AddressedSettings; now: Date },
  ) => Addressee
  /** An error reply in the format of the platform whose API the sender uses. An error without `code` is unexpected. */
  refusal?: (error: Partial<Pick<AppError, 'code' | 'errcode'>> & Pick<AppError, 'message'>) => {
    errcode: number
    errmsg: string
  }
}

/** A kind of payload that senders post. */
export interface Source {
  name: SourceName
  endpoint: Endpoint
  /** Whether a body that another source cannot read has the format of this source. */
  recognizes?: (body: unknown) => boolean
  /** Whether a body certainly has the format of this source. Then this source reads it, at the route of any source. */
  owns?: (body: string) => boolean
  /**
   * Returns the alerts of a body, a string or its UTF-8 bytes, in their order. Deterministic for one time zone, because
   * a stored payload is read again when its message is composed. A malformed alert among others becomes an alert that
   * reports it. Yields its turn after each piece of work, which takes a few milliseconds at most. Rejects with an
   * AppError: `bad_payload`, with cause and position, only if the body contains no alert; `too_large` if it has more
   * parts than the receiver's memory can hold.
   */
  read(body: string | Uint8Array, context: ReadContext): Promise<Notification>
}
