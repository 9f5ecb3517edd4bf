import { headlineOf, type Mood } from '../reporting/headline.ts'
import type { PageSources } from './page.ts'

/** What the frame of every page says: whether something is wrong, and from when the numbers are. */
export interface FrameState {
  /** The mood of the overview's headline; `bad` where it cannot be known. */
  mood: Mood
  asOf: Date
  /** The numbers were read for somebody else a moment ago; what has changed since is not in them. */
  isCached: boolean
}

/** A page without the overview's numbers does not wait for them while they are known from this time. */
const GOOD_FOR_MS = 15_000

type Facts = Pick<PageSources, 'overview' | 'refused' | 'now'>

/** Returns the state for a page; `showsNumbers`: it shows numbers of the overview, so that they must be new. */
export function createFrameState(facts: Facts): (showsNumbers: boolean) => Promise<FrameState> {
  const last: { known: FrameState | undefined; readAt: number } = { known: undefined, readAt: 0 }
  return async (showsNumbers) => {
    const askedAt = facts.now()
    const ageMs = askedAt.getTime() - last.readAt
    if (!showsNumbers && last.known !== undefined && ageMs >= 0 && ageMs < GOOD_FOR_MS)
      return { ...last.known, asOf: askedAt, isCached: false }
    const known = await readState(askedAt, facts)
    Object.assign(last, { known, readAt: askedAt.getTime() })
    return showsNumbers ? known : { ...known, asOf: askedAt, isCached: false }
  }
}

async function readState(askedAt: Date, { overview, refused }: Facts): Promise<FrameState> {
  try {
    const current = await overview()
    const known = { storeFault: undefined, hasMessages: true, refused: refused() }
    const { mood } = headlineOf({ ...current, ...known }, current.now)
    return { mood, asOf: current.now, isCached: current.now < askedAt }
  } catch {
    return { mood: 'bad', asOf: askedAt, isCached: false }
  }
}
