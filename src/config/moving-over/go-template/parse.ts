import {
  GoSyntaxError,
  type GoTemplates,
  isEmpty,
  type Node,
  type Operand,
  type Pipe,
  type Place,
  type Start,
} from './syntax.ts'
import { type Piece, piecesOf, type Token, tokensOf } from './tokens.ts'

/** Parses a file of Go templates. Throws a GoSyntaxError with the line of the first error. */
export function parseGoTemplates(source: string): GoTemplates {
  return new Parser(piecesOf(source)).templates()
}

/** Limits nesting, because each level is a recursive call; real templates are far below it. */
const MAX_DEPTH = 200

class Parser {
  readonly #pieces: readonly Piece[]
  readonly #definitions = new Map<string, Node[]>()
  #at = 0
  #depth = 0

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  templates(): GoTemplates {
    const { nodes, ended } = this.#list()
    if (ended !== undefined)
      throw new GoSyntaxError(`unexpected {{ ${ended.word} }}`, ended.tokens.line)
    return { definitions: this.#definitions, body: nodes }
  }

  /** Nodes up to an `end` or an `else`. */
  #list(): { nodes: Node[]; ended: { word: string; tokens: Tokens } | undefined } {
    const nodes: Node[] = []
    while (this.#at < this.#pieces.length) {
      const piece = this.#pieces[this.#at] as Piece
      this.#at += 1
      if (piece.kind === 'text') {
        nodes.push(piece)
        continue
      }
      const tokens = new Tokens(piece)
      const word = tokens.takeKeyword()
      if (word === 'end' || word === 'else') return { nodes, ended: { word, tokens } }
      const node = this.#statement(word, tokens)
      if (node !== undefined) nodes.push(node)
    }
    return { nodes, ended: undefined }
  }

  #statement(word: Keyword | undefined, tokens: Tokens): Node | undefined {
    const { place } = tokens
    switch (word) {
      case undefined:
        return { kind: 'print', pipe: tokens.wholePipe(), place }
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(word, tokens)
      case 'break':
      case 'continue':
        tokens.mustEnd()
        return { kind: word, place }
      case 'template': {
        const name = tokens.text()
        return {
          kind: 'template',
          name,
          pipe: tokens.isAtEnd ? undefined : tokens.wholePipe(),
          place,
        }
      }
      case 'define':
      case 'block': {
        const name = tokens.text()
        const pipe = word === 'block' ? tokens.wholePipe() : undefined
        const body = this.#body(tokens)
        if (!isEmpty(body) || !this.#definitions.has(name)) this.#definitions.set(name, body)
        return pipe === undefined ? undefined : { kind: 'template', name, pipe, place }
      }
      case 'end':
      case 'else':
        return undefined
    }
  }

  #branch(kind: 'if' | 'with' | 'range', tokens: Tokens): Node {
    const pipe = tokens.wholePipe()
    const { place } = tokens
    this.#enter(tokens)
    const { nodes: body, ended } = this.#list()
    let otherwise: Node[] = []
    if (ended === undefined) throw new GoSyntaxError(`{{ ${kind} }} has no {{ end }}`, tokens.line)
    if (ended.word === 'else') {
      const next = ended.tokens.takeKeyword()
      if (next === 'if' || next === 'with') otherwise = [this.#branch(next, ended.tokens)]
      else {
        ended.tokens.mustEnd()
        otherwise = this.#body(ended.tokens)
      }
    } else ended.tokens.mustEnd()
    this.#depth -= 1
    return { kind, pipe, body, otherwise, place }
  }

  /** Nodes up to an `end`. */
  #body(tokens: Tokens): Node[] {
    this.#enter(tokens)
    const { nodes, ended } = this.#list()
    if (ended?.word !== 'end') throw new GoSyntaxError('{{ end }} is missing', tokens.line)
    this.#depth -= 1
    return nodes
  }

  #enter({ line }: Tokens): void {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new GoSyntaxError('is nested too deeply', line)
  }
}

