import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Access } from '../model/access.ts'
import type { Compare, Comparison } from './bcrypt.ts'
import { basicPairOf } from './credentials.ts'
import { networkOf } from './login-throttle.ts'

/** `busy`: too many passwords are waiting to be verified, so that this one is not. */
export type Standing = 'user' | 'nobody' | 'busy'

/** Verifies the passwords of `basic_auth_users`, and remembers the results in memory. */
export interface KnownUsers {
  /** Verifies a request's password, after which `standingOf` knows; undefined if there is nothing to verify. */
  identify(
    request: IncomingMessage,
    users: Access['users'],
    address: string,
  ): Promise<void> | undefined
  standingOf(request: IncomingMessage): Standing
}

const MAX_REMEMBERED = 1_000
const MAX_WAITING = 32
const MAX_WAITING_OF_ONE = 4
const MIN_PAUSE_MS = 250
const PAUSE_FACTOR = 3

/**
 * Compares one password at a time, and after a wrong one pauses for three times as long as that took: guesses get four
 * comparisons a second at most, and a quarter of a processor. Each name with its password is compared once. What is kept
 * is a keyed hash, never the password.
 */
export function createKnownUsers(deps: { clock: Clock; compare: Compare }): KnownUsers {
  const key = randomBytes(32)
  const standings = new WeakMap<IncomingMessage, Standing>()
  const compared = new Map<string, Standing>()
  const pending = new Map<string, Promise<Standing>>()
  // Apart, so that guesses push no user out.
  const guesses = new Map<string, Standing>()
  const compareInTurn = createTurns(deps)

  async function compareOnce(pair: string, asked: Question): Promise<Standing> {
    const isRight = await compareInTurn(asked)
    if (isRight === undefined) return 'busy'
    const standing = isRight ? 'user' : 'nobody'
    remember(isRight ? compared : guesses, pair, standing)
    return standing
  }

  return {
    identify(request, users, address) {
      const given = basicPairOf(request.headers)
      if (given === undefined) return undefined
      const at = given.indexOf(':')
      const [name, password] = at < 0 ? [given, ''] : [given.slice(0, at), given.slice(at + 1)]
      const own = users.get(name)?.reveal()
      // An unknown name is compared too, so that its time does not show that it is unknown.
      const hash = own ?? [...users.values()][0]?.reveal() ?? ''
      const pair = createHmac('sha256', key)
        .update(JSON.stringify([name, own ?? null, password]))
        .digest('base64')
      const known = compared.get(pair) ?? guesses.get(pair)
      if (known !== undefined) {
        standings.set(request, known)
        return undefined
      }
      const verdict =
        pending.get(pair) ??
        compareOnce(pair, { password, hash, isUser: own !== undefined, address }).finally(() =>
          pending.delete(pair),
        )
      pending.set(pair, verdict)
      return verdict.then((standing) => void standings.set(request, standing))
    },
    standingOf: (request) => standings.get(request) ?? 'nobody',
  }
}

interface Question extends Comparison {
  isUser: boolean
  address: string
}

/** One comparison after the other; undefined where too many wait, or where it cannot be made. */
function createTurns({ clock, compare }: { clock: Clock; compare: Compare }) {
  const waiting = new Map<string, number>()
  let all = 0
  let last: Promise<unknown> = Promise.resolve()

  async function turn({ password, hash, isUser }: Question): Promise<boolean | undefined> {
    const began = clock.now().getTime()
    const isRight = await compare({ password, hash }).catch(() => undefined)
    if (isRight === undefined) return undefined
    if (isRight && isUser) return true
    const tookMs = clock.now().getTime() - began
    await clock.sleep(Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * tookMs))
    return false
  }

  return async (question: Question): Promise<boolean | undefined> => {
    const from = networkOf(question.address)
    const own = waiting.get(from) ?? 0
    if (all >= MAX_WAITING || own >= MAX_WAITING_OF_ONE) return undefined
    all += 1
    waiting.set(from, own + 1)
    const result = last.then(() => turn(question))
    last = result
    try {
      return await result
    } finally {
      all -= 1
      const left = (waiting.get(from) ?? 1) - 1
      if (left === 0) waiting.delete(from)
      else waiting.set(from, left)
    }
  }
}

function remember(results: Map<string, Standing>, pair: string, standing: Standing): void {
  results.set(pair, standing)
  const [oldest] = results.keys()
  if (results.size > MAX_REMEMBERED && oldest !== undefined) results.delete(oldest)
}
