import { readGoTemplate } from './go-template.ts'
import type { GoMessage, Target, WebhookDingtalk } from './webhook-dingtalk.ts'

/** The look of prometheus-webhook-dingtalk's own templates. */
const TEMPLATE = 'webhook-dingtalk'

/** Under this name alerts find their channels by routes. */
const RESERVED_NAME = 'auto'

/** The equivalent configuration as YAML; what has none is a comment that says so. */
export function convertWebhookDingtalk(config: WebhookDingtalk): string {
  const { targets } = config
  return `${[
    '# Made from the config.yml of prometheus-webhook-dingtalk. Its address /dingtalk/NAME/send is served here as well,',
    '# so Alertmanager needs no change. It holds the tokens and secrets of that file: keep it as safe.',
    '',
    '# prometheus-webhook-dingtalk listens on every address; if Alertmanager is on this machine, 127.0.0.1:8060 is safer.',
    'listen: 0.0.0.0:8060',
    '# The dashboards of Alertmanager and Prometheus say UTC; messages say the time of this zone.',
    'timezone: Asia/Shanghai',
    'language: en-US',
    ...notesOf(config),
    '',
    'robots:',
    ...targets.flatMap((target) => robotLines(target, config)),
    '',
    'channels:',
    ...targets.flatMap((target) => channelLines(target, config)),
  ].join('\n')}\n`
}

function notesOf({ templates, noBuiltinTemplate }: WebhookDingtalk): string[] {
  const lines: string[] = []
  if (templates.length > 0) {
    lines.push('', '# templates: Go templates are not translated. These files were named there:')
    for (const each of templates) lines.push(`#   ${oneLine(each)}`)
    lines.push('# Write yours as templates/NAME.eta beside this file, with ${name} for a variable.')
  }
  if (noBuiltinTemplate)
    lines.push('', '# no_builtin_template: there is nothing to switch off here.')
  return lines
}

function robotLines({ name, url, secret }: Target, { timeout }: WebhookDingtalk): string[] {
  return [
    `  ${name}:`,
    `    webhook: ${quoted(url)}`,
    ...(secret === undefined || secret === '' ? [] : [`    secret: ${quoted(secret)}`]),
    ...(timeout === undefined
      ? []
      : [
          '    # It ignored its timeout; here it holds for each attempt.',
          `    timeout: ${quoted(timeout)}`,
        ]),
  ]
}

function channelLines(target: Target, { defaultMessage }: WebhookDingtalk): string[] {
  const { name, mention, message } = target
  const taken = name === RESERVED_NAME
  return [
    ...(taken
      ? [
          `  # "${RESERVED_NAME}" stands for routes here: change Alertmanager's address to /dingtalk/${name}-1/send.`,
        ]
      : []),
    `  ${taken ? `${name}-1` : name}:`,
    `    robots: [${name}]`,
    ...messageLines({
      title: message?.title ?? defaultMessage?.title,
      text: message?.text ?? defaultMessage?.text,
    }),
    ...(mention === undefined ? [] : mentionLines(mention)),
  ]
}

function messageLines({ title, text }: GoMessage): string[] {
  const lines: string[] = []
  const own = title === undefined || title === '' ? undefined : readGoTemplate(title)
  if (own?.kind === 'literal') lines.push(`    title: ${quoted(own.text)}`)
  if (own?.kind === 'own') lines.push(...ownLines('title', title as string, own))
  const body = text === undefined || text === '' ? undefined : readGoTemplate(text)
  if (body?.kind === 'own') lines.push(...ownLines('text', text as string, body))
  // A single word would be the name of a template.
  if (body?.kind === 'literal') lines.push(`    template: ${quoted(`${body.text.trimEnd()}\n`)}`)
  else lines.push(`    template: ${TEMPLATE}`)
  return lines
}

/** The comment that stands for a Go template: the template itself, what it used, and what that is called here. */
function ownLines(
  key: string,
  text: string,
  { fields, templates }: Extract<ReturnType<typeof readGoTemplate>, { kind: 'own' }>,
): string[] {
  return [
    `    # message.${key} was a Go template, which is not translated:`,
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => `    #   ${line.trimEnd()}`),
    ...(fields.length > 0 ? ['    # It used:'] : []),
    ...fields.map(({ field, here }) => `    #   ${field} — here ${here}`),
    ...templates.map((each) => `    #   template ${JSON.stringify(each)} — a file of your own`),
  ]
}

function mentionLines({ all, mobiles }: NonNullable<Target['mention']>): string[] {
  if (!all && mobiles.length === 0) return []
  return [
    '    mention:',
    ...(mobiles.length > 0 ? [`      mobiles: [${mobiles.map(quoted).join(', ')}]`] : []),
    ...(all ? ['      all: true'] : []),
  ]
}

/** JSON's texts are YAML's. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
