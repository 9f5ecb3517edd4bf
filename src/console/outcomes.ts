import type { StoredMessage } from '../stores/queries.ts'
import type { PageSources } from './page.ts'

const MAX_OUTCOMES = 20

/** What has come of the tests that were pressed last; their ids are in the address. */
export async function testOutcomes(
  { ran }: Readonly<Record<string, string>>,
  { store }: Pick<PageSources, 'store'>,
): Promise<StoredMessage[]> {
  if (ran === undefined || !/^\d{1,15}(\.\d{1,15})*$/.test(ran)) return []
  const ids = ran.split('.').slice(0, MAX_OUTCOMES)
  const found = await Promise.all(ids.map((id) => store.message(id, 0)))
  return found.flatMap((each) => each?.message ?? [])
}
