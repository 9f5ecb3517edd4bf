import { type Coalesced, coalesce } from '../decisions/coalesce.ts'
import type { Plan } from '../decisions/plan.ts'
import type { Events } from '../events.ts'
import type { Alert, Mention, MessageAlert, PrerenderedText } from '../model/alert.ts'
import type { Level } from '../model/level.ts'
import type { Button, Content } from '../model/message.ts'
import type { Channel, Robot, Settings } from '../model/settings.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import { carriesEnough, formsFor } from '../rendering/forms/limits.ts'
import type { CountGroup, Renderer, RenderRequest, TemplateProblems } from '../rendering/types.ts'
import type { Claim, NewMessage, QueuedAlert, Store, TallyGroup } from '../stores/store.ts'
import { AUTO, destinationsFor, levelIn } from './destinations.ts'
import { mentionPositionOf, messageMention } from './message-mention.ts'
import { robotsOf } from './queues.ts'
import type { SilenceLinkOf, SilenceLinks } from './silence-subject.ts'
import { readStored, type StoredAlertsDeps } from './stored-alerts.ts'

export type SendPlan = Extract<Plan, { kind: 'send' }>

/** Alerts that are read for each line of counts in a digest, so that it can name several targets. */
export const EXAMPLES_PER_GROUP = 10
/** Limit on the lines of counts for which alerts are read; a phone screen shows no more. */
const MAX_GROUPS_WITH_EXAMPLES = 40

export interface ComposeDeps extends StoredAlertsDeps {
  store: Pick<Store, 'payloads' | 'tally'>
  notifier: Pick<Notifier, 'compose' | 'maxBodyBytes'>
  settings: Settings
  renderer: Renderer
  events: Pick<Events, 'templateFailed' | 'nameUnknown' | 'payloadUnreadable'>
  uuid: () => string
  /** Absent: messages have no links to the receiver's silence page. */
  silenceLinks?: Pick<SilenceLinks, 'linksAt'>
}

export interface ComposedMessage {
  message: NewMessage
  alerts: Claim['alerts']
}

interface Draft {
  plan: SendPlan
  base: Pick<NewMessage, 'robot' | 'robotKey' | 'queue' | 'channel' | 'uuid' | 'storm'>
  included: readonly (MessageAlert & { ids: readonly number[] })[]
  /** Alerts that still fire in the same payloads, if all included alerts are resolved. */
  stillFiring: readonly MessageAlert[]
  robots: readonly Robot[]
  /** The mentions in texts that the senders rendered. */
  mention: Mention
  limitBytes: number
  now: Date
}

interface Composing {
  draft: Draft
  deps: ComposeDeps
}

/** Composes the message for a plan: rendered, within the platform's size limit, with the alerts that it includes. */
export async function composeMessage(
  plan: SendPlan,
  {
    robot,
    queued,
    bodyBytes,
    now,
  }: { robot: Robot; queued: readonly QueuedAlert[]; bodyBytes: number | undefined; now: Date },
  deps: ComposeDeps,
): Promise<ComposedMessage> {
  const { settings, notifier } = deps
  const { channel, scope } = plan
  const ids = scope.kind === 'all' ? undefined : new Set(scope.ids)
  const chosen = ids === undefined ? queued : queued.filter(({ id }) => ids.has(id))
  const coalesced = coalesce(chosen, queued)
  const rows = coalesced.map(({ shown }) => shown)
  const read = await readStored(rows, deps)
  const linkOf = await deps.silenceLinks?.linksAt(now)
  const included = coalesced.map((each) =>
    messageAlertOf(each, read(each.shown).alert, { channel, linkOf }),
  )
  const draft: Draft = {
    plan,
    base: {
      robot: robot.name,
      robotKey: robot.key,
      queue: plan.queue,
      channel: channel.name,
      uuid: deps.uuid(),
      storm: scope.storm,
    },
    included,
    stillFiring: stillFiringOf(
      included,
      // Once per payload: hundreds of queued alerts may share one payload of thousands.
      [...new Map(rows.map((row) => [row.payload, read(row).firing])).values()].flat(),
      { channel, settings },
    ),
    mention: mergedMention(
      coalesced.flatMap((each) => read(each.shown).prerendered?.mention ?? []),
    ),
    robots: channel.mode === 'pool' ? robotsOf(channel, settings) : [robot],
    limitBytes: Math.min(notifier.maxBodyBytes, bodyBytes ?? notifier.maxBodyBytes),
    now,
  }
  const composing = { draft, deps }
  const [only] = coalesced.length === 1 ? coalesced : []
  const prerendered = only && read(only.shown).prerendered
  return (prerendered && composePrerendered(prerendered, composing)) ?? composeForm(composing)
}

