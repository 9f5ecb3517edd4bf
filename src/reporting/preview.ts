import { AppError } from '../errors.ts'
import type { MessageAlert, Notification, SourceName } from '../model/alert.ts'
import type { Button, Content, MessageKind } from '../model/message.ts'
import type { Channel, Format, Settings } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import { EXAMPLES_PER_GROUP, linkTo, MAX_QUEUED_PREVIEW } from '../pipeline/compose-message.ts'
import { levelIn } from '../pipeline/destinations.ts'
import { channelNamed } from '../pipeline/lookup.ts'
import { mentionPositionOf, messageMention } from '../pipeline/message-mention.ts'
import { robotsOf } from '../pipeline/queues.ts'
import { carriesEnough, formsFor } from '../rendering/forms/limits.ts'
import type { CountGroup, Rendered, Renderer } from '../rendering/types.ts'
import type { Source } from '../sources/source.ts'
import { yieldTurn } from '../time-slices.ts'

export interface PreviewRequest {
  channel: string
  payload: string
  /** The source whose route the payload is posted to; undefined: detected from the payload. */
  source?: SourceName
  now: Date
  /** Replaces the channel's template. */
  template?: string
  format?: Format
}

export interface PreviewDeps {
  settings: Settings
  sources: ReadonlyMap<SourceName, Source>
  notifier: Pick<Notifier, 'compose' | 'maxBodyBytes'>
  rendererFor: (channel: Channel) => Renderer
  /** The faults for which the configuration would refuse a template. Absent: only code is refused. */
  templateFaults?: (template: string) => readonly string[]
}

export interface Previewed {
  kind: MessageKind
  title: string
  text: string
  bytes: number
  faults: string[]
  /** The body that would be posted, without the parts that differ for each message. */
  body: unknown
}

export const FORMATS: readonly Format[] = ['markdown', 'text', 'actionCard']

/** Placeholder for the unique key of a message. */
const NO_UUID = '00000000-0000-4000-8000-000000000000'

/** Renders the messages that a payload would become if the robot had enough calls. Sends and stores nothing. */
export async function preview(request: PreviewRequest, deps: PreviewDeps): Promise<Previewed[]> {
  const { settings, notifier } = deps
  const channel = channelFor(request, deps)
  const notification = await readPayload(request, deps)
  const renderer = rendererOf(channel, deps)
  await yieldTurn()
  let rest = messageAlertsOf(notification, channel, request.now)
  const messages: Previewed[] = []
  while (rest.length > 0) {
    const subjects = rest.map(({ alert, level }) => ({ variables: alert.variables, level }))
    const { prerendered } = notification
    const format = prerendered?.format ?? channel.format
    const subject = { channel, alerts: subjects, now: request.now, format }
    const mention = messageMention({ ...subject, own: prerendered?.mention }, { settings })
    const contentOf = (title: string, text: string, buttons: readonly Button[] = []): Content => ({
      format,
      title,
      text,
      mention,
      mentionAt: prerendered === undefined ? mentionPositionOf(rest) : 'end',
      link: undefined,
      buttons,
    })
    const bodyOf = (content: Content): string =>
      notifier.compose(content, robotsOf(channel, settings), NO_UUID)
    const left = Math.max(1, channel.digest.maxMessages - messages.length)
    const renderAs = (form: 'full' | 'lines' | 'counts') =>
      renderer.render({
        channel,
        now: request.now,
        form,
        alerts: rest,
        messages: left,
        total: rest.length,
        from: request.now,
        to: request.now,
        groups: form === 'counts' ? countGroupsOf(rest) : [],
        delayed: undefined,
        link: linkTo(NO_UUID, settings),
        fits: (...each) => Buffer.byteLength(bodyOf(contentOf(...each))) <= notifier.maxBodyBytes,
      })
    let result: Rendered | undefined
    for (const form of rest.length > MAX_QUEUED_PREVIEW ? [] : formsFor(rest.length)) {
      const rendered = renderAs(form)
      await yieldTurn()
      if (rendered.isReadable === false || !carriesEnough(rendered.included, rest, left)) continue
      result = rendered
      break
    }
    result ??= { ...renderAs('counts'), included: rest.length }
    const content =
      prerendered === undefined
        ? contentOf(result.title, result.text, result.buttons)
        : contentOf(prerendered.title ?? result.title, prerendered.text)
    messages.push(previewedOf(result, content, bodyOf(content)))
    rest = rest.slice(Math.max(1, result.included))
    await yieldTurn()
  }
  return messages
}

