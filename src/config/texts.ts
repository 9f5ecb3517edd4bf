import { NAME_IN_BRACES, OCP_VARIABLES, OWN_VARIABLES } from '../model/variables.ts'
import { didYouMean, nearMiss } from '../suggestion.ts'
import type { ChannelConfig } from './schema.ts'
import type { Fault, Path } from './settings-context.ts'

interface Context {
  fault: Fault
  warn: Fault
}

const DOCUMENTED: readonly string[] = [...Object.keys(OCP_VARIABLES), ...Object.keys(OWN_VARIABLES)]

/**
 * Checks the texts of a channel in which `${name}` is a variable. Filters, Go templates and file names are faults,
 * because they would be sent unchanged. A likely misspelling of a documented variable is a warning.
 */
export function checkTexts(
  { title, template, variables = {}, aggregate }: ChannelConfig,
  path: Path,
  context: Context,
): void {
  const own = Object.keys(variables)
  const check = (text: string, at: Path): void => checkText(text, at, { ...context, own })
  if (title !== undefined) check(title, [...path, 'title'])
  for (const [name, text] of Object.entries(variables)) check(text, [...path, 'variables', name])
  if (template !== undefined) checkTemplate(template, [...path, 'template'], { ...context, own })
  const by = typeof aggregate === 'object' ? (aggregate.by ?? []) : []
  for (const [index, name] of by.entries()) {
    const at = [...path, 'aggregate', 'by', index]
    if (name.includes('${')) context.fault(at, 'must be the name of a variable, without ${}')
    else warnOfNearMiss(name, { at, own, warn: context.warn })
  }
}

/** The faults for which a template in the configuration is refused, so that a preview refuses it too. */
export function templateFaults(template: string): string[] {
  const faults: string[] = []
  const fault = (_path: Path, what: string): void => void faults.push(what)
  checkTemplate(template, [], { fault, warn: () => {}, own: [] })
  return faults
}

function checkTemplate(template: string, at: Path, context: TextContext): void {
  const file = fileIn(template)
  if (file === undefined) checkText(template, at, context)
  else context.fault(at, `looks like a file; write the name of a template in templates/${file}`)
}

/** Warns if a name is nearly that of a documented variable: it may be a label, but is more likely a misspelling. */
export function warnOfNearMiss(
  name: string,
  { at, index, own = [], warn }: { at: Path; index?: number; own?: readonly string[]; warn: Fault },
): void {
  if (DOCUMENTED.includes(name) || own.includes(name)) return
  const near = nearMiss(name, [...DOCUMENTED, ...own])
  if (near !== undefined) warn(at, `${name} is not a documented variable${didYouMean(near)}`, index)
}

/** If a template's text can only be a file name, returns the end of a sentence on what to write instead. */
function fileIn(template: string): string | undefined {
  const text = template.trim()
  if (/[\s${}<]/.test(text) || !/[./\\]/.test(text)) return undefined
  const [, name] = /^(?:templates[/\\])?([\w-]+)\.eta$/.exec(text) ?? []
  if (name !== undefined) return `, without .eta: ${name}`
  return /[/\\]|\.(?:eta|tmpl|tpl|md|txt|html?|j2|ftl)$/i.test(text) ? '' : undefined
}

interface TextContext extends Context {
  own: readonly string[]
}

const NAME = new RegExp(`^\\s*(${NAME_IN_BRACES})\\s*\\}`, 'u')
const MARKS = /\$\{|\{\{|<%/g

function checkText(text: string, at: Path, { fault, warn, own }: TextContext): void {
  for (const { 0: mark, index } of text.matchAll(MARKS)) {
    // 300 characters are enough to recognize the notation.
    const rest = text.slice(index + 2, index + 302)
    if (mark === '<%')
      warn(at, 'has <%, which is plain text here; only files in templates/ may contain code', index)
    else if (mark === '{{') {
      if (rest.includes('}}')) fault(at, wordsForGo(rest.slice(0, rest.indexOf('}}'))), index)
    } else {
      const [, name] = NAME.exec(rest) ?? []
      if (name === undefined) fault(at, wordsForBraces(rest), index)
      else warnOfNearMiss(name, { at, index, own, warn })
    }
  }
}

function wordsForGo(action: string): string {
  const [, name] =
    /\.(?:Labels|Annotations|CommonLabels|CommonAnnotations)\.(\w+)/.exec(action) ?? []
  return `has {{ }} of a Go template, which would be sent unchanged; write \${${name ?? 'name'}} ("convert" translates a whole file)`
}

function wordsForBraces(rest: string): string {
  const end = rest.indexOf('}')
  if (end < 0) return 'has ${ without }'
  const inside = rest.slice(0, end).trim()
  if (inside === '') return 'has ${} without a name'
  const [name] = new RegExp(`^${NAME_IN_BRACES}`, 'u').exec(inside) ?? ['name']
  return `has \${${inside.slice(0, 60)}}: between the braces only a name is allowed, such as \${${name}}; filters and code need a file in templates/`
}
