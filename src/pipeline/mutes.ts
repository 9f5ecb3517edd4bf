import type { Clock } from '../clock.ts'
import { type Mute, muteOf } from '../decisions/mute.ts'
import { AppError, messageOf } from '../errors.ts'
import type { Alert } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Matcher } from '../model/matcher.ts'
import type { MuteEnd, NewSilence, Silence } from '../model/silence.ts'
import type { Store } from '../stores/store.ts'

/** More mutes at once are a slip of a program. */
const MAX_MUTES = 1_000

const NONE: readonly Mute[] = []

export interface MutesDeps {
  store: Pick<Store, 'silences' | 'addSilence' | 'endSilence'>
  clock: Clock
  /** Reads matchers in Alertmanager's notation; throws for others. */
  parseMatchers: (texts: readonly string[]) => Matcher[]
}

/** A mute that an alert has ended. */
export interface EndedMute {
  id: string
  by: string
}

/** What is muted of one request's alerts, and which mutes these end. */
export interface Muting {
  ended: readonly EndedMute[]
  covers(alert: Alert, level: Level, channel: string): boolean
}

/**
 * The mutes in force, as the store has them: what this process changes counts at once, what another process changes
 * from the next `refresh` on. While nothing is muted, asking costs nothing.
 */
export class Mutes {
  readonly #deps: MutesDeps
  #inForce: readonly Mute[] | undefined
  #changes = 0

  constructor(deps: MutesDeps) {
    this.#deps = deps
  }

  /** Reads them from the store. */
  async refresh(): Promise<void> {
    const changes = this.#changes
    const found = await this.list()
    // What this process changed meanwhile may be missing from the list.
    if (changes !== this.#changes) return this.refresh()
    this.#inForce = found.length === 0 ? NONE : found.map((each) => this.#muteFrom(each))
  }

  /** The mutes in force at an instant, for the alerts of one request; undefined where nothing is muted. */
  at(now: Date): Muting | undefined {
    if (this.#read().length === 0) return undefined
    const ended: EndedMute[] = []
    return {
      ended,
      covers: ({ fingerprint, status, variables }, level, channel) => {
        const found = muteOf({ fingerprint, status, variables, level }, this.in(channel, now))
        for (const { id, why } of found.ended) ended.push({ id, by: byAlert(why) })
        return found.muted
      },
    }
  }

  /** As the store has them now. */
  list(): Promise<Silence[]> {
    const { store, clock } = this.#deps
    return store.silences({ kind: 'mute', inForceAt: clock.now(), limit: MAX_MUTES })
  }

  /** Those that may cover alerts of a channel. AppError store_unavailable before the first `refresh`. */
  in(channel: string, now: Date): readonly Mute[] {
    return this.#read().filter((mute) => mute.channel === channel && mute.until > now)
  }

  /** AppError bad_request names a matcher that cannot be read. */
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

  /** Ends mutes and gives how many were in force; an end that is not stored rejects. */
  async end(ended: readonly { id: string; by: string }[]): Promise<number> {
    const { store, clock } = this.#deps
    let count = 0
    for (const { id, by } of ended) {
      if (await store.endSilence(id, { at: clock.now(), by })) count += 1
      this.#changes += 1
      this.#inForce = this.#inForce?.filter((mute) => mute.id !== id)
    }
    return count
  }

  #read(): readonly Mute[] {
    if (this.#inForce === undefined)
      throw new AppError(
        'store_unavailable',
        'the receiver waits for its database and accepts nothing until then',
      )
    return this.#inForce
  }

  #muteFrom({ id, channel, fingerprint, matchers, level, until, untilRecovery }: Silence): Mute {
    return {
      ...{ id, channel, fingerprint, level, until, untilRecovery },
      matchers: this.#deps.parseMatchers(matchers),
    }
  }
}

/** What is written as the one who ended a mute, where no person did. */
export function byAlert(why: MuteEnd): string {
  return `alert:${why}`
}
