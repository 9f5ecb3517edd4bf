import type { Request, Response, Router } from 'express'
import type { BulkAction } from '../model/console-page.ts'
import type { FailedMessages, OperatorActions } from '../pipeline/operator-actions.ts'
import { messageListIn } from '../reporting/list-query.ts'
import { DEMOS, type Demo } from '../reporting/sandbox-demo.ts'
import { type AdminDeps, type Gates, pathIn } from './admin.ts'
import type { ApiDeps } from './api.ts'
import { bad, textIn, textsIn } from './fields.ts'
import { queryOf } from './lists.ts'
import type { MuteDeps } from './mutes.ts'
import { FORM, PAGE_HEADERS } from './page-middleware.ts'
import { redirect } from './reply.ts'
import { lengthOf } from './silence.ts'

const BULK_ACTS = ['resend', 'dismiss'] as const satisfies readonly BulkAction['act'][]

export interface ConsoleActionDeps {
  actions: OperatorActions
  test: (channel: string) => Promise<string[]>
  unmute: MuteDeps['unmute']
  muteFor: MuteDeps['muteFor']
  testRobot: ApiDeps['testRobot']
  /** Plays a demo in the sandbox; false if there was no firing alert to resolve. */
  playDemo: (what: { kind: Demo; channel: string }) => Promise<boolean>
}

type Deps = ConsoleActionDeps & AdminDeps & { gates: Gates }

/** Replies with the page that asks a person to confirm. */
type Ask = (request: Request, response: Response, what: BulkAction) => Promise<void>

/** Adds the console's action routes. Each redirects with a notice; a bulk action first asks for confirmation. */
export function consoleActions(pages: Router, deps: Deps, ask: Ask): void {
  const { gates, actions } = deps
  pages.post('/messages/actions', PAGE_HEADERS, gates.admin, FORM, (request, response) =>
    bulk(request, response, { deps, ask }),
  )
  const act = (path: string, work: (press: Press) => Promise<string>): void => {
    pages.post(path, PAGE_HEADERS, gates.admin, FORM, async (request, response) => {
      const name = String(request.params['name'])
      const press = { name, body: request.body, by: deps.guard().addressOf(request) }
      redirect(response, await work(press))
    })
  }
  act('/messages/:name/resend', async ({ name: id, by }) => {
    await actions.resend(id, by)
    return `/messages/${encodeURIComponent(id)}?notice=resent`
  })
  act('/messages/:name/dismiss', async ({ name: id, by }) => {
    await actions.dismissAll({ ids: [id] }, { by, dryRun: false })
    return `/messages/${encodeURIComponent(id)}?notice=dismissed`
  })
  act('/channels/:name/test', async ({ name, body }) => {
    const ran = await deps.test(name)
    return returnPath(body, { at: anchorOf('channel', name), notice: 'tested', ran })
  })
  act('/channels/:name/mute', async ({ name, body, by }) => {
    await deps.muteFor(name, muteIn(body, by))
    return returnPath(body, { at: anchorOf('channel', name), notice: 'channelMuted' })
  })
  act('/mutes/:name/end', async ({ name: id, body, by }) => {
    await deps.unmute(textIn(body, 'channel'), { id, by })
    return returnPath(body, { notice: 'unmuted' })
  })
  act('/robots/:name/test', async ({ name, body }) => {
    const ran = await deps.testRobot(name)
    return returnPath(body, { at: anchorOf('robot', name), notice: 'tested', ran })
  })
  act('/robots/:name/pause', async ({ name, body, by }) => {
    await actions.pause(name, { until: endOf(textIn(body, 'for'), deps.clock.now()), by })
    return returnPath(body, { at: anchorOf('robot', name), notice: 'robotPaused' })
  })
  act('/robots/:name/resume', async ({ name, body, by }) => {
    const ended = await actions.resume(name, by)
    const notice = ended.length > 0 ? 'robotResumed' : 'robotRuns'
    return returnPath(body, { at: anchorOf('robot', name), notice })
  })
  act('/sandbox', async ({ body }) => {
    const channel = textIn(body, 'channel')
    const kind = DEMOS.find((each) => each === textIn(body, 'play'))
    if (kind === undefined) throw bad(`play: must be one of ${DEMOS.join(', ')}`)
    const played = await deps.playDemo({ kind, channel })
    return `/sandbox?${new URLSearchParams({ channel, notice: played ? `played_${kind}` : 'nothingFires' })}`
  })
}

/** A submitted form: the name or id in its path, its fields, and the address of the person. */
interface Press {
  name: string
  body: unknown
  by: string
}

