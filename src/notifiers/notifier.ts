import type { Attempt, Content, Probe } from '../model/message.ts'
import type { Robot } from '../model/settings.ts'

/** A message ready for posting. */
export interface ReadyMessage {
  title: string
  text: string
  body: string
}

/** A platform to which messages are posted. */
export interface Notifier {
  /**
   * Returns the exact body to post in the platform's format. It contains a keyword of each robot, in title and text.
   * Mentions are also in the text, and `uuid` lets the platform drop a repeat, where it supports that. Pure. The body
   * may exceed the limit: callers measure it with `Buffer.byteLength` against `maxBodyBytes`.
   */
  compose(content: Content, robots: readonly Robot[], uuid: string): string
  /** The message of a probe; `uuid` is the key that `first` and `repeat` share. Pure. */
  probe(which: Probe, robot: Robot, uuid: string): ReadyMessage
  /** The largest body that the platform accepts, in bytes of UTF-8. */
  maxBodyBytes: number
  /**
   * Posts a body once. Never rejects, and ends within the robot's `timeoutMs`, whatever the platform or a proxy does.
   * `now` is the time in the signature.
   */
  send(robot: Robot, body: string, now: Date): Promise<Attempt>
  /** Loads code in advance that the first message would otherwise wait for. */
  warm(): Promise<void>
  /** Closes all connections; requests in progress fail. */
  close(): Promise<void>
}
