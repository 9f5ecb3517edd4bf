import { suggestion } from '../../suggestion.ts'
import { DURATION_PATTERN } from '../duration.ts'
import type { Path } from '../settings-context.ts'
import { type ConfigDocument, parseConfig } from '../yaml-document.ts'

/** The Go templates of a message's title and text. */
export interface GoMessage {
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

const KEYS = {
  top: ['timeout', 'templates', 'template', 'no_builtin_template', 'default_message', 'targets'],
  target: ['url', 'secret', 'mention', 'message'],
  mention: ['all', 'mobiles'],
  message: ['title', 'text'],
} as const

const TARGET_NAME = /^[a-zA-Z][a-zA-Z0-9_-]*$/

/** Reads config.yml as strictly as prometheus-webhook-dingtalk. Each fault is `file:line:column: path: reason`. */
export function readWebhookDingtalk(
  text: string,
  file: string,
): { config?: WebhookDingtalk; faults: string[] } {
  const { document, faults } = parseConfig(text, file)
  if (document === undefined) return { faults }
  const reading = new Reading(document)
  const config = reading.config()
  return reading.faults.length > 0 ? { faults: reading.faults } : { config, faults: [] }
}

/** Whether a document is a configuration of prometheus-webhook-dingtalk rather than ours. */
export function isWebhookDingtalk(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return 'targets' in value && !('robots' in value) && !('channels' in value)
}

type Mapping = Record<string, unknown>

/** Collects every fault of one document. */
class Reading {
  readonly faults: string[] = []
  readonly #document: ConfigDocument

  constructor(document: ConfigDocument) {
    this.#document = document
  }

  config(): WebhookDingtalk {
    const top = this.#mapping(this.#document.value ?? {}, [], KEYS.top) ?? {}
    const timeout = this.#text(top, 'timeout', [])
    if (timeout !== undefined && !new RegExp(DURATION_PATTERN).test(timeout))
      this.#fault(['timeout'], 'must be a duration such as 5s')
    const older = this.#text(top, 'template', [])
    return {
      timeout,
      templates: [
        ...this.#texts(top, 'templates', []),
        ...(older === undefined || older === '' ? [] : [older]),
      ],
      noBuiltinTemplate: this.#flag(top, 'no_builtin_template', []),
      defaultMessage: this.#message(top, 'default_message', []),
      targets: this.#targets(top['targets']),
    }
  }

  #targets(value: unknown): Target[] {
    const targets = value === undefined || value === null ? {} : this.#mapping(value, ['targets'])
    const names = Object.keys(targets ?? {})
    if (targets !== undefined && names.length === 0)
      this.#fault(['targets'], 'contains no target to convert')
    return names.map((name) => {
      const path = ['targets', name]
      if (!TARGET_NAME.test(name))
        this.#fault(path, 'must begin with a letter and contain only letters, digits, _ and -')
      const found = this.#mapping(targets?.[name], path, KEYS.target)
      const target = found ?? {}
      const url = this.#text(target, 'url', path)
      if (found !== undefined && !url?.trim()) this.#fault(path, 'url is missing')
      return {
        name,
        url: url ?? '',
        secret: this.#text(target, 'secret', path),
        mention: this.#mention(target['mention'], [...path, 'mention']),
        message: this.#message(target, 'message', path),
      }
    })
  }

  #mention(value: unknown, path: Path): Target['mention'] {
    if (value === undefined || value === null) return undefined
    const mention = this.#mapping(value, path, KEYS.mention) ?? {}
    return {
      all: this.#flag(mention, 'all', path),
      mobiles: this.#texts(mention, 'mobiles', path),
    }
  }

  #message(from: Mapping, key: string, path: Path): GoMessage | undefined {
    const value = from[key]
    if (value === undefined || value === null) return undefined
    const where = [...path, key]
    const message = this.#mapping(value, where, KEYS.message) ?? {}
    return { title: this.#text(message, 'title', where), text: this.#text(message, 'text', where) }
  }

  #mapping(value: unknown, path: Path, known?: readonly string[]): Mapping | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#fault(path, 'must be a mapping')
      return undefined
    }
    for (const key of Object.keys(value))
      if (known !== undefined && !known.includes(key))
        this.#fault([...path, key], `unknown key${suggestion(key, known)}`, 'key')
    return value as Mapping
  }

  #text(from: Mapping, key: string, path: Path): string | undefined {
    const value = from[key]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'string') return value
    if (typeof value === 'number') return String(value)
    this.#fault([...path, key], 'must be a string')
    return undefined
  }

  #texts(from: Mapping, key: string, path: Path): string[] {
    const value = from[key]
    if (value === undefined || value === null) return []
    if (Array.isArray(value) && value.every((each) => ['string', 'number'].includes(typeof each)))
      return value.map(String)
    this.#fault([...path, key], 'must be a list of strings')
    return []
  }

  #flag(from: Mapping, key: string, path: Path): boolean {
    const value = from[key]
    if (value === undefined || value === null) return false
    if (typeof value !== 'boolean') this.#fault([...path, key], 'must be true or false')
    return value === true
  }

  #fault(path: Path, what: string, at: 'key' | 'value' = 'value'): void {
    const place = this.#document.placeOf(path, at)
    this.faults.push(`${place}: ${path.join('.') || 'configuration'}: ${what}`)
  }
}