/** The channel with the request's template and format. Throws AppError unknown_channel or bad_request. */
function channelFor(
  { channel: name, template, format }: PreviewRequest,
  { settings, templateFaults }: PreviewDeps,
): Channel {
  if (template !== undefined) refuseFaulty(template, templateFaults?.(template))
  const found = channelNamed(name, settings)
  return {
    ...found,
    format: format ?? found.format,
    template: template === undefined ? found.template : templateOf(template),
  }
}

type ReadDeps = Pick<PreviewDeps, 'settings' | 'sources'>

function readPayload(
  { payload, source: posted, now }: Pick<PreviewRequest, 'payload' | 'source' | 'now'>,
  { settings, sources }: ReadDeps,
): Promise<Notification> {
  const source = sources.get(posted ?? sourceOf(payload)) as Source
  return source.read(payload, { receivedAt: now, timezone: settings.timezone })
}

/** The alerts of a payload, most severe first, as if no other alert waited. */
function messageAlertsOf(
  { alerts }: Notification,
  channel: Channel,
  receivedAt: Date,
): MessageAlert[] {
  return alerts
    .filter(({ status }) => channel.sendResolved || status === 'firing')
    .map((alert) => ({
      alert,
      level: levelIn(alert, channel),
      receivedAt,
      repeats: 0,
      firedWhileWaiting: false,
    }))
    .sort((a, b) => a.level - b.level)
}

function previewedOf(
  { kind, faults, blanks }: Rendered,
  { title, text }: Content,
  body: string,
): Previewed {
  return {
    kind,
    title,
    text,
    bytes: Buffer.byteLength(body),
    faults: [...faults, ...blanks],
    body: JSON.parse(body),
  }
}

/** Throws AppError bad_request for a faulty template. The request named it: those of channels were checked at start. */
function rendererOf(channel: Channel, { rendererFor }: Pick<PreviewDeps, 'rendererFor'>): Renderer {
  try {
    return rendererFor(channel)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { message, faults } = error
    throw new AppError('bad_request', message, { cause: error, faults })
  }
}

/** Counts alerts by level, name and cluster, as a digest shows them. */
export function countGroupsOf(alerts: readonly MessageAlert[]): CountGroup[] {
  const groups = Map.groupBy(alerts, ({ alert, level }) =>
    JSON.stringify([level, alert.name, alert.cluster]),
  )
  return [...groups.values()].map((same) => {
    const { alert, level } = same[0] as MessageAlert
    const firing = same.filter((each) => each.alert.status === 'firing').length
    const { name, cluster } = alert
    return {
      level,
      name,
      cluster,
      firing,
      resolved: same.length - firing,
      examples: same.slice(0, EXAMPLES_PER_GROUP),
    }
  })
}

/** Throws AppError bad_request for a faulty template, or one with code, which may only be in the templates folder. */
function refuseFaulty(template: string, faults: readonly string[] = []): void {
  const code = template.includes('<%')
    ? ['only ${name} is allowed here; <% %> runs code, and only from the templates folder']
    : []
  const all = [...code, ...faults].map((fault) => `template: ${fault}`)
  const [first] = all
  if (first !== undefined) throw new AppError('bad_request', first, { faults: all })
}

/** The variables of a payload's first alert; empty without an alert. */
export async function variablesIn(
  request: Pick<PreviewRequest, 'payload' | 'source' | 'now'>,
  deps: ReadDeps,
): Promise<Variables> {
  const { alerts } = await readPayload(request, deps)
  return alerts[0]?.variables ?? {}
}

/** A payload with a list of alerts is Alertmanager's, even where its JSON is broken; any other is OCP's. */
export function sourceOf(payload: string): SourceName {
  try {
    const value: unknown = JSON.parse(payload)
    const alerts = (value as { alerts?: unknown } | null)?.alerts
    return Array.isArray(alerts) ? 'alertmanager' : 'ocp'
  } catch {
    const looksLike = payload.trimStart().startsWith('{') && payload.includes('"alerts"')
    return looksLike ? 'alertmanager' : 'ocp'
  }
}

function templateOf(text: string): Channel['template'] {
  return /^[\w-]+$/.test(text) ? { kind: 'named', name: text } : { kind: 'inline', text }
}
