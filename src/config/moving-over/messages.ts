import type { Language } from '../../model/settings.ts'
import { builtInDefinitions, DEFAULT_TEXT, DEFAULT_TITLE } from './built-in.ts'
import { parseGoTemplates } from './go-template/parse.ts'
import { GoSyntaxError } from './go-template/syntax.ts'
import { type Definition, translate } from './translate.ts'
import type { Target, WebhookDingtalk } from './webhook-dingtalk.ts'

/** The built-in template that looks as prometheus-webhook-dingtalk's own. */
const BUILT_IN = 'webhook-dingtalk'

export interface TemplateFile {
  path: string
  text: string
}

/** What a target's messages have become. */
export interface Message {
  template: { kind: 'named'; name: string } | { kind: 'inline'; text: string }
  /** A title without anything to fill in. */
  title: string | undefined
  left: string[]
}

export interface Messages {
  byTarget: ReadonlyMap<string, Message>
  /** Template files to write, by name. */
  files: ReadonlyMap<string, string>
  /** What is wrong with the template files themselves. */
  left: string[]
  language: Language
  /** Words of their own texts that a robot may have as keyword. */
  words: string
}

/** Translates the messages of all targets; two targets with the same message share its files. */
export function translateMessages(
  config: WebhookDingtalk,
  templates: readonly TemplateFile[],
  file: string,
): Messages {
  const { definitions, left } = definitionsIn(templates, config)
  const isOwn = (name: string): boolean => own(definitions, name)
  const files = new Map<string, string>()
  const made = new Map<string, Message>()
  const byTarget = new Map<string, Message>()
  let words = ''
  for (const target of config.targets) {
    const { title, text } = goMessageOf(target, config)
    const key = JSON.stringify([title, text])
    const known = made.get(key)
    if (known !== undefined) {
      byTarget.set(target.name, known)
      continue
    }
    const message: Message = {
      template: { kind: 'named', name: BUILT_IN },
      title: undefined,
      left: [],
    }
    const isDefault = isBuiltIn(text, isOwn) && isBuiltIn(title, isOwn)
    if (!isDefault) {
      const name = nameFor(target.name)
      const into = (part: 'title' | 'text', source: string): void => {
        const entry = entryOf(source, `${file}: targets.${target.name}.message.${part}`)
        const all = new Map([...definitions, ...entry.definitions])
        const translated = translate(entry.entry, { definitions: all })
        files.set(`${name}.${part === 'title' ? 'title' : 'message'}.eta`, HEAD + translated.text)
        message.left.push(...translated.left)
        words += translated.words
      }
      try {
        if (title.includes('{{')) into('title', title)
        else message.title = title
        if (text.includes('{{') || message.title === undefined) {
          into('text', text)
          message.template = { kind: 'named', name }
        } else message.template = { kind: 'inline', text }
      } catch (error) {
        if (!(error instanceof GoSyntaxError)) throw error
        files.delete(`${name}.title.eta`)
        message.left.push(`${file}: targets.${target.name}.message:${error.line}: ${error.message}`)
      }
    }
    made.set(key, message)
    byTarget.set(target.name, message)
  }
  return { byTarget, files, left, language: languageOf(words), words }
}

/** A target's title and text: of its own message, else of the default one; what a message lacks is the built-in one. */
export function goMessageOf({ message }: Target, { defaultMessage }: WebhookDingtalk) {
  const { title, text } = message ?? defaultMessage ?? {}
  return { title: title || DEFAULT_TITLE, text: text || DEFAULT_TEXT }
}

function definitionsIn(
  templates: readonly TemplateFile[],
  { noBuiltinTemplate }: WebhookDingtalk,
): { definitions: Map<string, Definition>; left: string[] } {
  const definitions = noBuiltinTemplate ? new Map<string, Definition>() : builtInDefinitions()
  const left: string[] = []
  for (const { path, text } of templates)
    try {
      for (const [name, nodes] of parseGoTemplates(text).definitions)
        definitions.set(name, { nodes, file: path })
    } catch (error) {
      if (!(error instanceof GoSyntaxError)) throw error
      left.push(`${path}:${error.line}: is not a Go template: ${error.message}`)
    }
  return { definitions, left }
}

const DEFAULT_LOOK = ['__subject', '__alertmanagerURL', 'default.__text_alert_list']

/** Whether a template file defines it, or something that it is made of. */
function own(definitions: ReadonlyMap<string, Definition>, name: string): boolean {
  const builtIn = builtInDefinitions()
  const isOwn = (each: string): boolean => definitions.get(each)?.file !== builtIn.get(each)?.file
  const through = name.startsWith('ding.link.')
    ? [name, name.replace('ding.link', 'default')]
    : [name]
  return [...through, ...DEFAULT_LOOK].some(isOwn)
}

const CALL =
  /^\s*\{\{-?\s*template\s+"((?:ding\.link|default)\.(?:title|content))"\s+\.\s*-?\}\}\s*$/

/** Whether a title or text is the built-in one that `webhook-dingtalk` stands for. */
function isBuiltIn(source: string, isOwn: (name: string) => boolean): boolean {
  const name = CALL.exec(source)?.[1]
  return name !== undefined && !isOwn(name)
}

function entryOf(source: string, file: string) {
  const { definitions, body } = parseGoTemplates(source)
  return {
    entry: { nodes: body, file },
    definitions: new Map([...definitions].map(([name, nodes]) => [name, { nodes, file }])),
  }
}

/** A target's name is a file's as well, but for those of built-in templates. */
function nameFor(target: string): string {
  return ['default', 'ocp-text', BUILT_IN].includes(target) ? `${target}-1` : target
}

const HEAD = `<%/* Translated from a Go template. A tag with ~ prints a value as the Markdown that it is, a tag with = shows it as written. */ -%>
`

/** The language of the template's own words; without any, English, as the built-in texts are. */
export function languageOf(words: string): Language {
  if (!/\p{Script=Han}/u.test(words)) return 'en-US'
  const count = (pattern: RegExp): number => words.match(pattern)?.length ?? 0
  return count(TRADITIONAL) > count(SIMPLIFIED) ? 'zh-TW' : 'zh-CN'
}

/** Characters of words about alerts that the two scripts write differently. */
const TRADITIONAL = /[狀態觸發嚴間實詳機標題區級類產務響應節點詢環聯繫]/gu
const SIMPLIFIED = /[状态触发严间实详机标题区级类产务响应节点询环联系]/gu