/** Composes the first form that includes the message's share of the alerts, else counts, which always fit. */
async function composeForm(composing: Composing): Promise<ComposedMessage> {
  const { plan, base, included } = composing.draft
  const { scope } = plan
  if (scope.kind === 'some')
    for (const form of formsFor(included.length)) {
      const made = await renderAndCompose(form, composing)
      if (!made.isReadable || !carriesEnough(made.shown, included, scope.messages)) continue
      const ids = included.slice(0, made.shown).flatMap((each) => each.ids)
      return {
        message: { ...base, ...made.message, ...alertSummary(included, ids.length) },
        alerts: { kind: 'some', ids },
      }
    }
  return composeCounts(composing)
}

/** The number of alerts in a message, and the most severe level among them. */
function alertSummary(
  alerts: readonly { level: Level }[],
  alertCount: number,
): Pick<NewMessage, 'alertCount' | 'level'> {
  const level = Math.min(5, ...alerts.map((each) => each.level)) as Level
  return { alertCount, level }
}

/** Limit on the queued alerts that are read one by one; a message about more contains only counts. */
export const MAX_QUEUED_PREVIEW = 500

/** Composes counts of everything that waits in the queue for the channel. */
async function composeCounts({ draft, deps }: Composing): Promise<ComposedMessage> {
  const { plan, base } = draft
  const tally = await deps.store.tally(plan.queue, plan.channel.name)
  const { from, to, count } = tally
  const examplesOf = ({ examples }: TallyGroup, index: number) =>
    index < MAX_GROUPS_WITH_EXAMPLES ? examples.slice(0, EXAMPLES_PER_GROUP) : []
  const read = await readStored(tally.groups.flatMap(examplesOf), deps)
  const groups = tally.groups.map(
    (group, index): CountGroup => ({
      ...group,
      examples: examplesOf(group, index).map((ref) =>
        unchanged(read(ref).alert, group.level, from),
      ),
    }),
  )
  const counts = { from, to, total: count, groups }
  const made = await renderAndCompose('counts', { draft, deps }, counts)
  return {
    message: { ...base, ...made.message, ...alertSummary(tally.groups, count) },
    alerts: { kind: 'upTo', upTo: tally.upTo, count },
  }
}

interface FormResult {
  message: Pick<NewMessage, 'kind' | 'title' | 'text' | 'body'>
  /** How many of the alerts the message shows, counted from the first; unused for the form `counts`. */
  shown: number
  isReadable: boolean
}

/** Renders one form and composes its body. `counts` is for the form `counts`, and covers everything that waits. */
async function renderAndCompose(
  form: 'full' | 'lines' | 'counts',
  { draft, deps }: Composing,
  counts?: Pick<RenderRequest, 'from' | 'to' | 'total' | 'groups'>,
): Promise<FormResult> {
  const { plan, included, now } = draft
  const { channel } = plan
  const { uuid } = draft.base
  const subjects = included.map(({ alert, level }) => ({ variables: alert.variables, level }))
  const mention = messageMention({ channel, alerts: subjects, now, own: draft.mention }, deps)
  const received = included.map((each) => each.receivedAt.getTime())
  const link = linkTo(uuid, deps.settings)
  const bodyOf = (title: string, text: string, buttons: readonly Button[]): string => {
    const position = { mention, mentionAt: mentionPositionOf(included) }
    const content: Content = { format: channel.format, title, text, ...position, link, buttons }
    return deps.notifier.compose(content, draft.robots, uuid)
  }
  const request: RenderRequest = {
    channel,
    now,
    form,
    alerts: included,
    messages: plan.scope.kind === 'some' ? plan.scope.messages : 1,
    stillFiring: form === 'counts' ? [] : draft.stillFiring,
    total: included.length,
    from: new Date(Math.min(...received)),
    to: new Date(Math.max(...received)),
    groups: [],
    ...counts,
    delayed: plan.delayed,
    link,
    fits: (...made) => Buffer.byteLength(bodyOf(...made)) <= draft.limitBytes,
  }
  // Rendering a digest of many groups takes long while its code is not optimized.
  if (form !== 'full') await deps.renderer.prepare(request)
  const result = deps.renderer.render(request)
  reportFaults(result, channel, deps)
  const { kind, title, text } = result
  return {
    message: { kind, title, text, body: bodyOf(title, text, result.buttons) },
    shown: result.included,
    isReadable: result.isReadable ?? true,
  }
}

