import assert from 'node:assert/strict'
import {
  type Plan,
  type PlanInput,
  plan,
  type QueuedAlert,
  type QueueState,
} from '../../src/decisions/plan.ts'
import { isSevere, type Level } from '../../src/model/level.ts'
import { channelNamed, robotNamed } from './settings.ts'

export const NOW = new Date('2026-11-24T04:30:00Z')
export const LIMITS = robotNamed('ops-1').limits

export function ago(ms: number): Date {
  return new Date(NOW.getTime() - ms)
}

/** `count` alerts, each from another request unless `perRequest` is given. */
export function queued(
  count: number,
  { level = 3 as Level, agoMs = 0, perRequest = 1, from = 1 } = {},
): QueuedAlert[] {
  return Array.from({ length: count }, (_, index) => ({
    id: from + index,
    payload: from + Math.floor(index / perRequest),
    level,
    receivedAt: ago(agoMs),
  }))
}

export function waiting(
  each: readonly QueuedAlert[],
  changes: Partial<QueueState> = {},
): QueueState {
  const oldest = new Date(Math.min(...each.map((alert) => alert.receivedAt.getTime())))
  return {
    queue: 'robot:ops-1',
    channel: channelNamed('ops'),
    peers: [],
    count: each.length,
    oldest,
    alerts: each,
    digestOpen: false,
    recent: [],
    lastMessageAt: undefined,
    messagesThisHour: 0,
    messagesToday: 0,
    ...changes,
  }
}

export function planOf(entries: readonly QueueState[], changes: Partial<PlanInput> = {}): Plan {
  const { due } = changes
  return plan({
    dueSevere: due?.level !== undefined && isSevere(due.level) ? due : undefined,
    now: NOW,
    robot: { calls: [], limits: LIMITS, pause: undefined },
    due: undefined,
    nextDueAt: undefined,
    waiting: entries,
    allowances: [],
    hourStart: new Date('2026-11-24T04:00:00Z'),
    hourEnd: new Date('2026-11-24T05:00:00Z'),
    dayEnd: new Date('2026-11-24T16:00:00Z'),
    monthEnd: new Date('2026-11-30T16:00:00Z'),
    ...changes,
  })
}

export function sendOf(made: Plan): Extract<Plan, { kind: 'send' }> {
  assert.equal(made.kind, 'send', JSON.stringify(made))
  return made as Extract<Plan, { kind: 'send' }>
}

export function calls(...agoMs: number[]): { at: Date; until: Date }[] {
  return agoMs.map((ms) => ({ at: ago(ms), until: ago(ms) }))
}
