import { readGoTemplate } from './go-template.ts'
import type { GoMessage, Target, WebhookDingtalk } from './webhook-dingtalk.ts'

/** The built-in template that looks like prometheus-webhook-dingtalk's own. */
const TEMPLATE = 'webhook-dingtalk'

/** A URL with this channel name uses the routes. */
const RESERVED_NAME = 'auto'

/** The equivalent configuration as YAML; a comment marks each setting without an equivalent. */
export function convertWebhookDingtalk(config: WebhookDingtalk): string {
  const { targets } = config
  return `${[
    '# Converted from the config.yml of prometheus-webhook-dingtalk. Its URL /dingtalk/NAME/send works here too,',
    '# so Alertmanager needs no change. This file contains the same tokens and secrets: protect it the same way.',
    '',
    '# prometheus-webhook-dingtalk listens on every address; if Alertmanager is on this machine, 127.0.0.1:8060 is safer.',
    'listen: 0.0.0.0:8060',
    '# Alertmanager and Prometheus show UTC; messages show the time in this zone.',
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
    lines.push('', '# templates: Go templates are not translated. The original files:')
    for (const each of templates) lines.push(`#   ${oneLine(each)}`)
    lines.push(
      '# Put your own into templates/NAME.eta beside this file; ${name} inserts a variable.',
    )
  }
  if (noBuiltinTemplate) lines.push('', '# no_builtin_template: has no equivalent.')
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
          '    # prometheus-webhook-dingtalk ignores its timeout; here it applies to each attempt.',
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
          `  # "${RESERVED_NAME}" is reserved for routes: change Alertmanager's URL to /dingtalk/${name}-1/send.`,
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
  // The final newline makes it a text: a single word would be a template's name.
  if (body?.kind === 'literal') lines.push(`    template: ${quoted(`${body.text.trimEnd()}\n`)}`)
  else lines.push(`    template: ${TEMPLATE}`)
  return lines
}

/** A comment with the Go template, the fields it uses, and their equivalents. */
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
    ...(fields.length > 0 ? ['    # Its fields and their equivalents here:'] : []),
    ...fields.map(({ field, here }) => `    #   ${field} — ${here}`),
    ...templates.map(
      (each) => `    #   template ${JSON.stringify(each)} — defined in your template files`,
    ),
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

/** A JSON string is a valid YAML string. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