const KEYWORDS = [
  'if',
  'with',
  'range',
  'else',
  'end',
  'break',
  'continue',
  'template',
  'block',
  'define',
] as const
type Keyword = (typeof KEYWORDS)[number]

/** Reads the tokens of one action from left to right. */
class Tokens {
  readonly place: Place
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor({ code, line, source }: Extract<Piece, { kind: 'action' }>) {
    this.place = { line, source }
    this.#tokens = tokensOf(code, line)
  }

  get line(): number {
    return this.place.line
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  takeKeyword(): Keyword | undefined {
    const token = this.#peek()
    const word = token?.kind === 'word' ? KEYWORDS.find((each) => each === token.name) : undefined
    if (word !== undefined) this.#at += 1
    return word
  }

  text(): string {
    const token = this.#peek()
    if (token?.kind !== 'string') throw this.#unexpected('the name of a template in quotes')
    this.#at += 1
    return token.value
  }

  mustEnd(): void {
    if (!this.isAtEnd) throw this.#unexpected('the end of the action')
  }

  wholePipe(): Pipe {
    const pipe = this.#pipe()
    this.mustEnd()
    return pipe
  }

  #pipe(): Pipe {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new GoSyntaxError('is nested too deeply', this.line)
    const { variables, declares } = this.#declaration()
    const commands = [this.#command()]
    while (this.#takeMark('|')) commands.push(this.#command())
    this.#depth -= 1
    return { variables, declares, commands }
  }

  #declaration(): Pick<Pipe, 'variables' | 'declares'> {
    const from = this.#at
    const variables: string[] = []
    do {
      const token = this.#peek()
      if (token?.kind !== 'variable') break
      variables.push(token.name)
      this.#at += 1
    } while (this.#takeMark(','))
    const declares = this.#takeMark(':=')
    if (variables.length > 0 && (declares || this.#takeMark('='))) return { variables, declares }
    this.#at = from
    return { variables: [], declares: false }
  }

  #command(): Operand[] {
    const operands: Operand[] = []
    for (;;) {
      const operand = this.#operand()
      if (operand === undefined) break
      operands.push(operand)
    }
    if (operands.length === 0) throw this.#unexpected('a value')
    return operands
  }

  #operand(): Operand | undefined {
    const first = this.#peek()
    // A field without a value before it is read from the dot.
    const of: Start | undefined = first?.kind === 'field' ? { kind: 'dot' } : this.#start()
    if (of === undefined) return undefined
    const fields: string[] = []
    for (;;) {
      const token = this.#peek()
      if (token?.kind !== 'field' || !(token.glued || token === first)) break
      fields.push(token.name)
      this.#at += 1
    }
    return { of, fields }
  }

  #start(): Start | undefined {
    const token = this.#peek()
    if (token === undefined || token.kind === 'field') return undefined
    if (token.kind === 'mark') {
      if (token.text === '.') {
        this.#at += 1
        return { kind: 'dot' }
      }
      if (!this.#takeMark('(')) return undefined
      const pipe = this.#pipe()
      if (!this.#takeMark(')')) throw this.#unexpected('a closing parenthesis')
      return { kind: 'pipe', pipe }
    }
    this.#at += 1
    switch (token.kind) {
      case 'string':
      case 'number':
        return token
      case 'variable':
        return { kind: 'variable', name: token.name }
      case 'word':
        if (token.name === 'nil') return { kind: 'nil' }
        if (token.name === 'true' || token.name === 'false')
          return { kind: 'bool', value: token.name === 'true' }
        return { kind: 'function', name: token.name }
    }
  }

  #takeMark(text: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'mark' || token.text !== text) return false
    this.#at += 1
    return true
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  #unexpected(wanted: string): GoSyntaxError {
    const token = this.#peek()
    const found = token === undefined ? 'the action ends' : `found ${shown(token)}`
    return new GoSyntaxError(`expected ${wanted}, but ${found}`, this.line)
  }
}

function shown(token: Token): string {
  if ('value' in token) return JSON.stringify(token.value)
  if ('name' in token) return JSON.stringify(token.name)
  return JSON.stringify(token.text)
}
