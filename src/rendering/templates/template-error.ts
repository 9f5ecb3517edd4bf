import { Script } from 'node:vm'
import { messageOf } from '../../errors.ts'

/** An error in a template, with its line if known. */
export class TemplateError extends Error {
  readonly line: number | undefined
  constructor(message: string, line?: number) {
    super(message)
    this.line = line
  }
}

/** The error on one line, as `PLACE:LINE: MESSAGE`. */
export function errorAt(place: string, error: unknown): string {
  const line = error instanceof TemplateError && error.line !== undefined ? `:${error.line}` : ''
  const words = messageOf(error).replace(/\s+/g, ' ').trim().slice(0, 300)
  return `${place}${line}: ${words || 'fails without an error message'}`
}

/** Adds the line to Eta's compile error; `source` returns the code that Eta generated from the template. */
export function syntaxError(error: unknown, source: () => string): TemplateError {
  const [first = ''] = messageOf(error).split('\n')
  const unclosed = /^(.*) at line (\d+) col \d+/.exec(first)
  if (unclosed !== null) return new TemplateError(unclosed[1] as string, Number(unclosed[2]))
  const code = source()
  try {
    new Script(`(function (it, options) {${code}\n})`, { filename: NAME })
    return new TemplateError(first)
  } catch (syntax) {
    const at = new RegExp(`${NAME}:(\\d+)`).exec((syntax as Error).stack ?? '')
    const lines = code.split('\n').slice(0, at === null ? 0 : Number(at[1]))
    const message = messageOf(syntax)
    if (message.startsWith('Missing catch'))
      return new TemplateError('a } has no matching {', lastLine(lines))
    const past = lines.some((line) => line.startsWith('if (__eta.layout)'))
    return past
      ? new TemplateError('a block that begins with { is not closed', openBlock(code))
      : new TemplateError(inWords(message), lastLine(lines))
  }
}

/** Replaces a message about generated code, which the template's author does not know. */
function inWords(message: string): string {
  return message.includes('__eta') ? 'the code of this tag does not end' : message
}

const NAME = 'message-template'
const LINE = /^__eta\.line=(\d+)$/

/** The template's line to which the last of these lines of generated code belongs. */
function lastLine(lines: readonly string[]): number | undefined {
  const found = lines.findLast((line) => LINE.test(line))
  return found === undefined ? undefined : Number(LINE.exec(found)?.[1])
}

/** The line of the last tag that opens a block and does not close it. */
function openBlock(code: string): number | undefined {
  const open: (number | undefined)[] = []
  let line: number | undefined
  for (const each of code.split('\n')) {
    const at = LINE.exec(each)
    if (at !== null) line = Number(at[1])
    if (line === undefined || each.startsWith('__eta.')) continue
    if (each.startsWith('if (__eta.layout)')) break
    for (const brace of each.replace(/'[^']*'|"[^"]*"/g, '').match(/[{}]/g) ?? [])
      if (brace === '{') open.push(line)
      else open.pop()
  }
  return open.at(-1)
}
