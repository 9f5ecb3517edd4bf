import type { StoredMessage } from '../stores/queries.ts'
import type { PageSources } from './page.ts'

const MAX_OUTCOMES = 20

/** The test messages of the last press, with their states; their ids are in the parameter `ran`. */
export async function testOutcomes(
  { ran }: Readonly<Record<string, string>>,
  { store }: Pick<PageSources, 'store'>,
): Promise<StoredMessage[]> {
  if (ran === undefined || !/^\d{1,15}(\.\d{1,15})*$/.test(ran)) return []
  const ids = ran.split('.').slice(0, MAX_OUTCOMES)
  const found = await Promise.all(ids.map((id) => store.message(id, 0)))
  return found.flatMap((each) => each?.message ?? [])
}
