import { AppError } from '../../errors.ts'
import { mapGivingWay } from '../../give-way.ts'
import type { Channel, Format } from '../../model/settings.ts'
import type { Variables } from '../../model/variables.ts'
import type { Previewed } from '../../reporting/preview.ts'
import { bubbleOf } from '../chat-bubble.ts'
import { type BuiltPage, oneOf, type PageContext } from '../page.ts'
import { SAMPLES, type Sample, sampleText } from '../samples.ts'

const FORMATS: readonly Format[] = ['markdown', 'text', 'actionCard']

/** Messages shown of one payload. */
const MAX_SHOWN = 10

/** DingTalk's limit of a message body. */
const MAX_BYTES = 20_000

/** Cut of a shown body; a sender's own rendering may exceed DingTalk's limit. */
const MAX_BODY_LENGTH = 40_000
const MAX_TITLE_LENGTH = 400

/** Initial text of the template field: the built-in template's format, with variables only. */
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
interface Preview {
  messages: Previewed[]
  variables: Variables
  faults: readonly string[]
}

export async function playground(
  { request, facts, words }: PageContext,
  folder: string,
): Promise<BuiltPage> {
  const { channels } = facts.settings()
  const { query, form } = request
  const names = [...channels.keys()]
  const name = oneOf((form ?? query)['channel'], names) ?? (names[0] as string)
  const channel = channels.get(name) as Channel
  const sample = oneOf(query['sample'], SAMPLES) ?? SAMPLES[0]
  const channelTemplate = ownTemplate(channel)
  const payload = form?.['payload'] ?? sampleText(sample as Sample, folder)
  const format = oneOf(form?.['format'], FORMATS)
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
          }),
        )
  return {
    template: 'playground',
    active: '/playground',
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
      maxShown: MAX_SHOWN,
      maxBytes: MAX_BYTES,
      preview: preview && {
        ...preview,
        count: preview.messages.length,
        messages: await mapGivingWay(
          preview.messages.slice(0, MAX_SHOWN),
          withBubble,
          facts.giveWay,
        ),
      },
    },
  }
}

function withBubble(message: Previewed) {
  return {
    ...message,
    title: message.title.slice(0, MAX_TITLE_LENGTH),
    json: JSON.stringify(message.body, null, 2).slice(0, MAX_BODY_LENGTH),
    bubble: bubbleOf(JSON.stringify(message.body), message.text),
  }
}

/** Runs a preview; a user's mistake becomes a fault on the page. */
async function attempt(
  render: () => Promise<{ messages: Previewed[]; variables: Variables }>,
): Promise<Preview> {
  try {
    const { messages, variables } = await render()
    return { messages, variables, faults: [...new Set(messages.flatMap((each) => each.faults))] }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const faults = error.faults.length > 0 ? error.faults : [error.message]
    return { messages: [], variables: {}, faults }
  }
}

/** The name of a channel's template, or its text if it is inline and without code. */
function ownTemplate({ template }: Channel): { name?: string; text?: string } {
  if (template.kind === 'named') return { name: template.name }
  return template.text.includes('<%') ? {} : { text: template.text }
}
