import { mobileFrom } from '../../model/mobile.ts'
import { type Message, type Messages, type TemplateFile, translateMessages } from './messages.ts'
import type { Target, WebhookDingtalk } from './webhook-dingtalk.ts'

/** A URL with this channel name uses the routes. */
const RESERVED_NAME = 'auto'

const MARKDOWN = [
  '# As before, Markdown in labels and annotations is rendered, so the authors of alert rules can format messages. The',
  '# first line of each template in templates/, except digests, explains how to show such values literally.',
]

const SILENT =
  'its template prints nothing when all alerts are resolved. Such messages get the built-in text; to send none,'

/** A configuration of prometheus-webhook-dingtalk, converted. */
export interface Conversion {
  yaml: string
  /** The text of each template file, by its name in the folder `templates`. */
  templates: ReadonlyMap<string, string>
  /** Settings and template actions without an equivalent, one per line. */
  leftOut: string[]
  /** Differences from the messages of prometheus-webhook-dingtalk, one per line. */
  notes: string[]
}

interface ConversionInput {
  file: string
  templates: readonly TemplateFile[]
  /** Globs that match no template file. */
  missing: readonly string[]
  /** Whether the text of a message template prints nothing for resolved alerts. */
  isSilentOnRecovery: (text: string) => boolean
}

/** Converts to YAML and templates; a YAML comment marks each setting without an equivalent. */
export function convertWebhookDingtalk(
  config: WebhookDingtalk,
  { file, templates, missing, isSilentOnRecovery }: ConversionInput,
): Conversion {
  const messages = translateMessages(config, templates, file)
  const targets = config.targets.flatMap((target) => leftOutOf(target, file))
  const absent = missing.map(
    (pattern) => `templates: ${oneLine(pattern)} matches no file; name the files with --templates`,
  )
  const all = [...absent, ...messages.leftOut, ...targets]
  const robots = robotsOf(config.targets)
  const silent = config.targets.filter(({ name }) =>
    isSilentOnRecovery(textOf(name, messages) ?? ''),
  )
  const yaml = [
    '# Converted from the config.yml of prometheus-webhook-dingtalk. Its URL /dingtalk/NAME/send works here too,',
    '# so Alertmanager needs no change. This file contains the same tokens and secrets: protect it the same way.',
    '',
    '# prometheus-webhook-dingtalk listens on every address; if Alertmanager is on this machine, 127.0.0.1:8060 is safer.',
    'listen: 0.0.0.0:8060',
    '# Accepted alerts are stored in data/receiver.db beside this file, or in the StateDirectory of the systemd unit. If',
    '# the service can write to neither, configure another file:',
    '# store: sqlite:/var/lib/dingtalk-receiver/receiver.db',
    '# Messages show the time in this zone.',
    'timezone: Asia/Shanghai',
    '# The language of digests, test messages and warnings.',
    `language: ${messages.language}`,
    ...(all.length > 0 ? ['', ...all.map(commentOn)] : []),
    '',
    'robots:',
    ...robots.flatMap((robot) => robotLines(robot, { config, messages })),
    '',
    ...(messages.files.size > 0 ? MARKDOWN : []),
    'channels:',
    ...config.targets.flatMap((target) =>
      channelLines(target, {
        robot: robots.find(({ targets }) => targets.includes(target))?.name ?? target.name,
        message: messages.byTarget.get(target.name) as Message,
        isSilent: silent.includes(target),
      }),
    ),
  ]
  const leftOut = [
    ...all,
    ...new Set([...messages.byTarget.values()].flatMap((each) => each.leftOut)),
  ]
  const notes = silent.map(
    ({ name }) => `${file}: targets.${name}: ${SILENT} set send_resolved: false`,
  )
  return { yaml: `${yaml.join('\n')}\n`, templates: messages.files, leftOut, notes }
}

/** The translated template of a target's message; undefined if it has none. */
function textOf(target: string, { byTarget, files }: Messages): string | undefined {
  const template = byTarget.get(target)?.template
  return template?.kind === 'named' ? files.get(`${template.name}.message.eta`) : undefined
}

