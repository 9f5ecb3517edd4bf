import type { Attempt, Content, Probe } from '../model/message.ts'
import type { Robot } from '../model/settings.ts'

/** A message that is ready to be posted. */
export interface ReadyMessage {
  title: string
  text: string
  body: string
}

/** A platform that messages are posted to. */
export interface Notifier {
  /**
   * The exact body to post, in the platform's shape: with the robots' keywords (one of each robot's, in title and
   * text), the mentions also in the text where the platform needs that, and the `uuid` that lets it drop a repeat.
   * Pure. It may exceed the limit: callers measure with `Buffer.byteLength` against `maxBodyBytes`.
   */
  compose(content: Content, robots: readonly Robot[], uuid: string): string
  /** The message that asks a question of a robot's platform; `uuid` is the key that `first` and `repeat` share. Pure. */
  probe(which: Probe, robot: Robot, uuid: string): ReadyMessage
  /** The largest body that the platform takes, in bytes of UTF-8. */
  maxBodyBytes: number
  /**
   * Posts a body once. Never rejects and ends within the robot's `timeoutMs`, whatever the peer or a proxy does.
   * `now` is the instant that goes into the signature.
   */
  send(robot: Robot, body: string, now: Date): Promise<Attempt>
  /** Loads what the first message would else wait for. */
  warm(): Promise<void>
  /** Gives up connections; what is under way fails. */
  close(): Promise<void>
}
