import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { SourceName } from '../../model/alert.ts'
import type { Channel, Format, Settings } from '../../model/settings.ts'
import { FORMATS, type Previewed } from '../../reporting/preview.ts'
import { mapYielding } from '../../time-slices.ts'
import { bubbleOf } from '../chat-bubble.ts'
import { type BuiltPage, oneOf, type PageContext, type PageSources } from '../page.ts'

/** Limit on the messages that are shown for one payload. */
const MAX_SHOWN = 10

/** DingTalk's limit on the size of a message body. */
const MAX_BYTES = 20_000

/** Limit on the shown characters of a body; a text that a sender rendered may exceed DingTalk's limit. */
const MAX_BODY_LENGTH = 40_000
const MAX_TITLE_LENGTH = 400

/** Sample payloads, each a file in the folder `samples`. */
const SAMPLES = [
  'alertmanager',
  'group',
  'resolved',
  'ocp',
  'ocpRecovery',
  'ocpDingtalk',
  'awkward',
] as const

/** Initial template of the field, by message format; variables only. */
const STARTER: Record<Format, string> = {
  markdown: `### \${alarm_name}

- \${alarm_level}
- \${alarm_target}
- \${alarm_summary}
- \${alarm_active_at}
- \${alarm_description}
- \${alarm_url}
`,
  text: `\${alarm_name}
\${alarm_level}
\${alarm_target}
\${alarm_summary}
\${alarm_active_at}
\${alarm_description}
\${alarm_url}
`,
  actionCard: `### \${alarm_name}

\${alarm_summary}

- \${alarm_target}
- \${alarm_active_at}
`,
}

/** The result of a preview. */
type PreviewResult = Awaited<ReturnType<PageSources['preview']>>
interface Preview extends PreviewResult {
  faults: readonly string[]
  /** The HTTP status with which the route would refuse the payload. */
  refusedWith: number | undefined
}

/** The routes that a payload can be posted to. */
const ROUTES = {
  alertmanager: '/alertmanager/',
  ocp: '/ocp/',
  chat: '/robot/send',
} as const satisfies Record<SourceName, string>
const SOURCES = Object.keys(ROUTES) as SourceName[]

export async function playground(
  { request, facts, words }: PageContext,
  folder: string,
): Promise<BuiltPage> {
  const settings = facts.settings()
  const { channels } = settings
  const { query, form } = request
  const names = [...channels.keys()]
  const name = oneOf((form ?? query)['channel'], names) ?? (names[0] as string)
  const channel = channels.get(name) as Channel
  const sample = oneOf(query['sample'], SAMPLES) ?? SAMPLES[0]
  const channelTemplate = ownTemplate(channel)
  const payload = form?.['payload'] ?? sampleText(sample, folder)
  const format = oneOf(form?.['format'], FORMATS)
  const source = oneOf(form?.['source'], SOURCES)
  const uses = form?.['uses'] === 'text' ? 'text' : 'own'
  const template = form?.['template'] ?? channelTemplate.text ?? STARTER[format ?? channel.format]
  const preview =
    form === undefined
      ? undefined
      : await attempt(() =>
          facts.preview({
            channel: name,
            payload,
            ...(uses === 'text' ? { template } : {}),
            ...(format === undefined ? {} : { format }),
            ...(source === undefined ? {} : { source }),
          }),
        )
  return {
    template: 'playground',
    title: words.t('playground'),
    view: {
      channels: names,
      channel: name,
      samples: SAMPLES.map((each) => ({ name: each, word: `sample_${each}` })),
      sample: form === undefined ? sample : undefined,
      payload,
      uses,
      channelTemplate: channelTemplate.name ?? words.t('templateInline'),
      template,
      format: format ?? '',
      formats: FORMATS,
      source: source ?? '',
      sources: SOURCES.map((each) => ({
        name: each,
        route: ROUTES[each].endsWith('/') ? `${ROUTES[each]}${name}` : ROUTES[each],
      })),
      maxShown: MAX_SHOWN,
      maxBytes: MAX_BYTES,
      preview: preview && (await shownPreview(preview, channel, facts)),
    },
  }
}

function sampleText(sample: string, folder: string): string {
  return readFileSync(join(folder, 'samples', `${sample}.json`), 'utf8')
}

async function shownPreview(
  preview: Preview,
  channel: Channel,
  { settings }: Pick<PageSources, 'settings'>,
) {
  const keywords = keywordsOf(channel, settings())
  return {
    ...preview,
    count: preview.messages.length,
    ...costOf(preview.messages.length, channel, settings()),
    messages: await mapYielding(preview.messages.slice(0, MAX_SHOWN), (message) =>
      shownMessage(message, keywords),
    ),
  }
}

/** The calls that the messages cost: in mode `all` one per message and robot, in a pool one per message. */
function costOf(messages: number, { mode, robots }: Channel, { robots: all }: Settings) {
  const each = mode === 'all' ? robots.length : 1
  const limits = all.get(robots[0] as string)?.limits
  return { calls: messages * each, each, perWindow: limits?.messages, windowMs: limits?.perMs }
}

/** The robots of a channel that have keywords. */
function keywordsOf({ robots }: Channel, { robots: all }: Settings) {
  return robots.flatMap((name) => {
    const keywords = all.get(name)?.keywords ?? []
    return keywords.length === 0 ? [] : [{ robot: name, keywords }]
  })
}

function shownMessage(message: Previewed, robots: ReturnType<typeof keywordsOf>) {
  const text = `${message.title}\n${message.text}\n${textsIn(message.body)}`
  return {
    ...message,
    keywords: robots.flatMap(({ robot, keywords }) => {
      const keyword = keywords.find((each) => text.includes(each))
      return keyword === undefined ? [] : [{ robot, keyword }]
    }),
    title: message.title.slice(0, MAX_TITLE_LENGTH),
    json: JSON.stringify(message.body, null, 2).slice(0, MAX_BODY_LENGTH),
    bubble: bubbleOf(JSON.stringify(message.body), message.text),
  }
}

/** Runs a preview; an error that the user caused is returned as a fault for the page. */
async function attempt(render: () => Promise<PreviewResult>): Promise<Preview> {
  try {
    const made = await render()
    const faults = [...new Set(made.messages.flatMap((each) => each.faults))]
    return { ...made, faults, refusedWith: undefined }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const refusedWith = error.code === 'bad_payload' ? error.status : undefined
    return { messages: [], variables: {}, nearMisses: [], faults: error.lines, refusedWith }
  }
}

/** The texts of a body as posted; keywords of the robot may have been added to them. */
function textsIn(body: unknown): string {
  const { msgtype = '', ...parts } = body as Record<string, Record<string, unknown>>
  return Object.values(parts[String(msgtype)] ?? {})
    .filter((each) => typeof each === 'string')
    .join('\n')
}

/** The name of a channel's template, or its text if it is inline and without code. */
function ownTemplate({ template }: Channel): { name?: string; text?: string } {
  if (template.kind === 'named') return { name: template.name }
  return template.text.includes('<%') ? {} : { text: template.text }
}