function renderTitle({ draft, deps }: Composing): string {
  const { channel } = draft.plan
  const result = deps.renderer.title({ channel, now: draft.now, alerts: draft.included })
  reportFaults(result, channel, deps)
  return result.title
}

function reportFaults(
  { faults, blanks }: TemplateProblems,
  channel: Channel,
  { events }: ComposeDeps,
): void {
  for (const fault of [...faults, ...blanks]) events.templateFailed(channel.name, fault)
}

/**
 * Composes the text that the sender rendered, under its title or the receiver's. Undefined if it is empty, or too large
 * to be sent as it is.
 */
function composePrerendered(
  { title: ownTitle, text, format, mention: own }: PrerenderedText,
  { draft, deps }: Composing,
): ComposedMessage | undefined {
  const { plan, base, included, now } = draft
  const [only] = included
  if (only === undefined || text.trim() === '') return undefined
  const { alert, level, ids } = only
  const title = ownTitle ?? renderTitle({ draft, deps })
  const alerts = [{ variables: alert.variables, level }]
  const mention = messageMention({ channel: plan.channel, alerts, now, format, own }, deps)
  const content: Content = { format, title, text, mention, link: undefined }
  const body = deps.notifier.compose(content, draft.robots, base.uuid)
  if (Buffer.byteLength(body) > draft.limitBytes) return undefined
  const kind = alert.status === 'resolved' ? 'recovery' : 'alert'
  return {
    message: { ...base, kind, title, text, body, ...alertSummary(included, ids.length) },
    alerts: { kind: 'some', ids },
  }
}

/** An alert that neither came again nor changed while it waited. */
function unchanged(alert: Alert, level: Level, receivedAt: Date): MessageAlert {
  return { alert, level, receivedAt, repeats: 0, firedWhileWaiting: false }
}

function messageAlertOf(
  { ids, shown, repeats, changes, firedWhileWaiting }: Coalesced<QueuedAlert>,
  alert: Alert,
  { channel, linkOf }: { channel: Channel; linkOf: SilenceLinkOf | undefined },
): MessageAlert & { ids: readonly number[] } {
  const level = levelIn(alert, channel)
  const { receivedAt } = shown
  const silenceLink = linkOf?.(alert, shown.id)
  return { alert, level, receivedAt, repeats, changes, firedWhileWaiting, ids, silenceLink }
}

function mergedMention(mentions: readonly Mention[]): Mention {
  return {
    mobiles: mentions.flatMap(({ mobiles }) => mobiles),
    users: mentions.flatMap(({ users }) => users),
    all: mentions.some(({ all }) => all),
  }
}

/** Alerts of the channel that still fire in the same payloads, if all included alerts are resolved. */
function stillFiringOf(
  included: readonly MessageAlert[],
  firing: readonly Alert[],
  { channel, settings }: { channel: Channel; settings: Settings },
): MessageAlert[] {
  if (included.some(({ alert }) => alert.status === 'firing')) return []
  const routes = destinationsFor(AUTO, settings)
  const isRoutedHere = (alert: Alert) =>
    routes.of(alert).some((to) => to.channel.name === channel.name)
  // The routes may send other alerts of the payload elsewhere, unless the sender named this channel.
  const isByRoutes =
    settings.routes.length > 0 && included.every(({ alert }) => isRoutedHere(alert))
  const over = new Set(included.map(({ alert }) => alert.fingerprint))
  const byFingerprint = new Map(firing.map((alert) => [alert.fingerprint, alert]))
  return [...byFingerprint.values()]
    .filter((alert) => !over.has(alert.fingerprint) && (!isByRoutes || isRoutedHere(alert)))
    .map((alert) =>
      unchanged(alert, levelIn(alert, channel), included[0]?.receivedAt ?? new Date(0)),
    )
    .sort((a, b) => a.level - b.level)
}

/** The address of a message's page in the console; undefined without `external_url`. */
export function linkTo(uuid: string, settings: Settings): string | undefined {
  return settings.externalUrl === undefined ? undefined : `${settings.externalUrl}/messages/${uuid}`
}
