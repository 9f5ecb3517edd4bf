import { mentionFor } from '../decisions/mention.ts'
import { AppError } from '../errors.ts'
import type { GiveWay } from '../give-way.ts'
import type { MessageAlert, SourceName } from '../model/alert.ts'
import type { Button, Content, MessageKind } from '../model/message.ts'
import type { Channel, Format, Settings } from '../model/settings.ts'
import type { Variables } from '../model/variables.ts'
import type { Notifier } from '../notifiers/notifier.ts'
import {
  linkTo,
  MAX_QUEUED_PREVIEW,
  robotsOf,
  TARGETS_PER_GROUP,
} from '../pipeline/compose-message.ts'
import { levelIn } from '../pipeline/destinations.ts'
import type { CountGroup, Rendered, Renderer } from '../rendering/types.ts'
import type { Source } from '../sources/source.ts'

export interface PreviewRequest {
  channel: string
  payload: string
  now: Date
  /** In place of the channel's own. */
  template?: string
  format?: Format
}

export interface PreviewDeps {
  settings: Settings
  sources: ReadonlyMap<SourceName, Source>
  notifier: Pick<Notifier, 'compose' | 'maxBodyBytes'>
  rendererFor: (channel: Channel) => Renderer
  giveWay: GiveWay
}

export interface Previewed {
  kind: MessageKind
  title: string
  text: string
  bytes: number
  faults: string[]
  /** What would be posted, without what is made anew for each message. */
  body: unknown
}

/** Stands for the key that each real message has of its own. */
const NO_UUID = '00000000-0000-4000-8000-000000000000'

/** The messages that a payload would become, if its robot had calls enough. Sends and stores nothing. */
export async function preview(request: PreviewRequest, deps: PreviewDeps): Promise<Previewed[]> {
  const { settings, sources, notifier, giveWay } = deps
  if (request.template !== undefined) refuseCode(request.template)
  const found = settings.channels.get(request.channel)
  if (found === undefined)
    throw new AppError(
      'unknown_channel',
      `there is no channel ${JSON.stringify(request.channel)}; there is: ${[...settings.channels.keys()].join(', ')}`,
    )
  const channel: Channel = {
    ...found,
    format: request.format ?? found.format,
    template: request.template === undefined ? found.template : templateOf(request.template),
  }
  const source = sources.get(sourceOf(request.payload)) as Source
  const notification = await source.read(request.payload, {
    receivedAt: request.now,
    timezone: settings.timezone,
    giveWay,
  })
  const renderer = rendererOf(channel, deps)
  await giveWay()
  let rest = notification.alerts.map((alert) => ({
    alert,
    level: levelIn(alert, channel),
    receivedAt: request.now,
    repeats: 0,
    firedWhileWaiting: false,
  }))
  rest.sort((a, b) => a.level - b.level)
  if (!channel.sendResolved) rest = rest.filter(({ alert }) => alert.status === 'firing')
  const messages: Previewed[] = []
  while (rest.length > 0) {
    const subjects = rest.map(({ alert, level }) => ({ variables: alert.variables, level }))
    const mention = mentionFor(channel.mention, subjects, notification.prerendered?.mention)
    const contentOf = (title: string, text: string, buttons: readonly Button[] = []): Content => ({
      format: notification.prerendered?.format ?? channel.format,
      title,
      text,
      mention,
      link: undefined,
      buttons,
    })
    const composed = (content: Content): string =>
      notifier.compose(content, robotsOf(channel, settings), NO_UUID)
    const { prerendered: ready } = notification
    const made = (form: 'whole' | 'lines' | 'counts') =>
      renderer.render({
        channel,
        now: request.now,
        form,
        alerts: form === 'counts' ? [] : rest,
        total: rest.length,
        from: request.now,
        to: request.now,
        groups: form === 'counts' ? countGroupsOf(rest) : [],
        delayed: undefined,
        link: linkTo(NO_UUID, settings),
        fits: (...each) => Buffer.byteLength(composed(contentOf(...each))) <= notifier.maxBodyBytes,
      })
    const left = Math.max(1, channel.digest.maxMessages - messages.length)
    let result: Rendered | undefined
    for (const form of rest.length > MAX_QUEUED_PREVIEW ? [] : FORMS) {
      const tried = made(form)
      await giveWay()
      if (tried.told * left < rest.length) continue
      result = tried
      break
    }
    result ??= { ...made('counts'), told: rest.length }
    const content =
      ready === undefined
        ? contentOf(result.title, result.text, result.buttons)
        : contentOf(ready.title ?? result.title, ready.text)
    const body = composed(content)
    messages.push({
      kind: result.kind,
      title: content.title,
      text: content.text,
      bytes: Buffer.byteLength(body),
      faults: result.faults,
      body: JSON.parse(body),
    })
    rest = rest.slice(Math.max(1, result.told))
    await giveWay()
  }
  return messages
}

/** AppError bad_request where the template is at fault: the caller named it, and the channels' own were checked. */
function rendererOf(channel: Channel, { rendererFor }: Pick<PreviewDeps, 'rendererFor'>): Renderer {
  try {
    return rendererFor(channel)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { message, faults } = error
    throw new AppError('bad_request', message, { cause: error, faults })
  }
}

/** Whole alerts where they fit into the messages that a channel allows, else a line each; else counts, as in a storm. */
const FORMS = ['whole', 'lines'] as const

type Subject = Pick<MessageAlert, 'alert' | 'level'>

function countGroupsOf(alerts: readonly Subject[]): CountGroup[] {
  const groups = Map.groupBy(alerts, ({ alert, level }) =>
    JSON.stringify([level, alert.name, alert.cluster]),
  )
  return [...groups.values()].map((same) => {
    const { alert, level } = same[0] as Subject
    const firing = same.filter((each) => each.alert.status === 'firing').length
    const targets = same
      .slice(0, TARGETS_PER_GROUP)
      .flatMap((each) => each.alert.variables['alarm_target'] ?? [])
    const { name, cluster } = alert
    return { level, name, cluster, firing, resolved: same.length - firing, targets }
  })
}

/** Code in a template is only run from the templates folder; AppError bad_request for any other. */
export function refuseCode(template: string): void {
  if (template.includes('<%'))
    throw new AppError(
      'bad_request',
      'template: only ${name} is allowed here; <% %> runs code, and only from the templates folder',
    )
}

/** The variables that a payload's first alert brings; none where it holds no alert. */
export async function variablesIn(
  { payload, now }: Pick<PreviewRequest, 'payload' | 'now'>,
  { settings, sources, giveWay }: Pick<PreviewDeps, 'settings' | 'sources' | 'giveWay'>,
): Promise<Variables> {
  const source = sources.get(sourceOf(payload)) as Source
  const context = { receivedAt: now, timezone: settings.timezone, giveWay }
  const { alerts } = await source.read(payload, context)
  return alerts[0]?.variables ?? {}
}

/** Alertmanager's payloads are told by their list of alerts; all else is OCP's. */
export function sourceOf(payload: string): SourceName {
  try {
    const value: unknown = JSON.parse(payload)
    const alerts = (value as { alerts?: unknown } | null)?.alerts
    return Array.isArray(alerts) ? 'alertmanager' : 'ocp'
  } catch {
    return 'ocp'
  }
}

function templateOf(text: string): Channel['template'] {
  return /^[\w-]+$/.test(text) ? { kind: 'named', name: text } : { kind: 'inline', text }
}
