import type { Calendar } from '../decisions/calendar.ts'
import { QUOTA_WARNING_LEVEL, reachedWarningPercent } from '../decisions/quota.ts'
import type { Events } from '../events.ts'
import type { Channel, Robot, Settings } from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type { Renderer } from '../rendering/types.ts'
import type { Backlog, Store } from '../stores/store.ts'
import { plainMessage } from './plain-message.ts'
import { robotsOf } from './queues.ts'
import { allowancesOf } from './robot-state.ts'

export interface QuotaWarningDeps {
  store: Pick<Store, 'warn'>
  notifier: Pick<Notifier, 'compose'>
  events: Pick<Events, 'quotaReached'>
  uuid: () => string
  wake: (queues: readonly string[]) => void
}

/** A call, and the robot's state before it. */
export interface CountedCall extends Pick<Calendar, 'month' | 'monthEnd'> {
  robot: Robot
  channel: Channel
  queue: string
  backlog: Backlog
  now: Date
}

/** Queues a warning, once a month per threshold, when a robot or the organisation has used that share of its calls. */
export async function warnOfQuota(
  call: CountedCall,
  { settings, renderer, deps }: { settings: Settings; renderer: Renderer; deps: QuotaWarningDeps },
): Promise<void> {
  const { robot, channel, queue, backlog, month, monthEnd, now } = call
  for (const { scope, name, used: before, limit } of allowancesOf(robot, backlog, settings)) {
    const used = before + 1
    const percent = reachedWarningPercent({ used, limit })
    const warned = backlog.quotaWarnings.find((each) => each.scope === scope)?.percent ?? 0
    // A warning must not use the last call of a month.
    if (limit === undefined || percent <= warned || used >= limit) continue
    const warning = { channel, now, percent, used, limit, robot: name, endsAt: monthEnd }
    const text = { ...renderer.quota(warning), format: channel.format }
    const group = channel.mode === 'pool' ? robotsOf(channel, settings) : [robot]
    const message = plainMessage(
      text,
      { robot, group, queue, channel: channel.name, kind: 'alert', level: QUOTA_WARNING_LEVEL },
      deps,
    )
    if (!(await deps.store.warn({ month, scope, percent, message, now }))) continue
    deps.events.quotaReached({ scope: name ?? scope, percent, used, limit })
    deps.wake([queue])
  }
}
