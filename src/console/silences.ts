import { DateTime } from 'luxon'
import type { Silence } from '../model/silence.ts'
import type { StoredAlert } from '../stores/queries.ts'
import { DATETIME_LOCAL } from './format.ts'
import type { Words } from './i18n.ts'
import type { PageContext } from './page.ts'

/** Limit on the silences that are read for one page; the newest are kept. */
const MAX_LISTED = 500

/** Returns a function that lists the silences and mutes of an alert, in the form that templates print. */
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

/**
 * True if a silence was made from this alert, covered its fingerprint when it arrived, or is a channel mute that
 * suppressed it.
 */
function isOf(silence: Silence, { id, channel, fingerprint, receivedAt, reason }: StoredAlert) {
  if (silence.channel !== channel) return false
  if (silence.alert === id) return true
  const end = silence.ended?.at ?? silence.until
  if (receivedAt < silence.madeAt || receivedAt > end) return false
  return silence.fingerprint === undefined
    ? reason === 'muted'
    : silence.fingerprint === fingerprint
}

/** One silence or mute in the form that templates print. */
export function shownSilence(silence: Silence, { now, words }: { now: Date; words: Words }) {
  const { ended, until } = silence
  return { ...silence, open: ended === undefined && until > now, endedBy: endedBy(silence, words) }
}

function endedBy({ ended }: Silence, { t }: Words): string | undefined {
  switch (ended?.by) {
    case 'alert:recovered':
      return t('by_recovered')
    case 'alert:level_rose':
      return t('by_level_rose')
    default:
      return ended?.by
  }
}

/** A silence lasts at most 30 days. */
const MAX_DAYS = 30

/** The limits of a field for the end of a silence, and its first value, which is `hours` from now. */
export function endField({ now, timezone }: { now: Date; timezone: string }, hours: number) {
  const local = DateTime.fromJSDate(now, { zone: timezone })
  return {
    earliest: local.toFormat(DATETIME_LOCAL),
    latest: local.plus({ days: MAX_DAYS }).toFormat(DATETIME_LOCAL),
    picked: local.plus({ hours }).startOf('hour').toFormat(DATETIME_LOCAL),
  }
}
