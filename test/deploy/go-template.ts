/**
 * Enough of Go's text/template and Helm's functions to render our own chart, and no more: a template that uses anything
 * else is an error that says so. What it renders was compared with the real engine's output.
 */
export interface Templates {
  render(name: string, context: unknown): string
}

type Node =
  | { kind: 'text'; text: string }
  | { kind: 'print'; pipe: string }
  | { kind: 'assign'; name: string; pipe: string }
  | { kind: 'if' | 'with' | 'range'; pipe: string; body: Node[]; otherwise: Node[] }

interface Scope {
  dot: unknown
  root: unknown
  variables: Map<string, unknown>
}

/** Reads template files, by name; throws where a file cannot be understood. */
export function readTemplates(
  files: ReadonlyMap<string, string>,
  functions: Readonly<Record<string, (...values: never[]) => unknown>>,
): Templates {
  const named = new Map<string, Node[]>()
  for (const [name, text] of files) named.set(name, parse(tokensOf(text), name, named))

  const all: Record<string, (...values: never[]) => unknown> = {
    eq: (a: unknown, b: unknown) => a === b,
    quote: (value: unknown) => JSON.stringify(String(value)),
    default: (fallback: unknown, value: unknown) => (isTrue(value) ? value : fallback),
    indent: (by: number, text: string) => text.replace(/^/gm, ' '.repeat(by)),
    nindent: (by: number, text: string) => `\n${text.replace(/^/gm, ' '.repeat(by))}`,
    printf: (format: string, ...values: unknown[]) =>
      format.replace(/%s/g, () => String(values.shift())),
    include: (name: string, dot: unknown) => run(name, dot),
    ...functions,
  }

  function run(name: string, dot: unknown): string {
    const nodes = named.get(name)
    if (nodes === undefined) throw new Error(`there is no template ${name}`)
    return evaluate(nodes, { dot, root: dot, variables: new Map() })
  }

  function evaluate(nodes: readonly Node[], scope: Scope): string {
    return nodes.map((node) => one(node, scope)).join('')
  }

  function one(node: Node, scope: Scope): string {
    switch (node.kind) {
      case 'text':
        return node.text
      case 'print':
        return String(pipe(node.pipe, scope) ?? '')
      case 'assign':
        scope.variables.set(node.name, pipe(node.pipe, scope))
        return ''
      case 'if':
        return evaluate(isTrue(pipe(node.pipe, scope)) ? node.body : node.otherwise, scope)
      case 'with': {
        const dot = pipe(node.pipe, scope)
        return isTrue(dot)
          ? evaluate(node.body, { ...scope, dot })
          : evaluate(node.otherwise, scope)
      }
      case 'range': {
        const list = (pipe(node.pipe, scope) ?? []) as unknown[]
        if (!Array.isArray(list)) throw new Error(`range over no list: ${node.pipe}`)
        return list.map((dot) => evaluate(node.body, { ...scope, dot })).join('')
      }
    }
  }

  function pipe(text: string, scope: Scope): unknown {
    let piped: unknown[] = []
    for (const command of splitAt(text, '|')) {
      const [first = '', ...rest] = splitAt(command, ' ')
      const values = [...rest.map((each) => operand(each, scope)), ...piped]
      const files = first === '.Files.Get'
      const call = files ? operand('.Files.Get', scope) : all[first]
      piped = [
        typeof call === 'function' ? call(...(values as never[])) : onlyValue(first, values, scope),
      ]
    }
    return piped[0]
  }

  function onlyValue(word: string, values: readonly unknown[], scope: Scope): unknown {
    if (values.length > 0) throw new Error(`${word} is no function that is known here`)
    return operand(word, scope)
  }

  function operand(word: string, scope: Scope): unknown {
    if (word.startsWith('(')) return pipe(word.slice(1, -1), scope)
    if (word.startsWith('"')) return JSON.parse(word)
    if (/^\d+$/.test(word)) return Number(word)
    if (word === '.') return scope.dot
    const [, variable, path = ''] = /^(\$\w*)?((?:\.\w+)*)$/.exec(word) ?? []
    if (variable === undefined && path === '') throw new Error(`not understood: ${word}`)
    const start =
      variable === undefined
        ? scope.dot
        : variable === '$'
          ? scope.root
          : scope.variables.get(variable)
    return path
      .split('.')
      .slice(1)
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], start)
  }

  return { render: run }
}

/** Text and actions in turn, with the blanks gone that `{{-` and `-}}` take away. */
function tokensOf(text: string): { text?: string; action?: string }[] {
  const tokens: { text?: string; action?: string }[] = []
  let at = 0
  for (const match of text.matchAll(/(\s+)?\{\{(-\s)?([\s\S]*?)(\s-)?\}\}(\s+)?/g)) {
    const [whole, before = '', trimsBefore, action = '', trimsAfter, after = ''] = match
    const plain = text.slice(at, match.index) + (trimsBefore ? '' : before)
    if (plain !== '') tokens.push({ text: plain })
    const trimmed = action.trim()
    if (!trimmed.startsWith('/*')) tokens.push({ action: trimmed })
    // Blanks after an action may belong to the next one, which may take them away in its turn.
    at = match.index + whole.length - (trimsAfter ? 0 : after.length)
    if (!trimsAfter && after !== '') {
      const next = /^\s+\{\{-\s/.exec(text.slice(at))
      if (next === null) tokens.push({ text: after })
      at += after.length
    }
  }
  tokens.push({ text: text.slice(at) })
  return tokens
}

function parse(
  tokens: { text?: string; action?: string }[],
  file: string,
  named: Map<string, Node[]>,
): Node[] {
  let at = 0
  const block = (): { nodes: Node[]; ended: string } => {
    const nodes: Node[] = []
    for (; at < tokens.length; ) {
      const { text, action } = tokens[at++] as { text?: string; action?: string }
      if (text !== undefined) nodes.push({ kind: 'text', text })
      if (action === undefined) continue
      const [word = '', rest = ''] = [action.split(/\s/)[0], action.replace(/^\S+\s*/, '')]
      if (word === 'end' || word === 'else') return { nodes, ended: action }
      if (word === 'define') {
        named.set(JSON.parse(rest) as string, block().nodes)
      } else if (word === 'if' || word === 'with' || word === 'range') {
        const { nodes: body, ended } = block()
        if (/^else \S/.test(ended)) throw new Error(`${file}: "${ended}" is not known here`)
        const otherwise = ended === 'else' ? block().nodes : []
        nodes.push({ kind: word, pipe: rest, body, otherwise })
      } else {
        const [, name, pipe] = /^(\$\w+)\s*:?=\s*(.*)$/s.exec(action) ?? []
        nodes.push(
          name === undefined
            ? { kind: 'print', pipe: action }
            : { kind: 'assign', name, pipe: pipe as string },
        )
      }
    }
    return { nodes, ended: '' }
  }
  const { nodes, ended } = block()
  if (ended !== '' || at < tokens.length) throw new Error(`${file}: an "${ended}" too many`)
  return nodes
}

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** Parts of a text between separators that stand outside quotes and parentheses. */
function splitAt(text: string, separator: string): string[] {
  const parts: string[] = ['']
  let depth = 0
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[\s\S]/g)) {
    if (piece === '(') depth += 1
    if (piece === ')') depth -= 1
    if (piece === separator && depth === 0) parts.push('')
    else parts.push(`${parts.pop()}${piece}`)
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}
