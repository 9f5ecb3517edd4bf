import { headlineOf, type Mood } from '../reporting/headline.ts'
import type { PageSources } from './page.ts'

/** What the layout of every page shows: whether something is wrong, and when the numbers were read. */
export interface FrameState {
  /** The mood of the headline; `bad` if the overview cannot be read. */
  mood: Mood
  asOf: Date
  /** The numbers were read for an earlier request, and lack later changes. */
  isCached: boolean
}

/** How long a state is reused on pages that show no numbers of the overview. */
const VALID_MS = 15_000

type Facts = Pick<PageSources, 'overview' | 'refused' | 'now'>

/**
 * Returns a function that reads the state for a page; `showsNumbers`: the page shows numbers of the overview, so an
 * earlier state is not used.
 */
export function createFrameState(facts: Facts): (showsNumbers: boolean) => Promise<FrameState> {
  const last: { known: FrameState | undefined; readAt: number } = { known: undefined, readAt: 0 }
  return async (showsNumbers) => {
    const askedAt = facts.now()
    const ageMs = askedAt.getTime() - last.readAt
    if (!showsNumbers && last.known !== undefined && ageMs >= 0 && ageMs < VALID_MS)
      return { ...last.known, asOf: askedAt, isCached: false }
    const known = await readState(askedAt, facts)
    Object.assign(last, { known, readAt: askedAt.getTime() })
    return showsNumbers ? known : { ...known, asOf: askedAt, isCached: false }
  }
}

async function readState(askedAt: Date, { overview, refused }: Facts): Promise<FrameState> {
  try {
    const current = await overview()
    const { mood } = headlineOf({ ...current, hasMessages: true, refused: refused() }, current.now)
    return { mood, asOf: current.now, isCached: current.now < askedAt }
  } catch {
    return { mood: 'bad', asOf: askedAt, isCached: false }
  }
}