/** The YAML with the templates appended as comments, for output that cannot contain several files. */
export function inOneText({ yaml, templates }: Conversion): string {
  const files = [...templates].map(
    ([name, text]) =>
      `\n# Put this into templates/${name} beside this file, without "# " before each line:\n${commented(text)}`,
  )
  return yaml + files.join('')
}

function commented(text: string): string {
  return text
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')
    .replace(/#$/, '')
}

interface RobotOfTargets {
  name: string
  targets: Target[]
}

/** Targets with the same address and secret are one robot. */
function robotsOf(targets: readonly Target[]): RobotOfTargets[] {
  const byRobot = Map.groupBy(targets, ({ url, secret = '' }) =>
    JSON.stringify([url.trim(), secret]),
  )
  return [...byRobot.values()].map((each) => ({ name: (each[0] as Target).name, targets: each }))
}

function robotLines(
  { name, targets }: RobotOfTargets,
  { config: { timeout }, messages }: { config: WebhookDingtalk; messages: Messages },
): string[] {
  const [{ url, secret }] = targets as [Target]
  const keywords = new Set(
    targets.flatMap((each) => messages.byTarget.get(each.name)?.keywords ?? []),
  )
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
    '    # If this robot has custom keywords in DingTalk, list them here: every message, including digests, will contain one.',
    '    # DingTalk rejects messages without a keyword (code 310000).',
    `    # keywords: [${[...keywords].slice(0, 4).join(', ')}]`,
  ]
}

function channelLines(
  target: Target,
  { robot, message, isSilent }: { robot: string; message: Message; isSilent: boolean },
): string[] {
  const { name, mention } = target
  const isReserved = name === RESERVED_NAME
  const { template, title, leftOut } = message
  return [
    ...(isReserved
      ? [
          `  # "${RESERVED_NAME}" is reserved for routes: change Alertmanager's URL to /dingtalk/${name}-1/send.`,
        ]
      : []),
    `  ${isReserved ? `${name}-1` : name}:`,
    `    robots: [${robot}]`,
    ...leftOut.map((each) => `    ${commentOn(each)}`),
    ...(isSilent ? [`    # Note: ${SILENT} remove the # here:`, '    # send_resolved: false'] : []),
    ...(title === undefined ? [] : [`    title: ${quoted(title)}`]),
    // The final newline makes it a text: a single word would be a template's name.
    `    template: ${template.kind === 'named' ? template.name : quoted(`${template.text.trimEnd()}\n`)}`,
    ...(mention === undefined ? [] : mentionLines(mention)),
  ]
}

function commentOn(what: string): string {
  return `# Left out: ${oneLine(what)}`
}

/** Hosts of other platforms, whose robots understand other messages. */
const OTHER_PLATFORM = /(?:^|\.)(?:feishu\.cn|larksuite\.com|weixin\.qq\.com)$/

/** Settings of a target without an equivalent, each with its place. */
function leftOutOf({ name, url, mention }: Target, file: string): string[] {
  const host = URL.canParse(url.trim()) ? new URL(url.trim()).hostname : ''
  const foreign = OTHER_PLATFORM.test(host)
    ? [`${file}: targets.${name}.url: leads to ${host}; this receiver posts only to DingTalk`]
    : []
  const mobiles = (mention?.mobiles ?? [])
    .filter((each) => !isMobile(each))
    .map(
      (each) => `${file}: targets.${name}.mention.mobiles: ${oneLine(each)} is not a mobile number`,
    )
  return [...foreign, ...mobiles]
}

function isMobile(text: string): boolean {
  return mobileFrom(withoutAt(text)) !== undefined
}

/** A mobile without the `@` that some write before it. */
function withoutAt(mobile: string): string {
  return mobile.trim().replace(/^@+/, '')
}

function mentionLines(mention: NonNullable<Target['mention']>): string[] {
  const { all } = mention
  const mobiles = mention.mobiles.filter(isMobile)
  if (!all && mobiles.length === 0) return []
  return [
    '    mention:',
    ...(mobiles.length > 0
      ? [`      mobiles: [${mobiles.map((each) => quoted(withoutAt(each))).join(', ')}]`]
      : []),
    ...(all ? ['      all: true'] : []),
  ]
}

/** Quotes a text as JSON, which is valid YAML. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
