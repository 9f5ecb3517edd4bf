import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import type { Status } from '../../src/model/alert.ts'
import type { Level } from '../../src/model/level.ts'
import { SAME_ROBOT_MS } from '../../src/model/message.ts'
import type { IncomingAlert, LastNotified } from '../../src/stores/incoming.ts'

/** An alert in a queue: it waits, or belongs to a message. */
export type Place = 'waits' | string

export interface ModelAlert {
  id: string
  incoming: IncomingAlert
  suppressed: boolean
  /** A later one about the same alert had overtaken it in the queue to which it was moved. */
  overtaken: boolean
  /** The alert's places by queue. */
  places: Map<string, Place>
}

export interface ModelMessage {
  id: string
  queue: string
  state: 'pending' | 'sending' | 'sent' | 'dead'
  call: number
  elsewhereAt: number
  mayHaveArrived: boolean
  /** It took all that waited, in part as ranges of alerts. */
  isDigest: boolean
  /** The queue in which it was created; its robot stays that of the message. */
  robotOf: string
  alertCount: number
}

type Last = LastNotified & { alert: string }

/** The simplest model of a store: one channel, and alerts by id. */
export class Model {
  readonly alerts: ModelAlert[] = []
  readonly messages = new Map<string, ModelMessage>()
  readonly #last = new Map<string, Last>()

