import { AppError, type ErrorCode, messageOf } from '../../errors.ts'
import type { Steps } from '../../turns.ts'
import type { Accepted } from '../store.ts'
import type { Result } from './accept.ts'
import type { Engine, Verb } from './engine.ts'
import { type Packed, requestsIn, type Unpacked, unpack } from './packed.ts'

/** What the thread that holds the file is asked; a close has no reply but the thread's end. */
export type Request = VerbRequest | AcceptRequest | { kind: 'close' }

export interface VerbRequest {
  kind: 'verb'
  id: number
  verb: Verb
  values: unknown[]
}

export interface AcceptRequest {
  kind: 'accept'
  id: number
  packed: Packed
}

export type Reply = { id: number } & ({ value: unknown } | { fault: Fault })

/** An error as it crosses threads. */
export interface Fault {
  code: ErrorCode | undefined
  message: string
}

export function faultOf(error: unknown): Fault {
  return { code: error instanceof AppError ? error.code : undefined, message: messageOf(error) }
}

export function errorFrom({ code, message }: Fault): Error {
  return code === undefined ? new Error(message) : new AppError(code, message)
}

/** Does what a request asks and gives its reply; in slices where that may take long. */
export function* answer(engine: Engine, { id, verb, values }: VerbRequest): Steps<Reply> {
  try {
    const sliced =
      verb in engine.inSlices ? engine.inSlices[verb as keyof Engine['inSlices']] : undefined
    const work = (sliced ?? engine.verbs[verb]) as (...values: unknown[]) => unknown
    const value = work(...values)
    return { id, value: sliced === undefined ? value : yield* value as Steps<unknown> }
  } catch (error) {
    return { id, fault: faultOf(error) }
  }
}

/** Takes all in one transaction, with what `more` gives meanwhile; the reply to each has a result for each request. */
export function answerAccepts(
  engine: Engine,
  requests: readonly AcceptRequest[],
  more: () => readonly AcceptRequest[] = () => [],
): Reply[] {
  const asked: AcceptRequest[] = []
  const unpacked = (next: readonly AcceptRequest[]): Unpacked[] => {
    asked.push(...next)
    return next.flatMap(({ packed }) => unpack(packed))
  }
  try {
    const results = once(engine.acceptAll(unpacked(requests), () => unpacked(more())))
    let at = 0
    return asked.map(({ id, packed }) => {
      const from = at
      at += requestsIn(packed)
      return { id, value: results.slice(from, at) }
    })
  } catch (error) {
    return asked.map(({ id }) => ({ id, fault: faultOf(error) }))
  }
}

/** The same, with those in a row that say no more than where something waits as one object: it crosses threads once. */
function once(results: readonly Result<Accepted>[]): Result<Accepted>[] {
  let last: { result: Result<Accepted>; said: string } | undefined
  return results.map((result) => {
    if ('error' in result || result.value.repeated || result.value.suppressed.length > 0)
      return result
    const said = result.value.queues.join('\0')
    if (said !== last?.said) last = { result, said }
    return last.result
  })
}
