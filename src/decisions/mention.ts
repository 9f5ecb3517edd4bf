import type { Mention } from '../model/alert.ts'
import type { Channel } from '../model/settings.ts'
import { matches, type Subject } from './route.ts'

/** Whom a message mentions: the channel's own, and those of every rule that one of its alerts matches; each once. */
export function mentionFor(
  mention: Channel['mention'],
  alerts: readonly Subject[],
  own?: Mention,
): Mention {
  const rules = mention.rules.filter((rule) =>
    alerts.some((alert) => matches(rule.matchers, alert)),
  )
  const all = [mention, ...rules, ...(own === undefined ? [] : [own])]
  return {
    mobiles: [...new Set(all.flatMap((each) => each.mobiles))],
    users: [...new Set(all.flatMap((each) => each.users))],
    all: all.some((each) => each.all),
  }
}
