import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseGoTemplates } from '../../../src/config/moving-over/go-template/parse.ts'
import {
  GoSyntaxError,
  type Node,
  type Pipe,
} from '../../../src/config/moving-over/go-template/syntax.ts'

/** A template as short text: the kind of each action, and its pipelines with every operand in brackets. */
function shape(source: string): string {
  return parseGoTemplates(source).body.map(shapeOf).join('')
}

function shapeOf(node: Node): string {
  switch (node.kind) {
    case 'text':
      return node.text
    case 'print':
      return `{${pipeOf(node.pipe)}}`
    case 'template':
      return `{template ${node.name}${node.pipe === undefined ? '' : ` ${pipeOf(node.pipe)}`}}`
    case 'break':
    case 'continue':
      return `{${node.kind}}`
    default: {
      const otherwise = node.otherwise.length > 0 ? `|${node.otherwise.map(shapeOf).join('')}` : ''
      return `{${node.kind} ${pipeOf(node.pipe)}:${node.body.map(shapeOf).join('')}${otherwise}}`
    }
  }
}

function pipeOf({ variables, declares, commands }: Pipe): string {
  const made = variables.length > 0 ? `${variables.join(',')}${declares ? ':=' : '='}` : ''
  const shown = commands.map((command) =>
    command
      .map(({ of, fields }) => {
        const start =
          of.kind === 'pipe'
            ? `(${pipeOf(of.pipe)})`
            : 'value' in of
              ? JSON.stringify(of.value)
              : 'name' in of
                ? of.name
                : of.kind === 'dot'
                  ? ''
                  : of.kind
        return [start, ...fields].join('.') || '.'
      })
      .join(' '),
  )
  return made + shown.join('|')
}

function faultOf(source: string): string {
  try {
    parseGoTemplates(source)
    return ''
  } catch (error) {
    assert.ok(error instanceof GoSyntaxError)
    return `${error.line}: ${error.message}`
  }
}

describe('the parser of Go templates', () => {
  test('accepts the examples of the documentation of Go', () => {
    for (const [source, wanted] of [
      // "Text and spaces".
      ['{{23 -}} < {{- 45}}', '{23}<{45}'],
      ['{{"output"}}', '{"output"}'],
      ['{{`"output"`}}', '{"\\"output\\""}'],
      ['{{printf "%q" "output"}}', '{printf "%q" "output"}'],
      ['{{"output" | printf "%q"}}', '{"output"|printf "%q"}'],
      ['{{printf "%q" (print "out" "put")}}', '{printf "%q" (print "out" "put")}'],
      ['{{"put" | printf "%s%s" "out" | printf "%q"}}', '{"put"|printf "%s%s" "out"|printf "%q"}'],
      ['{{with "output"}}{{printf "%q" .}}{{end}}', '{with "output":{printf "%q" .}}'],
      [
        '{{with $x := "output" | printf "%q"}}{{$x}}{{end}}',
        '{with $x:="output"|printf "%q":{$x}}',
      ],
      // "Actions".
      ['{{/* a comment */}}a', 'a'],
      ['a {{- /* a comment with white space trimmed */ -}} b', 'ab'],
      ['{{if .A}}1{{else if .B}}2{{else}}3{{end}}', '{if .A:1|{if .B:2|3}}'],
      [
        '{{range $i, $e := .L}}{{continue}}{{break}}{{else}}0{{end}}',
        '{range $i,$e:=.L:{continue}{break}|0}',
      ],
      ['{{with .A}}1{{else with .B}}2{{end}}', '{with .A:1|{with .B:2}}'],
      ['{{template "name"}}{{template "name" .A.B}}', '{template name}{template name .A.B}'],
      // "Arguments".
      [
        "{{$}} {{$x.Y}} {{.A.B}} {{(.M 1).C}} {{nil}} {{true}} {{'a'}} {{0x1F}} {{1e3}} {{-1_0}}",
        '{$} {$x.Y} {.A.B} {(.M 1).C} {nil} {true} {97} {31} {1000} {-10}',
      ],
      ['{{$x = 1}}', '{$x=1}'],
      // A closing delimiter within a string or a comment does not end the action.
      ['{{ "}}" }}{{/* }} */}}', '{"}}"}'],
      ['{{.StartsAt.Format "2006-01-02"}}', '{.StartsAt.Format "2006-01-02"}'],
      ['{{ "\\u00e9\\n\\"" }}', '{"é\\n\\""}'],
      // Escapes of single bytes form a character together.
      [`{{ "\\xe4\\xb8\\xad\\101" }}{{ '\\'' }}`, '{"中A"}{39}'],
    ] as const)
      assert.equal(shape(source), wanted, source)
  })

  test('separates definitions from the body; a block is both a definition and a call', () => {
    const { definitions, body } = parseGoTemplates(
      '{{define "a"}}1{{end}}{{block "b" .X}}{{define "c"}}3{{end}}2{{end}}',
    )
    assert.deepEqual([...definitions.keys()], ['a', 'c', 'b'])
    assert.equal(body.map(shapeOf).join(''), '{template b .X}')
    assert.equal(definitions.get('b')?.map(shapeOf).join(''), '2')
  })

  test('reports the line of what Go would reject', () => {
    for (const [source, fault] of [
      ['a\n{{ if .A }}', '2: {{ if }} has no {{ end }}'],
      ['a\n\n{{ end }}', '3: unexpected {{ end }}'],
      ['{{ "a }}', '1: unterminated string'],
      ['{{ .A ', '1: unterminated action'],
      ['{{/* a', '1: unterminated comment'],
      [
        '{{ "\\d" }}',
        '1: a string: \\d is not an escape; write \\\\d for the characters themselves',
      ],
      ['{{ "\\xff" }}', '1: a string: has escapes that are not UTF-8'],
      ['{{ . | }}', '1: expected a value, but the action ends'],
      ['{{ (.A }}', '1: expected a closing parenthesis, but the action ends'],
      ['{{ template x }}', '1: expected the name of a template in quotes, but found "x"'],
      ['{{ end x }}', '1: unexpected {{ end }}'],
      ['{{ .A ; }}', '1: unexpected "; "'],
      ['{{}}', '1: expected a value, but the action ends'],
      [`${'{{if .}}'.repeat(300)}`, '1: is nested too deeply'],
      [`{{ ${'('.repeat(300)} }}`, '1: is nested too deeply'],
    ] as const)
      assert.equal(faultOf(source), fault, source.slice(0, 40))
  })

  test('takes time linear in the length of the text', () => {
    const began = performance.now()
    for (const text of ['{{ . }}', '{{- ', ' \n', '{{"', '{{/*', '$x, ', '1_', '\\'])
      faultOf(`{{ ${text.repeat(100_000)}`)
    for (const text of ['{{ . }} ', ' \n']) faultOf(text.repeat(100_000))
    assert.ok(performance.now() - began < 20_000)
  })
})
