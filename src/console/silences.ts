import type { Silence } from '../model/silence.ts'
import type { StoredAlert } from '../stores/queries.ts'
import type { PageContext } from './page.ts'
import { shownSilence } from './pages/silence.ts'

/** Of one page; the newest are looked at. */
const MAX_LISTED = 500

/** Gives what was silenced of an alert, by whom and until when: ready for the partial of an alert. */
export async function silencesOn(
  alerts: readonly { alert: StoredAlert }[],
  { facts, words }: Pick<PageContext, 'facts' | 'words'>,
): Promise<(alert: StoredAlert) => ReturnType<typeof shownSilence>[]> {
  if (alerts.length === 0) return () => []
  const oldest = Math.min(...alerts.map(({ alert }) => alert.receivedAt.getTime()))
  const found = await facts.store.silences({ since: new Date(oldest), limit: MAX_LISTED })
  const now = facts.now()
  return (alert) =>
    found.filter((each) => isOf(each, alert)).map((each) => shownSilence(each, { now, words }))
}

/** Made from this alert, or for the same one while it held; a mute of a channel, where it kept this alert back. */
function isOf(silence: Silence, { id, channel, fingerprint, receivedAt, reason }: StoredAlert) {
  if (silence.channel !== channel) return false
  if (silence.alert === id) return true
  const end = silence.ended?.at ?? silence.until
  if (receivedAt < silence.madeAt || receivedAt > end) return false
  return silence.fingerprint === undefined
    ? reason === 'muted'
    : silence.fingerprint === fingerprint
}
