import type { Language } from '../model/settings.ts'
import type { DescribedAlert } from '../pipeline/silence-subject.ts'
import { wordIn } from '../rendering/i18n.ts'
import { linksOf } from '../rendering/text/links.ts'
import type { StoredAlert } from '../stores/queries.ts'

/** A link to a page outside of the console, or to the page that silences an alert. */
export interface LinkButton {
  label: string
  url: string
}

/** The links of an alert, as in its message; only http(s) pages. Pure. */
export function alertLinksOf(
  row: StoredAlert,
  { alert, silence }: DescribedAlert,
  language: Language,
): LinkButton[] {
  const { level, receivedAt, repeats } = row
  const entry = { alert, level, receivedAt, repeats, firedWhileWaiting: false }
  const links = linksOf({ ...entry, silenceLink: silence?.path }, alert.variables)
  return links
    .filter(({ url }) => url === silence?.path || /^https?:\/\//i.test(url))
    .map(({ word, url }) => {
      const isMute = url === silence?.path && silence.kind === 'mute'
      return { label: wordIn(language, isMute ? 'mute' : word), url }
    })
}
