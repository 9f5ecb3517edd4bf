import { basename } from 'node:path'
import type { Language } from '../../model/settings.ts'
import {
  BUILT_IN,
  builtInAsMarkdown,
  builtInDefinitions,
  DEFAULT_TEXT,
  DEFAULT_TITLE,
} from './built-in.ts'
import { parseGoTemplates } from './go-template/parse.ts'
import { GoSyntaxError, isEmpty, type Node } from './go-template/syntax.ts'
import { digestWith, keywordsIn } from './keywords.ts'
import { type Definition, type Definitions, translate } from './translate.ts'
import type { Target, WebhookDingtalk } from './webhook-dingtalk.ts'

export interface TemplateFile {
  path: string
  text: string
}

/** The translated message of a target. */
export interface Message {
  template: { kind: 'named'; name: string } | { kind: 'inline'; text: string }
  /** The title, if it needs no template. */
  title: string | undefined
  /** Template actions without an equivalent. */
  leftOut: string[]
  /** The literal text of title and text. */
  words: string
  /** Words of the message that the robot may have as a keyword. */
  keywords: string[]
}

export interface Messages {
  byTarget: ReadonlyMap<string, Message>
  /** Template files to write, by name. */
  files: ReadonlyMap<string, string>
  /** Syntax errors in the template files. */
  leftOut: string[]
  language: Language
}

/** Translates the messages of all targets; targets with the same message share its files. */
export function translateMessages(
  config: WebhookDingtalk,
  templates: readonly TemplateFile[],
  file: string,
): Messages {
  const { definitions, leftOut } = definitionsIn(templates, config)
  const files = new Map<string, string>()
  const byContent = new Map<string, Message>()
  const byTarget = new Map<string, Message>()
  for (const target of config.targets) {
    const message = goMessageOf(target, config)
    const key = JSON.stringify(message)
    const shared =
      byContent.get(key) ?? translateMessage(message, { target, definitions, files, file })
    byContent.set(key, shared)
    byTarget.set(target.name, shared)
  }
  const words = [...byContent.values()].map((each) => each.words).join('')
  return { byTarget, files, leftOut, language: languageOf(words) }
}

interface TranslationContext {
  target: Target
  definitions: Definitions
  /** Template files are added here. */
  files: Map<string, string>
  file: string
}

function translateMessage(
  go: { title: string; text: string },
  context: TranslationContext,
): Message {
  const { target, definitions, files, file } = context
  const message: Message = {
    template: { kind: 'named', name: BUILT_IN },
    title: undefined,
    leftOut: [],
    words: '',
    keywords: ['FIRING'],
  }
  if (isBuiltIn(go.text, definitions) && isBuiltIn(go.title, definitions)) {
    files.set(`${BUILT_IN}.message.eta`, builtInAsMarkdown())
    return message
  }
  const name = nameFor(target.name)
  const translatePart = (key: 'title' | 'text'): string => {
    const place = `${file}: targets.${target.name}.message.${key}`
    const parsed = parseGoTemplates(go[key])
    const all = new Map(definitions)
    define(parsed.definitions, place, all)
    const { text, leftOut, words } = translate({ nodes: parsed.body, file: place }, all)
    message.leftOut.push(...leftOut)
    message.words += words
    return HEAD + text
  }
  try {
    const title = TEMPLATE_MARKS.test(go.title) ? translatePart('title') : undefined
    const text =
      TEMPLATE_MARKS.test(go.text) || title !== undefined ? translatePart('text') : undefined
    if (title === undefined) message.title = go.title
    else files.set(`${name}.title.eta`, title)
    message.words += (title === undefined ? go.title : '') + (text === undefined ? go.text : '')
    message.keywords = keywordsIn(message.words, [title ?? '', text ?? ''])
    if (text === undefined) message.template = { kind: 'inline', text: go.text }
    else {
      message.template = { kind: 'named', name }
      files.set(`${name}.message.eta`, text)
      if (message.keywords.length > 0) files.set(`${name}.digest.eta`, digestWith(message.keywords))
    }
  } catch (error) {
    if (!(error instanceof GoSyntaxError)) throw error
    message.leftOut.push(`${file}: targets.${target.name}.message:${error.line}: ${error.message}`)
    files.set(`${BUILT_IN}.message.eta`, builtInAsMarkdown())
  }
  return message
}

