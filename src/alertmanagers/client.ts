import type { Alertmanager } from '../model/settings.ts'
import type { Answer, SilenceApi } from './silence-api.ts'

/** A person waits for the reply, so a slower member is skipped. */
const TIMEOUT_MS = 5_000
/** A valid reply is only an id or a sentence. */
const MAX_REPLY_BYTES = 64 * 1024
const MAX_EXCERPT_LENGTH = 300

/** Alertmanager's API v2 over HTTP. Redirects are refused, because they would forward the credentials. */
export function createSilenceApi(): SilenceApi {
  return {
    create: (members, silence) =>
      firstAnswer(members, async (member) => {
        const reply = await request(member, {
          method: 'POST',
          path: 'silences',
          body: {
            ...silence,
            matchers: silence.matchers.map((each) => ({ ...each, isEqual: true })),
          },
        })
        if (reply.status !== 200) return refused(reply)
        const id = idIn(reply.text)
        return id === undefined
          ? { kind: 'refused', explanation: 'its reply contains no silence ID' }
          : { kind: 'done', value: id }
      }),
    async expire(members, id) {
      // A member that restarted with empty storage does not have the silence, but another member may.
      let unknownTo = 0
      const answer = await firstAnswer<undefined>(members, async (member) => {
        const path = `silence/${encodeURIComponent(id)}`
        const reply = await request(member, { method: 'DELETE', path })
        if (reply.status === 200) return DONE
        // Alertmanager answers 500 for a silence that has already ended.
        const { status, text } = await request(member, { method: 'GET', path })
        if (status === 200 && stateIn(text) === 'expired') return DONE
        if (status !== 404) return refused(reply)
        unknownTo += 1
        return { kind: 'unreachable', explanation: 'it has no such silence' }
      })
      return members.length > 0 && unknownTo === members.length ? DONE : answer
    },
  }
}

const DONE: Answer<undefined> = { kind: 'done', value: undefined }

async function firstAnswer<T>(
  members: readonly Alertmanager[],
  ask: (member: Alertmanager) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const failures: string[] = []
  for (const member of members) {
    const { host } = new URL(member.url)
    try {
      const answer = await ask(member)
      if (answer.kind !== 'unreachable') return answer
      failures.push(`${host}: ${answer.explanation}`)
    } catch (error) {
      failures.push(`${host}: ${explanationOf(error)}`)
    }
  }
  return {
    kind: 'unreachable',
    explanation: failures.join('; ') || 'no Alertmanager is configured',
  }
}

interface ApiRequest {
  method: 'POST' | 'DELETE' | 'GET'
  path: string
  body?: object
}

interface Reply {
  status: number
  text: string
}

async function request(member: Alertmanager, { method, path, body }: ApiRequest): Promise<Reply> {
  const { url, authorization } = member
  const response = await fetch(`${url}/api/v2/${path}`, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(authorization !== undefined && { Authorization: authorization.reveal() }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, text: await beginningOf(response) }
}

async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= MAX_REPLY_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MAX_REPLY_BYTES).toString()
}

/** A 5xx counts as unreachable, because another member may succeed. */
function refused<T>({ status, text }: Reply): Answer<T> {
  const excerpt = text.replace(/\s+/g, ' ').trim().slice(0, MAX_EXCERPT_LENGTH)
  const explanation = `HTTP ${status}${excerpt === '' ? '' : ` ${excerpt}`}`
  return { kind: status >= 500 ? 'unreachable' : 'refused', explanation }
}

function idIn(text: string): string | undefined {
  const id = (jsonIn(text) as { silenceID?: unknown } | undefined)?.silenceID
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : undefined
}

function stateIn(text: string): unknown {
  return (jsonIn(text) as { status?: { state?: unknown } } | undefined)?.status?.state
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The error of `fetch` itself is generic; its cause has the reason. */
function explanationOf(error: unknown): string {
  const { name, cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`
  return cause?.code ?? cause?.message ?? message
}
