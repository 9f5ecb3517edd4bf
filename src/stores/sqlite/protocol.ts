import { AppError, type ErrorCode, messageOf } from '../../errors.ts'
import type { Engine, Verb } from './engine.ts'
import { type Packed, unpack } from './packed.ts'

/** What the thread that holds the file is asked; a close has no reply but the thread's end. */
export type Request =
  | { kind: 'verb'; id: number; verb: Verb; values: unknown[] }
  | { kind: 'accept'; id: number; packed: Packed }
  | { kind: 'close' }

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

/** Does what a request asks and gives its reply. */
export function answer(engine: Engine, request: Exclude<Request, { kind: 'close' }>): Reply {
  const { id } = request
  try {
    if (request.kind === 'accept') return { id, value: engine.acceptAll(unpack(request.packed)) }
    const verb = engine.verbs[request.verb] as (...values: unknown[]) => unknown
    return { id, value: verb(...request.values) }
  } catch (error) {
    return { id, fault: faultOf(error) }
  }
}
