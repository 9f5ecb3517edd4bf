import type { Attempt, Outcome } from '../../src/model/message.ts'
import type { Robot } from '../../src/model/settings.ts'
import { classifyFailure, DeadlineError } from '../../src/notifiers/dingtalk/classify-failure.ts'
import { classifyResponse, type Verdict } from '../../src/notifiers/dingtalk/classify-response.ts'
import { readMessage } from '../../src/sandbox/message.ts'
import type { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import type { Setup } from './history.ts'
import type { Random } from './random.ts'
import { isTooLong, NO_TOKEN, OK, OK_AS_TEXT, type Reply, TOO_MANY } from './replies.ts'

/** One call as DingTalk sees it. */
export interface Call {
  startedAt: number
  arrivedAt: number | undefined
  /** The robot's token. */
  robot: string
  uuid: string
  /** The reply, whether or not it arrived. */
  reply: Reply
  /** This call showed the message to the group. */
  shown: boolean
  /** When the caller had stored that the message was delivered. */
  knownAt: number
}

export type Fault = { at: number; kind: FaultKind; words: string }
export type FaultKind =
  | 'lost'
  | 'unexpected'
  | 'duplicated'
  | 'out of order'
  | 'over the limit'
  | 'in a penalty'
  | 'malformed'
  | 'stuck'
  | 'too soon'
  | 'by hand first'
  | 'late'

interface Scripted {
  reply: Reply
  next?: Reply
}

interface Silence {
  scope: string
  until: number
  /** When the caller had stored that the robot is throttled. */
  knownFrom: number
  cause: Call
  reply: Reply
}

/** A strict, scriptable model of DingTalk's robots in real time, which records every broken rule. */
export class Dingtalk {
  readonly calls: Call[] = []
  readonly faults: Fault[] = []
  /** A clock set while no process could notice excuses calls before this instant. */
  excusedUntil = 0
  excused = 0
  readonly #clock: VirtualClock
  readonly #setup: Setup
  readonly #random: Random
  #script: Scripted[] = []
  /** The reply to the next call of a message. */
  readonly #followUps = new Map<string, Reply>()
  readonly #broken = new Map<string, number>()
  #spell: { reply: Reply; until: number } | undefined
  #silences: Silence[] = []

  constructor(options: { clock: VirtualClock; setup: Setup; random: Random }) {
    this.#clock = options.clock
    this.#setup = options.setup
    this.#random = options.random
  }

  script(reply: Reply, count: number): void {
    this.#script.push(...Array(count).fill({ reply }))
  }

  /** Scripts the reply to one call, and to the next call of the same message by any robot. */
  lose(reply: Reply, next: Reply): void {
    this.#script.unshift({ reply, next })
  }

  /** Refuses all calls of a token. */
  break(token: string, forMs: number): void {
    this.#broken.set(token, this.#now() + forMs)
  }

  spell(reply: Reply, forMs: number): void {
    this.#spell = { reply, until: this.#now() + forMs }
  }

  /** Ends all scripted failures, but not penalties. */
  heal(): void {
    this.#script = []
    this.#spell = undefined
    this.#broken.clear()
  }

  /** One POST: the call, and the reply as its caller sees it. A request in transit may arrive even if the caller dies. */
  async send(
    robot: Robot,
    body: string,
    isGone: () => boolean,
  ): Promise<{ call: Call; heard: Attempt }> {
    const { timeoutMs } = robot
    const uuid = String((JSON.parse(body) as { msgUuid?: unknown }).msgUuid)
    const reply = this.#next(robot.key, uuid)
    const [there, back] = [this.#wayMs(timeoutMs), this.#wayMs(timeoutMs)]
    const startedAt = this.#now()
    const call: Call = {
      startedAt,
      arrivedAt: undefined,
      robot: robot.key,
      uuid,
      reply: reply ?? OK,
      shown: false,
      knownAt: Number.POSITIVE_INFINITY,
    }
    this.calls.push(call)
    const verdict = await this.#way(robot, body, { call, reply, there, back, isGone })
    return { call, heard: { ...verdict, durationMs: this.#now() - startedAt } }
  }

  /** Notes that the caller has stored the outcome of a call. */
  learned(call: Call, heard: Outcome['kind']): void {
    if (heard === 'delivered') call.knownAt = this.#now()
    if (heard !== 'throttled') return
    for (const silence of this.#silences)
      if (silence.cause === call) silence.knownFrom = this.#now()
  }

  async #way(
    robot: Robot,
    body: string,
    {
      call,
      reply,
      there,
      back,
      isGone,
    }: {
      call: Call
      reply: Reply | undefined
      there: number
      back: number
      isGone: () => boolean
    },
  ): Promise<Verdict> {
    const { timeoutMs } = robot
    const leaves = this.#random.chance(0.5)
    await this.#clock.sleep(Math.min(there, timeoutMs))
    const { unreached } = reply ?? {}
    if (unreached !== undefined)
      return classifyFailure(Object.assign(new Error(unreached.code), unreached), {
        reached: false,
      })
    if (isGone() && !leaves) return new Promise(() => {})
    const answer = this.#arrive(robot, body, { call, reply })
    call.reply = answer
    const isLate = there + back > timeoutMs || answer.mute === 'timeout'
    await this.#clock.sleep(isLate ? timeoutMs - Math.min(there, timeoutMs) : back)
    if (isLate) return classifyFailure(new DeadlineError('no answer'), { reached: true })
    if (answer.mute === 'reset')
      return classifyFailure(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), {
        reached: true,
      })
    return classifyResponse(answer, robot.expect)
  }

  #arrive(
    robot: Robot,
    body: string,
    { call, reply }: { call: Call; reply: Reply | undefined },
  ): Reply {
    const at = this.#now()
    call.arrivedAt = at
    const silence = this.#silences.find(
      ({ scope, until }) => until > at && [robot.key, robot.address].includes(scope),
    )
    const inWindow = this.calls.filter(
      (each) =>
        each.robot === call.robot &&
        each.arrivedAt !== undefined &&
        each.arrivedAt > at - robot.limits.perMs,
    ).length
    if (inWindow > robot.limits.messages)
      this.#fault('over the limit', `${inWindow} calls of ${robot.name} in a window`)
    if (silence !== undefined && call.startedAt >= silence.knownFrom)
      this.#fault('in a penalty', `${robot.name}: ${silence.until - at} ms of it are left`)
    if (silence !== undefined) return silence.reply
    if (inWindow > robot.limits.messages)
      return this.#silenced(robot, { call, reply: TOO_MANY, at })
    if (reply?.silences !== undefined) return this.#silenced(robot, { call, reply, at })
    const message = readMessage(body)
    if ('errcode' in message) {
      this.#fault('malformed', message.errmsg)
      return { name: 'malformed', status: 200, body: JSON.stringify(message), kills: 'at once' }
    }
    const before = this.calls.filter((each) => each.uuid === call.uuid && each !== call)
    const known = before.some((each) => each.shown && each.robot === call.robot)
    const answer =
      reply === undefined || (known && isTooLong(reply))
        ? this.#random.chance(0.1)
          ? OK_AS_TEXT
          : OK
        : reply
    if (answer !== OK && answer !== OK_AS_TEXT && answer.takes !== true) return answer
    call.shown = !known || !this.#setup.honours
    if (before.some((each) => each.knownAt <= call.startedAt))
      this.#fault('duplicated', `${call.uuid} was sent again although it was known to be delivered`)
    return answer
  }

  #silenced(robot: Robot, { call, reply, at }: { call: Call; reply: Reply; at: number }): Reply {
    const scope = reply.silences === 'address' ? robot.address : robot.key
    const longestMs = reply.silences === 'address' ? 300_000 : Number.POSITIVE_INFINITY
    const until = at + Math.min(robot.limits.penaltyMs, longestMs)
    this.#silences.push({ scope, until, knownFrom: Number.POSITIVE_INFINITY, cause: call, reply })
    return reply
  }

  #fault(kind: FaultKind, words: string): void {
    if (this.#now() < this.excusedUntil && kind !== 'malformed' && kind !== 'duplicated')
      this.excused += 1
    else this.faults.push({ at: this.#now(), kind, words })
  }

  #next(token: string, uuid: string): Reply | undefined {
    const now = this.#now()
    if ((this.#broken.get(token) ?? 0) > now) return NO_TOKEN
    const followUp = this.#followUps.get(uuid)
    this.#followUps.delete(uuid)
    if (followUp !== undefined) return followUp
    if (this.#spell !== undefined && this.#spell.until > now) return this.#spell.reply
    const { reply, next } = this.#script.shift() ?? {}
    if (next !== undefined) this.#followUps.set(uuid, next)
    return reply
  }

  /** Mostly short, sometimes as long as the caller's timeout. */
  #wayMs(timeoutMs: number): number {
    return this.#setup.calmFromMs === undefined && this.#random.chance(0.05)
      ? this.#random.between(1, timeoutMs)
      : this.#random.between(1, this.#setup.wayMs)
  }

  #now(): number {
    return this.#clock.now().getTime()
  }
}