/** Title and text from the target's message, else from the default message; a missing one is the built-in. */
export function goMessageOf({ message }: Target, { defaultMessage }: WebhookDingtalk) {
  const { title, text } = message ?? defaultMessage ?? {}
  return { title: title || DEFAULT_TITLE, text: text || DEFAULT_TEXT }
}

function definitionsIn(
  templates: readonly TemplateFile[],
  { noBuiltinTemplate }: WebhookDingtalk,
): { definitions: Map<string, Definition>; leftOut: string[] } {
  const definitions = noBuiltinTemplate ? new Map<string, Definition>() : builtInDefinitions()
  const leftOut: string[] = []
  for (const { path, text } of templates)
    try {
      const { definitions: found, body } = parseGoTemplates(text)
      define(found, path, definitions)
      // Go's ParseFiles gives the text outside of definitions the base name of the file.
      define(new Map([[basename(path), body]]), path, definitions)
    } catch (error) {
      if (!(error instanceof GoSyntaxError)) throw error
      leftOut.push(`${path}:${error.line}: is not a Go template: ${error.message}`)
    }
  return { definitions, leftOut }
}

/** Adds the definitions of a file to earlier ones. As in Go, an empty one does not replace another. */
function define(
  found: ReadonlyMap<string, readonly Node[]>,
  file: string,
  definitions: Map<string, Definition>,
): void {
  for (const [name, nodes] of found)
    if (!isEmpty(nodes) || !definitions.has(name)) definitions.set(name, { nodes, file })
}

const CALLED_BY_DEFAULT = ['__subject', '__alertmanagerURL', 'default.__text_alert_list']

/** Whether a template file redefines a built-in template, or one that it calls. */
function isRedefined(definitions: Definitions, name: string): boolean {
  const builtIn = builtInDefinitions()
  const through = name.startsWith('ding.link.')
    ? [name, name.replace('ding.link', 'default')]
    : [name]
  return [...through, ...CALLED_BY_DEFAULT].some(
    (each) => definitions.get(each)?.file !== builtIn.get(each)?.file,
  )
}

const CALL =
  /^\s*\{\{-?\s*template\s+"((?:ding\.link|default)\.(?:title|content))"\s+\.\s*-?\}\}\s*$/

/** Whether a title or text only calls the built-in one, whose equivalent is the template `webhook-dingtalk`. */
function isBuiltIn(source: string, definitions: Definitions): boolean {
  const name = CALL.exec(source)?.[1]
  return name !== undefined && !isRedefined(definitions, name)
}

/** The name of the template: the target's, with `-1` if a built-in template has that name. */
function nameFor(target: string): string {
  return ['default', 'ocp-text', BUILT_IN].includes(target) ? `${target}-1` : target
}

/** A text with any of these needs a template: a Go action, or a sign that the configuration would interpret. */
const TEMPLATE_MARKS = /\{\{|\$\{|<%/

const HEAD = `<%/* Translated from a Go template. A tag with ~ renders Markdown in a value; a tag with =, without go.markdown and go.html, shows the value literally. */ -%>
`

/** The language of a template's literal text; English, the language of the built-in texts, if it has no Chinese. */
export function languageOf(words: string): Language {
  if (!/\p{Script=Han}/u.test(words)) return 'en-US'
  const count = (pattern: RegExp): number => words.match(pattern)?.length ?? 0
  return count(TRADITIONAL) > count(SIMPLIFIED) ? 'zh-TW' : 'zh-CN'
}

/** Characters common in alert texts that differ between traditional and simplified Chinese. */
const TRADITIONAL = /[狀態觸發嚴間實詳機標題區級類產務響應節點詢環聯繫]/gu
const SIMPLIFIED = /[状态触发严间实详机标题区级类产务响应节点询环联系]/gu
