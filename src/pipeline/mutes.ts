import type { Clock } from '../clock.ts'
import { type Mute, muteOf } from '../decisions/mute.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Alert } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Matcher } from '../model/matcher.ts'
import type { NewSilence, Silence } from '../model/silence.ts'
import type { Store } from '../stores/store.ts'
import { notOpenYet } from './awaited-store.ts'

/** Limit on the mutes that are loaded. */
const MAX_MUTES = 1_000

/** In a shared store, older mutes are read again before they decide. */
const MAX_AGE_MS = 5_000

const NONE: readonly Mute[] = []

export interface MutesDeps {
  store: Pick<Store, 'silences' | 'addSilence' | 'endSilence'>
  clock: Clock
  /** Parses matchers in Alertmanager's notation; throws for invalid ones. */
  parseMatchers: (texts: readonly string[]) => Matcher[]
  /** Whether other processes may change mutes; by default false. */
  isShared?: () => boolean
}

/** A mute to end. `by` is a person, or `alert:` and the reason (MuteEnd) for which an alert ends it. */
export interface EndedMute {
  id: string
  by: string
}

/** Decides for each alert of one request whether it is muted. */
export interface Muting {
  /** The mutes that the alerts passed to `covers` so far have ended. */
  ended: readonly EndedMute[]
  covers(alert: Alert, level: Level, channel: string): boolean
}

/**
 * The mutes in force, as in the store. Changes by this process apply at once, changes by another process after the next
 * `refresh`, at the latest after MAX_AGE_MS.
 */
export class Mutes {
  readonly #deps: MutesDeps
  #inForce: readonly Mute[] | undefined
  #refreshedAt = 0
  #refreshing: Promise<void> | undefined
  #changes = 0

  constructor(deps: MutesDeps) {
    this.#deps = deps
  }

  /** Reads the mutes from the store. */
  async refresh(): Promise<void> {
    const changes = this.#changes
    const now = this.#deps.clock.now().getTime()
    const found = await this.list()
    // The list may lack changes that this process made meanwhile.
    if (changes !== this.#changes) return this.refresh()
    this.#refreshedAt = now
    this.#inForce = found.length === 0 ? NONE : found.map((each) => this.#muteFrom(each))
  }

  /** For the alerts of one request; undefined without mutes. AppError store_unavailable before the first `refresh`. */
  async mutingAt(now: Date): Promise<Muting | undefined> {
    const { isShared } = this.#deps
    const ageMs = now.getTime() - this.#refreshedAt
    // This process was suspended, or could not read the store. Meanwhile people may have made and ended mutes.
    if (this.#inForce !== undefined && isShared?.() === true && ageMs > MAX_AGE_MS)
      await this.#refreshOnce()
    if (this.#loaded().length === 0) return undefined
    const ended: EndedMute[] = []
    return {
      ended,
      covers: ({ fingerprint, status, variables }, level, channel) => {
        const subject = { fingerprint, status, variables, level }
        const found = muteOf(subject, this.ofChannel(channel, now))
        for (const { id, why } of found.ended) ended.push({ id, by: `alert:${why}` })
        return found.muted
      },
    }
  }

  /** Lets all requests that arrive meanwhile share one read. */
  #refreshOnce(): Promise<void> {
    this.#refreshing ??= this.refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Reads the list of mutes in force from the store. */
  list(): Promise<Silence[]> {
    const { store, clock } = this.#deps
    return store.silences({ kind: 'mute', inForceAt: clock.now(), limit: MAX_MUTES })
  }

  /** Mutes that may cover alerts of a channel. AppError store_unavailable before the first `refresh`. */
  ofChannel(channel: string, now: Date): readonly Mute[] {
    return this.#loaded().filter((mute) => mute.channel === channel && mute.until > now)
  }

  /** Throws AppError bad_request, naming a matcher that cannot be parsed. */
  assertReadable(matchers: readonly string[]): void {
    for (const text of matchers)
      try {
        this.#deps.parseMatchers([text])
      } catch (error) {
        const shown = JSON.stringify(text.slice(0, 200))
        throw new AppError('bad_request', `matchers: ${shown} ${messageOf(error)}`)
      }
  }

  async add(mute: NewSilence): Promise<string> {
    const { store, clock } = this.#deps
    const id = await store.addSilence(mute)
    this.#changes += 1
    const now = clock.now()
    const others = (this.#inForce ?? NONE).filter(({ until }) => until > now)
    this.#inForce = [...others, this.#muteFrom({ ...mute, id, ended: undefined })]
    return id
  }

  /** Ends mutes and returns how many were in force. Rejects if an end cannot be stored. */
  async end(ended: readonly EndedMute[]): Promise<number> {
    const { store, clock } = this.#deps
    let count = 0
    for (const { id, by } of ended) {
      if (await store.endSilence(id, { at: clock.now(), by })) count += 1
      this.#changes += 1
      this.#inForce = this.#inForce?.filter((mute) => mute.id !== id)
    }
    return count
  }

  #loaded(): readonly Mute[] {
    if (this.#inForce === undefined) throw notOpenYet()
    return this.#inForce
  }

  #muteFrom({ id, channel, fingerprint, matchers, level, until, untilRecovery }: Silence): Mute {
    return {
      ...{ id, channel, fingerprint, level, until, untilRecovery },
      matchers: this.#deps.parseMatchers(matchers),
    }
  }
}
