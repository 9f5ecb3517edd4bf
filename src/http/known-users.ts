import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Access } from '../model/access.ts'
import type { Compare, Comparison } from './bcrypt.ts'
import { basicPairOf } from './credentials.ts'
import { networkOf } from './login-throttle.ts'

/** `busy`: not verified, because too many passwords wait or the comparison failed. */
type UserCheck = 'user' | 'unknown' | 'busy'

/** Verifies the passwords of `basic_auth_users`, and keeps the results in memory. */
export interface KnownUsers {
  /** Verifies a request's password; `checkOf` then returns the result. Undefined if there is nothing to verify. */
  identify(
    request: IncomingMessage,
    users: Access['users'],
    address: string,
  ): Promise<void> | undefined
  checkOf(request: IncomingMessage): UserCheck
}

const MAX_REMEMBERED = 1_000
const MAX_WAITING = 32
const MAX_WAITING_OF_ONE = 4
const MIN_PAUSE_MS = 250
const PAUSE_FACTOR = 3

/**
 * Compares one password at a time. After a wrong one it pauses for three times the comparison, and at least 250 ms.
 * This allows under four guesses a second, on at most a quarter of a processor. The latest results are kept, so that a
 * known pair of name and password is not compared again. They are kept under a keyed hash, never with the password.
 */
export function createKnownUsers(deps: { clock: Clock; compare: Compare }): KnownUsers {
  const key = randomBytes(32)
  const checks = new WeakMap<IncomingMessage, UserCheck>()
  const compared = new Map<string, UserCheck>()
  const pending = new Map<string, Promise<UserCheck>>()
  // Separate, so that wrong guesses never evict the results of users.
  const guesses = new Map<string, UserCheck>()
  const compareInTurn = createSerialCompare(deps)

  async function compareOnce(pair: string, question: Question): Promise<UserCheck> {
    const isRight = await compareInTurn(question)
    if (isRight === undefined) return 'busy'
    const check = isRight ? 'user' : 'unknown'
    remember(isRight ? compared : guesses, pair, check)
    return check
  }

  return {
    identify(request, users, address) {
      const given = basicPairOf(request.headers)
      if (given === undefined) return undefined
      const at = given.indexOf(':')
      const [name, password] = at < 0 ? [given, ''] : [given.slice(0, at), given.slice(at + 1)]
      const own = users.get(name)?.reveal()
      // An unknown name is compared with another user's hash, so that the time of the reply does not reveal it.
      const hash = own ?? [...users.values()][0]?.reveal() ?? ''
      const pair = createHmac('sha256', key)
        .update(JSON.stringify([name, own ?? null, password]))
        .digest('base64')
      const known = compared.get(pair) ?? guesses.get(pair)
      if (known !== undefined) {
        checks.set(request, known)
        return undefined
      }
      const verdict =
        pending.get(pair) ??
        compareOnce(pair, { password, hash, isUser: own !== undefined, address }).finally(() =>
          pending.delete(pair),
        )
      pending.set(pair, verdict)
      return verdict.then((check) => void checks.set(request, check))
    },
    checkOf: (request) => checks.get(request) ?? 'unknown',
  }
}

interface Question extends Comparison {
  isUser: boolean
  address: string
}

/** Runs one comparison after another. The result is undefined if too many wait, or if a comparison throws. */
function createSerialCompare({ clock, compare }: { clock: Clock; compare: Compare }) {
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

function remember(results: Map<string, UserCheck>, pair: string, check: UserCheck): void {
  results.set(pair, check)
  const [oldest] = results.keys()
  if (results.size > MAX_REMEMBERED && oldest !== undefined) results.delete(oldest)
}