function muteIn(body: unknown, address: string): Parameters<MuteDeps['muteFor']>[1] {
  const length = lengthOf(textIn(body, 'for'), textIn(body, 'until'))
  if (length === undefined || length.kind === 'recovery')
    throw bad('for: must be one of 30m, 2h, tomorrow, until')
  const matchers = textIn(body, 'matchers').trim()
  const by = textIn(body, 'by').trim().slice(0, 200) || address
  return { length, matchers: matchers === '' ? [] : [matchers], by }
}

function anchorOf(kind: 'robot' | 'channel', name: string): string {
  return `${kind}-${encodeURIComponent(name)}`
}

/**
 * The result of an action: its notice, the anchor of its button on the overview, and test messages whose outcome is
 * shown.
 */
interface ActionResult {
  at?: string
  notice: string
  ran?: readonly string[]
}

/** The URL to return to: the page that the form names in `back`, else the button on the overview. */
function returnPath(body: unknown, { at, notice, ran = [] }: ActionResult): string {
  const parameters = { notice, ...(ran.length > 0 && { ran: ran.join('.') }) }
  const back = textIn(body, 'back')
  if (back !== '') return `${pathIn(back).split('?')[0]}?${new URLSearchParams(parameters)}`
  if (at === undefined) return `/?${new URLSearchParams(parameters)}`
  return `/?${new URLSearchParams({ ...parameters, at })}#${encodeURIComponent(at)}`
}

/** Counts the selected messages and asks a person to confirm; acts once the form is confirmed. */
async function bulk(
  request: Request,
  response: Response,
  { deps, ask }: { deps: Deps; ask: Ask },
): Promise<void> {
  const { actions } = deps
  const act = BULK_ACTS.find((each) => each === textIn(request.body, 'act'))
  if (act === undefined) throw bad(`act: must be one of ${BULK_ACTS.join(', ')}`)
  const { which, fields, back } = chosenIn(request.body)
  const isConfirmed = textIn(request.body, 'confirmed') === 'yes'
  const press = { by: deps.guard().addressOf(request), dryRun: !isConfirmed }
  const done =
    which === undefined
      ? { resent: 0, outdated: 0, hasMore: false }
      : act === 'resend'
        ? await actions.resendAll(which, press)
        : { resent: await actions.dismissAll(which, press), outdated: 0, hasMore: false }
  const { resent: messages, outdated, hasMore: more } = done
  if (!isConfirmed && messages > 0) return ask(request, response, { act, messages, more, fields })
  const notice = !isConfirmed ? 'noneChosen' : act === 'resend' ? 'resentN' : 'dismissedN'
  const counts = {
    notice,
    n: String(messages),
    ...(outdated > 0 && { outdated: String(outdated) }),
  }
  redirect(response, `/messages?${new URLSearchParams({ ...back, ...counts })}`)
}

const FILTERS = ['channel', 'robot', 'kind', 'level', 'from', 'to', 'q'] as const

/** The selected messages: the ticked ones, or all that the filters match; undefined if none is ticked. */
function chosenIn(body: unknown): {
  which: FailedMessages | undefined
  fields: [string, string][]
  back: Record<string, string>
} {
  const filters = FILTERS.flatMap((name): [string, string][] => {
    const value = textIn(body, name)
    return value === '' ? [] : [[name, value]]
  })
  const back = { state: 'dead', ...Object.fromEntries(filters) }
  if (textIn(body, 'which') === 'all')
    return {
      which: queryOf(messageListIn(Object.fromEntries(filters))),
      fields: [['which', 'all'], ...filters],
      back,
    }
  const ids = textsIn(body, 'id').filter((id) => /^\d{1,15}$/.test(id))
  const fields = [...ids.map((id): [string, string] => ['id', id]), ...filters]
  return { which: ids.length === 0 ? undefined : { ids }, fields, back }
}

const MINUTE_MS = 60_000
const PAUSES: Readonly<Record<string, number | undefined>> = {
  '30m': 30 * MINUTE_MS,
  '2h': 120 * MINUTE_MS,
  '1d': 24 * 60 * MINUTE_MS,
  open: undefined,
}

/** The end of a pause of an offered length; undefined: it lasts until a person ends it. */
function endOf(length: string, now: Date): Date | undefined {
  if (!Object.hasOwn(PAUSES, length))
    throw bad(`for: must be one of ${Object.keys(PAUSES).join(', ')}`)
  const ms = PAUSES[length]
  return ms === undefined ? undefined : new Date(now.getTime() + ms)
}
