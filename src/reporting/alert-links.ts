import type { Language } from '../model/settings.ts'
import type { DescribedAlert } from '../pipeline/silence-subject.ts'
import { wordIn } from '../rendering/i18n.ts'
import { linksOf } from '../rendering/text/links.ts'
import type { StoredAlert } from '../stores/queries.ts'

/** The links of an alert, as in its message: to http(s) pages, and to the page that silences it. Pure. */
export function alertLinksOf(
  row: StoredAlert,
  { alert, silence }: DescribedAlert,
  language: Language,
): { label: string; url: string }[] {
  const { level, receivedAt, repeats } = row
  const entry = { alert, level, receivedAt, repeats, firedWhileWaiting: false }
  const links = linksOf({ ...entry, silenceLink: silence?.path }, alert.variables)
  return links
    .filter(({ url }) => url === silence?.path || /^https?:\/\//i.test(url))
    .map(({ word, url }) => ({ label: wordIn(language, word), url }))
}
