import type { MessageAlert } from '../../model/alert.ts'
import type { CountGroup } from '../types.ts'

interface StatusCounts {
  firing: number
  resolved: number
}

/** How many alerts fire, and how many are resolved. */
export function statusCounts(alerts: readonly Pick<MessageAlert, 'alert'>[]): StatusCounts {
  const firing = alerts.filter(({ alert }) => alert.status === 'firing').length
  return { firing, resolved: alerts.length - firing }
}

/** How many counted alerts fire, and how many are resolved. */
export function statusSums(groups: readonly CountGroup[]): StatusCounts {
  return {
    firing: sum(groups, ({ firing }) => firing),
    resolved: sum(groups, ({ resolved }) => resolved),
  }
}

export function sum(groups: readonly CountGroup[], of: (group: CountGroup) => number): number {
  return groups.reduce((all, group) => all + of(group), 0)
}
