/**
 * The syntax of Go's text/template, as its documentation gives it:
 *
 *     template  = { text | action }
 *     action    = "{{" [ "- " ] [ statement | comment ] [ " -" ] "}}"
 *     comment   = "/*" … "*\/"
 *     statement = pipeline
 *               | ( "if" | "with" | "range" ) pipeline … { "else" [ ( "if" | "with" ) pipeline ] … } "end"
 *               | "break" | "continue"
 *               | "template" string [ pipeline ]
 *               | "block" string pipeline … "end"
 *               | "define" string … "end"
 *     pipeline  = [ variable { "," variable } ( ":=" | "=" ) ] command { "|" command }
 *     command   = operand { operand }
 *     operand   = ( "." | "nil" | bool | string | number | function | variable | field | "(" pipeline ")" ) { field }
 *     field     = "." identifier
 *     variable  = "$" [ identifier ]
 *
 * A minus and a space beside a delimiter trim the white space before or after the action.
 */
export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'print'; pipe: Pipe; place: Place }
  | { kind: 'if' | 'with' | 'range'; pipe: Pipe; body: Node[]; otherwise: Node[]; place: Place }
  | { kind: 'template'; name: string; pipe: Pipe | undefined; place: Place }
  | { kind: 'break' | 'continue'; place: Place }

/** The line of an action, and its source text. */
export interface Place {
  line: number
  source: string
}

export interface Pipe {
  /** Variables that receive the value; for `range`, an index or key may come first. */
  variables: string[]
  /** True for `:=`, which declares variables; false for `=`, which assigns to them. */
  declares: boolean
  commands: Operand[][]
}

/** A function or value, with the chain of fields read from it. */
export interface Operand {
  of: Start
  fields: string[]
}

export type Start =
  | { kind: 'dot' | 'nil' }
  | { kind: 'bool'; value: boolean }
  | { kind: 'string'; value: string }
  | { kind: 'number'; value: number }
  | { kind: 'function'; name: string }
  | { kind: 'variable'; name: string }
  | { kind: 'pipe'; pipe: Pipe }

/** A file of templates: its definitions, and the body outside of them. */
export interface GoTemplates {
  definitions: Map<string, Node[]>
  body: Node[]
}

/** Whether a template has only blanks. Go calls it empty, and such a redefinition does not replace the earlier template. */
export function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '')
}

export class GoSyntaxError extends Error {
  readonly line: number
  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}
