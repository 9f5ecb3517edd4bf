import type { Mention } from '../model/alert.ts'
import type { Channel } from '../model/settings.ts'
import { matches, type Subject } from './route.ts'

/** The people a message mentions: those of the channel, of each rule that one of its alerts matches, and of the sender. */
export function mentionFor(
  mention: Channel['mention'],
  alerts: readonly Subject[],
  sender?: Mention,
): Mention {
  const rules = mention.rules.filter((rule) =>
    alerts.some((alert) => matches(rule.matchers, alert)),
  )
  const all = [mention, ...rules, ...(sender === undefined ? [] : [sender])]
  return {
    mobiles: [...new Set(all.flatMap((each) => each.mobiles))],
    users: [...new Set(all.flatMap((each) => each.users))],
    all: all.some((each) => each.all),
  }
}
