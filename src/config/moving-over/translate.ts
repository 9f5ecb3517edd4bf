import {
  isList,
  LISTS,
  pipelineValue,
  printed,
  quoted,
  truth,
  Untranslatable,
} from './expressions.ts'
import { elementOf, type GoType } from './functions.ts'
import type { Node, Place } from './go-template/syntax.ts'
import { Scope, type Value } from './scope.ts'

/** The content of a template, and the file that defines it. */
export interface Definition {
  nodes: readonly Node[]
  file: string
}

/** A Go template as an Eta template. */
interface Translation {
  text: string
  /** Actions without an equivalent: file and line, source and reason. */
  leftOut: string[]
  /** The literal text of the template. */
  words: string
}

export type Definitions = ReadonlyMap<string, Definition>

/** Translates a Go template for Alertmanager's payload into an Eta template with the same output. */
export function translate(entry: Definition, definitions: Definitions): Translation {
  return new Translator(definitions).translate(inlined(entry, definitions))
}

/** Returns the called template if a template only calls another one; follows chains of such calls. */
function inlined(entry: Definition, definitions: Definitions): Definition {
  let found = entry
  for (const _ of definitions) {
    const [only, ...more] = found.nodes.filter(
      (node) => node.kind !== 'text' || node.text.trim() !== '',
    )
    if (only?.kind !== 'template' || more.length > 0 || !isDot(only)) break
    const next = definitions.get(only.name)
    if (next === undefined) break
    found = next
  }
  return found
}

function isDot({ pipe }: Extract<Node, { kind: 'template' }>): boolean {
  const [command, ...others] = pipe?.commands ?? []
  const [operand, ...args] = command ?? []
  if (others.length > 0 || args.length > 0 || operand === undefined) return false
  const { of, fields } = operand
  return fields.length === 0 && (of.kind === 'dot' || (of.kind === 'variable' && of.name === '$'))
}

type Branch = Extract<Node, { kind: 'if' | 'with' | 'range' }>

class Translator {
  readonly #definitions: Definitions
  readonly #leftOut: string[] = []
  readonly #functions = new Map<string, { name: string; text: string }>()
  #words = ''
  #file = ''
  #count = 0

  constructor(definitions: Definitions) {
    this.#definitions = definitions
  }

  translate(entry: Definition): Translation {
    this.#file = entry.file
    const body = this.#nodes(entry.nodes, rootOf('payload'))
    const functions = [...this.#functions.values()].map(({ text }) => text).join('')
    return {
      text: `<% const go = it.go, $ = it.payload -%>\n${functions}${body.replace(/^(?:[ \t\r]*\n)+/, '').trimEnd()}\n`,
      leftOut: [...new Set(this.#leftOut)],
      words: this.#words,
    }
  }

  #nodes(nodes: readonly Node[], scope: Scope): string {
    return nodes.map((node) => this.#node(node, scope)).join('')
  }

  #node(node: Node, scope: Scope): string {
    if (node.kind === 'text') {
      this.#words += node.text
      return textOf(node.text)
    }
    try {
      switch (node.kind) {
        case 'print':
          return this.#print(node, scope)
        case 'if':
        case 'with':
          return this.#if(node, scope)
        case 'range':
          return this.#range(node, scope)
        case 'template':
          return this.#call(node, scope)
        case 'break':
        case 'continue':
          return tag(`${node.kind};`)
      }
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error
      return this.#leaveOut(node.place, error.message)
    }
  }

  #leaveOut({ line, source }: Place, why: string): string {
    const report = `${this.#file}:${line}: ${source.replace(/\s+/g, ' ')}: ${why}`
    this.#leftOut.push(report)
    return `<%/* left out: ${report.replaceAll('*/', '* /').replace(/[<%>]/g, ' ')} */%>`
  }

  #print({ pipe }: Extract<Node, { kind: 'print' }>, scope: Scope): string {
    const value = pipelineValue(pipe, scope)
    if (pipe.variables.length > 0)
      return tag(assigned(pipe.variables[0] as string, value, { scope, pipe }))
    if (value.literal !== undefined) {
      this.#words += value.literal
      return textOf(value.literal)
    }
    return `<%~ ${printed(value)} %>`
  }

