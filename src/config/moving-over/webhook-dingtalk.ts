import { validate } from '../validate.ts'
import { validateWebhookDingtalk } from '../validator.ts'
import { parseConfig } from '../yaml-document.ts'
import { manifestFault } from './manifest.ts'
import type { MessageConfig, WebhookDingtalkConfig } from './webhook-dingtalk-schema.ts'

/** The Go templates of a message's title and text. */
interface GoMessage {
  title: string | undefined
  text: string | undefined
}

export interface Target {
  name: string
  url: string
  secret: string | undefined
  mention: { all: boolean; mobiles: string[] } | undefined
  message: GoMessage | undefined
}

/** The contents of prometheus-webhook-dingtalk's config.yml (2.1.0, and older keys). */
export interface WebhookDingtalk {
  timeout: string | undefined
  /** Paths of Go template files. */
  templates: string[]
  noBuiltinTemplate: boolean
  defaultMessage: GoMessage | undefined
  targets: Target[]
}

/** Reads config.yml as strictly as prometheus-webhook-dingtalk. Each fault is `file:line:column: path: reason`. */
export function readWebhookDingtalk(
  text: string,
  file: string,
): { config?: WebhookDingtalk; faults: string[] } {
  const { document, faults } = parseConfig(text, file)
  const valid = document === undefined ? { faults } : validate(document, validateWebhookDingtalk)
  if (valid.config !== undefined) return { config: contentsOf(valid.config), faults: [] }
  const manifest = manifestFault(text, file)
  return { faults: manifest === undefined ? valid.faults : [manifest] }
}

/** Whether a document is a configuration of prometheus-webhook-dingtalk rather than ours. */
export function isWebhookDingtalk(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return 'targets' in value && !('robots' in value) && !('channels' in value)
}

function contentsOf(config: WebhookDingtalkConfig): WebhookDingtalk {
  return {
    timeout: config.timeout ?? undefined,
    templates: [...(config.templates ?? []), config.template || []].flat().map(String),
    noBuiltinTemplate: config.no_builtin_template ?? false,
    defaultMessage: messageOf(config.default_message),
    targets: Object.entries(config.targets).map(([name, { url, secret, mention, message }]) => ({
      name,
      url,
      secret: textOf(secret),
      mention: mention
        ? { all: mention.all ?? false, mobiles: (mention.mobiles ?? []).map(String) }
        : undefined,
      message: messageOf(message),
    })),
  }
}

function messageOf(config: MessageConfig | undefined): GoMessage | undefined {
  return config ? { title: textOf(config.title), text: textOf(config.text) } : undefined
}

function textOf(value: string | number | null | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value)
}
