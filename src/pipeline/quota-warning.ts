import type { Calendar } from '../decisions/calendar.ts'
import { QUOTA_WARNING_LEVEL, reachedWarningPercent } from '../decisions/quota.ts'
import type { Events } from '../events.ts'
import type { Channel, Robot, Settings } from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import type { QuotaWarning as QuotaText, Renderer } from '../rendering/types.ts'
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

interface WarningContext {
  settings: Settings
  renderer: Renderer
  deps: QuotaWarningDeps
}

/**
 * Logs and queues a warning, once a month per threshold, when a robot or the organisation has used that share of its
 * calls. When the last call is used, it only logs, because no call is left for a message.
 */
export async function warnOfQuota(call: CountedCall, context: WarningContext): Promise<void> {
  const { settings, deps } = context
  const { robot, queue, backlog, month, now } = call
  for (const { scope, name, used: before, limit } of allowancesOf(robot, backlog, settings)) {
    const used = before + 1
    const percent = reachedWarningPercent({ used, limit })
    const warned = backlog.quotaWarnings.find((each) => each.scope === scope)?.percent ?? 0
    if (limit === undefined || percent <= warned) continue
    const message =
      used < limit ? messageFor({ percent, used, limit, robot: name }, call, context) : undefined
    if (!(await deps.store.warn({ month, scope, percent, message, now }))) continue
    deps.events.quotaReached({ scope: name ?? scope, percent, used, limit })
    if (message !== undefined) deps.wake([queue])
  }
}

function messageFor(
  reached: Pick<QuotaText, 'percent' | 'used' | 'limit' | 'robot'>,
  { robot, channel, queue, monthEnd, now }: CountedCall,
  { settings, renderer, deps }: WarningContext,
) {
  const text = renderer.quota({ ...reached, channel, now, endsAt: monthEnd })
  const group = channel.mode === 'pool' ? robotsOf(channel, settings) : [robot]
  return plainMessage(
    { ...text, format: channel.format },
    { robot, group, queue, channel: channel.name, kind: 'alert', level: QUOTA_WARNING_LEVEL },
    deps,
  )
}