  /** `if` or `with`, which also makes its value the dot. */
  #if({ kind, pipe, body, otherwise }: Branch, scope: Scope): string {
    const value = pipelineValue(pipe, scope)
    const [variable] = pipe.variables
    if (kind === 'if' && variable === undefined)
      return `${tag(`if (${bare(truth(value))}) {`)}${this.#blocks(body, otherwise, scope.within(), scope.within())}`
    const name = variable ?? this.#name(value.type === 'texts' ? 'texts' : 'item', value, scope)
    const inner = scope.within()
    const assignment = assigned(name, value, {
      scope: inner,
      pipe: { declares: pipe.declares || variable === undefined },
    })
    const held: Value = { code: name, type: value.type }
    const then = kind === 'with' ? inner.within(held) : inner.within()
    return `${tag(`{ ${assignment} if (${bare(truth(held))}) {`)}${this.#blocks(body, otherwise, then, inner.within())}${tag('}')}`
  }

  #blocks(body: readonly Node[], otherwise: readonly Node[], inThen: Scope, inElse: Scope): string {
    const text = this.#nodes(body, inThen)
    if (otherwise.length === 0) return `${text}${tag('}')}`
    return `${text}${tag('} else {')}${this.#nodes(otherwise, inElse)}${tag('}')}`
  }

  #range({ pipe, body, otherwise }: Branch, scope: Scope): string {
    const list = pipelineValue(pipe, scope)
    const type = elementOf(list.type)
    const [first, second] = pipe.variables
    const item =
      second ??
      first ??
      this.#name(type === 'alert' || type === 'pair' ? type : 'item', list, scope)
    const inner = scope.within({ code: item, type })
    if (second !== undefined)
      inner.declare(
        first as string,
        list.type === 'texts' ? 'string' : LISTS.has(list.type) ? 'number' : 'any',
      )
    if (first !== undefined) inner.declare(item, type)
    const declaration = first === undefined ? 'const ' : pipe.declares ? 'let ' : ''
    const text = this.#nodes(body, inner.within())
    if (otherwise.length === 0 && second === undefined && isList(list))
      return `${tag(`for (${declaration}${item} of ${list.code}) {`)}${text}${tag('}')}`
    const all = otherwise.length === 0 ? `go.each(${list.code})` : this.#name('all', list, scope)
    const before = otherwise.length === 0 ? '' : `const ${all} = go.each(${list.code}); `
    const loop = tag(
      `${before}for (${declaration}[${second === undefined ? '' : first}, ${item}] of ${all}) {`,
    )
    if (otherwise.length === 0) return `${loop}${text}${tag('}')}`
    const empty = this.#nodes(otherwise, scope.within())
    return `${tag('{')}${loop}${text}${tag(`} if (${all}.length === 0) {`)}${empty}${tag('} }')}`
  }

  #call({ name, pipe }: Extract<Node, { kind: 'template' }>, scope: Scope): string {
    const value: Value =
      pipe === undefined ? { code: 'undefined', type: 'any' } : pipelineValue(pipe, scope)
    const definition = this.#definitions.get(name)
    if (definition === undefined)
      throw new Untranslatable(`unknown template ${JSON.stringify(name)}`)
    return tag(`${this.#functionOf(name, definition, value.type)}(${value.code});`)
  }

  /** Returns the name of the function that renders a template for this type of value, and writes it if it is new. */
  #functionOf(name: string, { nodes, file }: Definition, type: GoType): string {
    const key = `${type} ${name}`
    const known = this.#functions.get(key)
    if (known !== undefined) return known.name
    const written = { name: this.#functionName(name), text: '' }
    this.#functions.set(key, written)
    const outer = this.#file
    this.#file = file
    const body = this.#nodes(nodes, rootOf(type))
    this.#file = outer
    written.text = `<% function ${written.name}($) { -%>\n${body}<% } -%>\n`
    return written.name
  }

  #functionName(name: string): string {
    const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
    const joined = words
      .map((word, index) =>
        index === 0 ? word : (word[0] as string).toUpperCase() + word.slice(1),
      )
      .join('')
    const base = `show${joined.slice(0, 1).toUpperCase()}${joined.slice(1)}`
    const taken = [...this.#functions.values()].filter((each) => each.name.startsWith(base)).length
    return taken === 0 ? base : `${base}${taken + 1}`
  }

  /** A variable name that occurs neither in the value nor in the outer dot. */
  #name(base: string, value: Value, { dot }: Scope): string {
    const isTaken = [value.code, dot.code].some((code) => new RegExp(`\\b${base}\\b`).test(code))
    if (!isTaken) return base
    this.#count += 1
    return `${base}${this.#count}`
  }
}

function rootOf(type: GoType): Scope {
  const scope = new Scope({ code: '$', type })
  scope.declare('$', type)
  return scope
}

/** JavaScript that declares a variable, or assigns to an existing one. */
function assigned(
  name: string,
  value: Value,
  { scope, pipe }: { scope: Scope; pipe: { declares: boolean } },
): string {
  const { code } = value
  const known = scope.find(name)
  if (!pipe.declares) {
    if (known === undefined) throw new Untranslatable(`unknown variable ${name}`)
    if (known.type !== value.type) known.type = 'any'
    known.isNil ||= value.isNil
    return `${name} = ${code};`
  }
  return `${scope.declare(name, value.type, value.isNil) ? 'let ' : ''}${name} = ${code};`
}

function tag(code: string): string {
  return `<% ${code} %>`
}

/** Removes parentheses around the whole expression. */
function bare(code: string): string {
  return /^\([^()]*\)$/.test(code) ? code.slice(1, -1) : code
}

/** Literal text, with the marks of our templates escaped. */
function textOf(text: string): string {
  return text.replace(/<%|\$\{/g, (mark) => `<%~ ${quoted(mark)} %>`)
}
