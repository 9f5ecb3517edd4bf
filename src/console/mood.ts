import { headlineOf, type Mood } from '../reporting/headline.ts'
import type { PageSources } from './page.ts'

/** What the frame of every page says: whether something is wrong, and from when the numbers are. */
export interface FrameState {
  /** The mood of the overview's headline; `bad` where it cannot be known. */
  mood: Mood
  /** Undefined where nothing could be read. */
  readAt: Date | undefined
}

export async function frameStateOf({
  overview,
  refused,
}: Pick<PageSources, 'overview' | 'refused'>): Promise<FrameState> {
  try {
    const current = await overview()
    const times = current.channels.flatMap(({ oldest }) => oldest?.getTime() ?? [])
    const oldest = times.length === 0 ? undefined : new Date(Math.min(...times))
    const known = { storeFault: undefined, hasMessages: true, refused: refused(), oldest }
    const { mood } = headlineOf({ ...current, ...known }, current.now)
    return { mood, readAt: current.now }
  } catch {
    return { mood: 'bad', readAt: undefined }
  }
}
