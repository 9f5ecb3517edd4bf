import { DateTime } from 'luxon'
import type { Rota } from '../model/people.ts'

/** Who is on call at an instant, and when others take over; `next` is undefined where the people never change. */
export interface OnCall {
  people: readonly string[]
  next: { at: Date; people: readonly string[] } | undefined
}

/**
 * A handover keeps its wall-clock hour when daylight saving time begins or ends; one that falls into the skipped hour
 * comes an hour later. Before its first turn a rota is counted backwards, so that every instant has its people.
 */
export function onCallAt(rota: Rota, now: Date): OnCall {
  const people = peopleAt(rota, now)
  let at: Date | undefined = now
  // Between two overrides a round shows every turn there is.
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
  // An hour that the clock repeats or skips moves the guess by one turn, or more where turns are shorter.
  let number = Math.floor(sinceMs / rota.everyMs)
  while (handover(rota, number) > at) number -= 1
  while (handover(rota, number + 1) <= at) number += 1
  const count = rota.turns.length
  const index = ((number % count) + count) % count
  return { people: rota.turns[index] ?? [], to: handover(rota, number + 1) }
}

/** The instant at which a turn begins; in an hour that the clock repeats, the first time. */
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

/** The wall clock's reading as if it were UTC's, in milliseconds. */
function wallMs(local: DateTime): number {
  return local.setZone('utc', { keepLocalTime: true }).toMillis()
}

/** The end of a turn, or the begin of an override, whichever is first. */
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
