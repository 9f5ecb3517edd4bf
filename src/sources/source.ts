import type { AppError } from '../errors.ts'
import type { GiveWay } from '../give-way.ts'
import type { Notification, SourceName } from '../model/alert.ts'
import type { Settings } from '../model/settings.ts'

/** A body of more bytes of UTF-8 is read in pieces, while other requests are answered. */
const LARGE_BYTES = 128 * 1024

/** The same for a text and for its bytes: a stored body must be read as it was when it was accepted. */
export function isLarge(body: string | Uint8Array): boolean {
  return (typeof body === 'string' ? Buffer.byteLength(body) : body.length) > LARGE_BYTES
}

/** What reading a payload needs beside its text. The first two are stored with it, so that it reads the same later. */
export interface ReadContext {
  receivedAt: Date
  /** IANA zone of times that carry no offset. */
  timezone: string
  /** Awaited between pieces of a few milliseconds at most. */
  giveWay: GiveWay
}

/** The channel that a request is for, or why it is refused. */
export type Addressee =
  | { kind: 'channel'; channel: string; hasCredential: boolean }
  | { kind: 'refused'; error: AppError; hasCredential: boolean }

/** What an addressee is found by. */
export type AddressedSettings = Pick<Settings, 'channels' | 'routes' | 'onlyChannel'>

/** Where the bodies of a source are posted, and how its senders are answered. */
export interface Endpoint {
  /** Each with `:channel` where the channel's name stands. */
  paths: readonly string[]
  /**
   * Finds the channel by the query, where no path names it. `hasCredential`: what the query shows replaces the
   * credentials of `auth`.
   */
  addressee?: (
    query: URLSearchParams,
    context: { settings: AddressedSettings; now: Date },
  ) => Addressee
  /** A refusal in the words of the platform whose API the sender speaks; without a code it was unforeseen. */
  refusal?: (error: Partial<Pick<AppError, 'code' | 'errcode'>> & Pick<AppError, 'message'>) => {
    errcode: number
    errmsg: string
  }
}

/** A kind of payload that senders post. */
export interface Source {
  name: SourceName
  endpoint: Endpoint
  /** Whether a body that another source cannot read is one of this source's, by its form alone. */
  recognises?: (body: unknown) => boolean
  /**
   * The alerts in a body, given as text or as the same in UTF-8, in its order; the same text gives the same alerts, for
   * a stored payload is read again when its message is made. What can be saved is saved: a bad alert among good ones
   * becomes an alert that says so. Rejects with AppError `bad_payload`, saying what is wrong and where, only for a body
   * that holds no alert.
   */
  read(body: string | Uint8Array, context: ReadContext): Promise<Notification>
}
