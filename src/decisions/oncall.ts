import { DateTime } from 'luxon'
import type { Rota } from '../model/people.ts'

/** Who is on call at an instant, and when others take over; `next` is undefined if the people never change. */
export interface OnCall {
  people: readonly string[]
  next: { at: Date; people: readonly string[] } | undefined
}

/**
 * A handover keeps its wall-clock hour when daylight saving time begins or ends; one in the skipped hour comes an hour
 * later. Turns before the first one are counted backwards, so that people are on call at every instant.
 */
export function onCallAt(rota: Rota, now: Date): OnCall {
  const people = peopleAt(rota, now)
  let at: Date | undefined = now
  // Stops after a full round of turns without an override, because later rounds are equal.
  for (let turns = 0; turns <= rota.turns.length; ) {
    const override = overrideAt(rota, at)
    turns = override === undefined ? turns + 1 : 0
    at = override === undefined ? nextHandover(rota, at) : nextOverrideBound(rota, at)
    if (at === undefined) break
    const then = peopleAt(rota, at)
    if (!isSame(then, people)) return { people, next: { at, people: then } }
  }
  return { people, next: undefined }
}

function peopleAt(rota: Rota, at: Date): readonly string[] {
  return overrideAt(rota, at)?.people ?? turnAt(rota, at).people
}

function overrideAt({ overrides }: Rota, at: Date): Rota['overrides'][number] | undefined {
  return overrides.findLast(({ from, to }) => from <= at && at < to)
}

/** The turn that an instant falls into, and when it ends. */
function turnAt(rota: Rota, at: Date): { people: readonly string[]; to: Date } {
  const local = DateTime.fromJSDate(at, { zone: rota.timezone })
  const sinceMs = wallMs(local) - wallMs(firstOf(rota))
  // The estimate may be off by a turn, or by several short ones, where the clock repeats or skips an hour.
  let number = Math.floor(sinceMs / rota.everyMs)
  while (handover(rota, number) > at) number -= 1
  while (handover(rota, number + 1) <= at) number += 1
  const count = rota.turns.length
  const index = ((number % count) + count) % count
  return { people: rota.turns[index] ?? [], to: handover(rota, number + 1) }
}

/** The instant at which a turn begins; in a repeated hour, the first occurrence. */
function handover(rota: Rota, number: number): Date {
  const wall = wallMs(firstOf(rota)) + number * rota.everyMs
  const { year, month, day, hour, minute, second } = DateTime.fromMillis(wall, { zone: 'utc' })
  const local = DateTime.fromObject(
    { year, month, day, hour, minute, second },
    { zone: rota.timezone },
  )
  return (local.getPossibleOffsets()[0] ?? local).toJSDate()
}

function firstOf({ from, timezone }: Rota): DateTime {
  return DateTime.fromISO(from, { zone: timezone })
}

/** The wall-clock time in milliseconds, as if it were UTC. */
function wallMs(local: DateTime): number {
  return local.setZone('utc', { keepLocalTime: true }).toMillis()
}

/** The end of the turn or the next start or end of an override, whichever is first. */
function nextHandover(rota: Rota, after: Date): Date {
  const to = turnAt(rota, after).to
  const bound = nextOverrideBound(rota, after)
  return bound === undefined || to < bound ? to : bound
}

function nextOverrideBound({ overrides }: Rota, after: Date): Date | undefined {
  const bounds = overrides.flatMap(({ from, to }) => [from, to]).filter((each) => each > after)
  return bounds.length === 0
    ? undefined
    : new Date(Math.min(...bounds.map((each) => each.getTime())))
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each))
}