  /** Returns the queues that the alert goes into. */
  accept(id: string, incoming: IncomingAlert, now: Date): string[] {
    const { queues, status, level, fingerprint, group, suppressed } = incoming
    const through = queues.filter(
      (queue) => suppressed === undefined && this.#passes(incoming, queue, now),
    )
    for (const queue of queues) {
      const last = this.#last.get(`${queue} ${group}`)
      if (suppressed === undefined && !through.includes(queue)) continue
      this.#last.set(`${queue} ${group}`, {
        ...{ alert: id, status, level, fingerprint, startsAt: undefined },
        firingAt: status === 'firing' ? now : last?.firingAt,
        resolvedAt: status === 'resolved' ? now : last?.resolvedAt,
      })
    }
    const places = new Map(through.map((queue) => [queue, 'waits' as Place]))
    this.alerts.push({ id, incoming, suppressed: through.length === 0, overtaken: false, places })
    return through
  }

  #passes(incoming: IncomingAlert, queue: string, now: Date): boolean {
    const last = this.#last.get(`${queue} ${incoming.group}`)
    return (
      reasonToSuppress(incoming, last, now) === undefined ||
      (last !== undefined &&
        (this.#isDead(queue, last.alert) || this.#isOld(incoming.queues, incoming.group, last)))
    )
  }

  /** True if since then another queue got another status of the same aggregation key. */
  #isOld(queues: readonly string[], group: string, last: Pick<Last, 'alert' | 'status'>): boolean {
    return [...this.#last].some(([key, other]) => {
      const [otherQueue, otherGroup] = key.split(' ') as [string, string]
      return (
        otherGroup === group &&
        !queues.includes(otherQueue) &&
        Number(other.alert) > Number(last.alert) &&
        other.status !== last.status &&
        !this.#isDead(otherQueue, other.alert)
      )
    })
  }

  /** True if an alert that was let through will not be delivered to the queue's group. */
  #isDead(queue: string, id: string): boolean {
    const alert = this.alerts.find((each) => each.id === id)
    if (alert === undefined) return false
    const place = alert.places.get(queue)
    if (place === undefined) return !alert.suppressed || alert.overtaken
    return place !== 'waits' && this.messages.get(place)?.state === 'dead'
  }

  /** The waiting alerts of a queue, including blocked ones. */
  waiting(queue: string): ModelAlert[] {
    return this.alerts.filter(({ places }) => places.get(queue) === 'waits')
  }

  isOpen(place: Place | undefined): boolean {
    const state = place === undefined ? undefined : this.messages.get(place)?.state
    return state === 'pending' || state === 'sending'
  }

  openMessages(queue: string): ModelMessage[] {
    return [...this.messages.values()].filter(
      (each) => each.queue === queue && this.isOpen(each.id),
    )
  }

  carriedBy(message: string): ModelAlert[] {
    return this.alerts.filter(({ places }) => [...places.values()].includes(message))
  }

  claim(message: ModelMessage, taken: readonly string[]): void {
    this.messages.set(message.id, message)
    for (const alert of this.alerts)
      if (taken.includes(alert.id)) alert.places.set(message.queue, message.id)
  }

  requeue(id: string): void {
    for (const { places } of this.carriedBy(id))
      for (const [queue, place] of places) if (place === id) places.set(queue, 'waits')
  }

  recover(now: number): number {
    let recovered = 0
    for (const message of this.messages.values())
      if (message.state === 'sending') {
        message.state = 'pending'
        message.mayHaveArrived = true
        message.elsewhereAt = Math.max(message.elsewhereAt, now + SAME_ROBOT_MS)
        recovered += 1
      }
    return recovered
  }

  /** The alerts of a dead message that no later alert has overtaken. */
  current({ id, queue }: ModelMessage): { current: ModelAlert[]; outdated: number } {
    const carried = this.carriedBy(id)
    const current = carried.filter((alert) => {
      const last = this.#last.get(`${queue} ${alert.incoming.group}`)
      const isNewer = last !== undefined && Number(last.alert) > Number(alert.id)
      const own = { alert: alert.id, status: alert.incoming.status }
      return (
        (!isNewer || this.#isDead(queue, last.alert)) &&
        !this.#isOld([queue], alert.incoming.group, own)
      )
    })
    return { current, outdated: carried.length - current.length }
  }

  /** Moves everything from one queue to another; undefined while a message is in flight. */
  reassign(from: string, to: string, now: number): number {
    const open = this.openMessages(from)
    if (open.some(({ state }) => state === 'sending')) return 0
    for (const message of open) {
      const isHome = message.robotOf === to
      const isTakenOver =
        !isHome &&
        this.carriedBy(message.id).some((each) => each.places.has(to) || this.#isGot(each, to))
      if (message.elsewhereAt > now && !isTakenOver) this.#moveMessage(message, from, to)
      else {
        this.requeue(message.id)
        message.state = 'dead'
      }
    }
    const waiting = this.waiting(from)
    let moved = waiting.length
    for (const alert of waiting) {
      alert.places.delete(from)
      if (!this.#isGot(alert, to) && this.#isOvertaken(alert, to)) {
        alert.overtaken = true
        moved -= 1
      } else if (!alert.places.has(to)) alert.places.set(to, 'waits')
      if (alert.places.size === 0) alert.suppressed = true
      this.#moveLast(alert, from, to)
    }
    return moved
  }

  /** True if a later one about the same alert is sent, or in an open message. */
  #isOvertaken({ id, incoming: { fingerprint } }: ModelAlert, queue: string): boolean {
    return this.alerts.some((each) => {
      const place = each.places.get(queue)
      return (
        each.incoming.fingerprint === fingerprint &&
        Number(each.id) > Number(id) &&
        this.#isTaken(place)
      )
    })
  }

  /** True if the robot of a queue has sent the alert. */
  #isGot({ places }: ModelAlert, queue: string): boolean {
    const place = places.get(queue)
    return this.#isTaken(place) && this.messages.get(place as string)?.robotOf === queue
  }

  /** True if the alert is sent or in an open message. */
  #isTaken(place: Place | undefined): boolean {
    return this.isOpen(place) || (place !== undefined && this.messages.get(place)?.state === 'sent')
  }

  #moveMessage(message: ModelMessage, from: string, to: string): void {
    message.queue = to
    let kept = 0
    for (const alert of this.carriedBy(message.id)) {
      alert.places.delete(from)
      if (alert.places.has(to)) continue
      alert.places.set(to, message.id)
      kept += 1
      this.#moveLast(alert, from, to)
    }
    if (kept === 0 && message.alertCount > 0) message.state = 'dead'
  }

  #moveLast({ id, incoming: { group } }: ModelAlert, from: string, to: string): void {
    const [last, there] = [from, to].map((queue) => this.#last.get(`${queue} ${group}`))
    if (last?.alert === id && Number(id) > Number(there?.alert ?? 0))
      this.#last.set(`${to} ${group}`, last)
  }

  /** Deletes ended alerts and messages, and with an alert the knowledge that it was the last of its aggregation key. */
  prune(): void {
    for (const message of this.messages.values()) {
      if (this.isOpen(message.id)) continue
      for (const { places } of this.carriedBy(message.id))
        for (const [queue, place] of places) if (place === message.id) places.delete(queue)
      this.messages.delete(message.id)
    }
    const kept = this.alerts.filter(({ places }) => places.size > 0)
    this.alerts.splice(0, this.alerts.length, ...kept)
    const ids = new Set(kept.map(({ id }) => id))
    for (const [key, { alert }] of this.#last) if (!ids.has(alert)) this.#last.delete(key)
  }

  stateOf(alert: ModelAlert): string {
    if (alert.suppressed) return 'suppressed'
    const places = [...alert.places.values()]
    if (places.includes('waits')) return 'pending'
    if (places.some((place) => this.isOpen(place))) return 'sending'
    const isDead = places.some((place) => this.messages.get(place)?.state === 'dead')
    return isDead ? 'dead' : 'sent'
  }
}

/** A seeded random generator (mulberry32): its seed repeats a failing sequence. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % limit
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

export const STATUSES: readonly Status[] = ['firing', 'firing', 'resolved']
export const LEVELS: readonly Level[] = [1, 3, 3, 4]
