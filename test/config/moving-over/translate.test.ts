import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseGoTemplates } from '../../../src/config/moving-over/go-template/parse.ts'
import { languageOf } from '../../../src/config/moving-over/messages.ts'
import { translate } from '../../../src/config/moving-over/translate.ts'
import { goFunctions } from '../../../src/rendering/go/functions.ts'
import { compile } from '../../../src/rendering/templates/engine.ts'
import { converted } from './conversion.ts'
import { payloadOfTwo } from './payloads.ts'

const URL = 'https://oapi.dingtalk.com/robot/send?access_token='

function translated(source: string) {
  const { definitions, body } = parseGoTemplates(source)
  const all = new Map([...definitions].map(([name, nodes]) => [name, { nodes, file: 'a.tmpl' }]))
  return translate({ nodes: body, file: 'a.tmpl' }, all)
}

const PAYLOAD = { alerts: Object.assign([], { firing: [] }), commonLabels: Object.create(null) }

/** The output of a template with `payload` as its root. */
function printed(source: string, payload: object = PAYLOAD): string {
  const { text, leftOut } = translated(source)
  assert.deepEqual(leftOut, [])
  const go = goFunctions({ now: new Date('2026-11-24T04:30:00Z'), zone: 'Asia/Shanghai' })
  return compile(text, 'markdown')({ payload, go }).trim()
}

describe('a translated template', () => {
  test('prints what Go prints', () => {
    for (const [source, wanted] of [
      ['{{ if 0 }}a{{ else if "" }}b{{ else }}c{{ end }}', 'c'],
      ['{{ with $x := "out" }}{{ . }}{{ $x }}{{ else }}none{{ end }}', 'outout'],
      ['{{ with "" }}a{{ else with "b" }}{{ . }}{{ end }}', 'b'],
      ['{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}', '21'],
      ['{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}', '2'],
      ['{{ $x := 1 }}{{ $x := "two" }}{{ $x }}', 'two'],
      [
        '{{ range $i, $e := stringSlice "a" "b" "c" }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }}{{ $e }}{{ end }}',
        '0a2c',
      ],
      ['{{ range until 3 }}{{ . }}{{ end }}', '012'],
      ['{{ range 3 }}{{ . }}{{ end }}', '012'],
      ['{{ range list }}a{{ else }}none{{ end }}', 'none'],
      [
        '{{ define "f" }}({{ . }}){{ end }}{{ template "f" "x" }}{{ template "f" 1 }}{{ template "f" }}',
        '(x)(1)(<no value>)',
      ],
      [
        '{{ define "f" }}{{ if gt . 0 }}{{ . }}{{ template "f" (sub . 1) }}{{ end }}{{ end }}{{ template "f" 3 }}',
        '321',
      ],
      ['{{ (index (list "a" "b") 1) | upper | printf "%s-%s" "x" }}', 'x-B'],
      ['{{ mustRegexReplaceAll "a" "banana" "o" }}', 'bonono'],
      ['{{ $d := dict }}{{ $_ := set $d "k" "v" }}{{ $d.k }}', 'v'],
      ['{{ (split ":" "db-1:9100")._0 }}', 'db-1'],
      ['{{ "a_b<c" | markdown | html }}', 'a\\_b&lt;c'],
      ['{{ and "a" "b" }}{{ or "" "c" }}{{ not "" }}', 'bctrue'],
      ['{{ "it’s 100%> <% ${x} \\"q\\" \\\\ ` " }}', 'it’s 100%> <% ${x} "q" \\ `'],
      ['{{ dict "a" 1 }}', 'map[a:1]'],
      ['a{{- "" -}}\n b', 'ab'],
      // A field or method of nil is nil; a missing label is empty.
      ['{{ (list | first).StartsAt.Local.Format "2006" }}!', '<no value>!'],
      ['{{ (.Alerts | first).StartsAt.Local.Format "2006" }}!', '<no value>!'],
      ['{{ (first .Alerts).Labels.x }}!{{ (first .Alerts).EndsAt }}', '<no value>!<no value>'],
      [
        '{{ $a := last .Alerts }}{{ $a.Labels.x }}{{ range $a.Labels.SortedPairs }}x{{ end }}',
        '<no value>',
      ],
      ['{{ (or (first .Alerts.Firing) (first .Alerts)).Labels.x }}', '<no value>'],
      ['{{ with first .Alerts }}x{{ else }}none{{ end }}{{ first .Alerts }}', 'none<no value>'],
      [
        '{{ .CommonLabels.x }}!{{ index .CommonLabels "x" }}!{{ (first (list .CommonLabels)).x }}',
        '!!',
      ],
    ] as const)
      assert.equal(printed(source), wanted, source)
  })

  test('replaces an action without an equivalent by a comment, and keeps the rest', () => {
    const { text, leftOut } = translated(
      'a\n{{ env "HOME" }}b{{ if foo .X */ }}c{{ end }}{{ .Alerts.Nothing }}{{ template "no" . }}d'.replace(
        ' */',
        '',
      ),
    )
    assert.deepEqual(leftOut, [
      'a.tmpl:2: {{ env "HOME" }}: unknown function "env"',
      'a.tmpl:2: {{ if foo .X }}: unknown field .X',
      'a.tmpl:2: {{ .Alerts.Nothing }}: unknown field .Nothing',
      'a.tmpl:2: {{ template "no" . }}: unknown template "no"',
    ])
    assert.match(text, /a\n<%\/\* left out: a\.tmpl:2: .*env.* \*\/%>b<%\/\*.*\*\/%>d/)
    assert.match(compile(text, 'markdown')({ payload: {}, go: {} }), /^a\nbd\s*$/)
  })

  test('runs no code from a template or a file name', () => {
    const hostile = '%> <% throw 1 %> ${process.env} */ ` \' " \u2028 \\'
    const source = `{{ \`${hostile.replaceAll('`', '')}\` | upper }}{{ nothing "${'%> <% throw 1 %> */ throw 2 /*'}" }}`
    const { definitions, body } = parseGoTemplates(source)
    assert.equal(definitions.size, 0)
    const { text } = translate({ nodes: body, file: hostile }, new Map())
    const go = goFunctions({ now: new Date(), zone: 'utc' })
    const shown = compile(text, 'markdown')({ payload: {}, go })
    assert.equal(shown.trim(), hostile.replaceAll('`', '').toUpperCase().trim())
  })

  test('renders Markdown in values, or shows them literally with `=` in place of `~`', async () => {
    const { templates } = await converted(
      `targets: { ops: { url: "${URL}a", message: { text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}' } } }`,
    )
    const raw = templates.get('ops.message.eta') ?? ''
    const payload = { alerts: [{ annotations: { summary: '**bold** [a](http://x)' } }] }
    const go = goFunctions({ now: new Date(), zone: 'utc' })
    assert.equal(compile(raw, 'markdown')({ payload, go }).trim(), '**bold** [a](http://x)')
    const escaping = raw.replaceAll('<%~', '<%=')
    assert.equal(
      compile(escaping, 'markdown')({ payload, go }).trim(),
      '\\*\\*bold\\*\\* \\[a\\](http://x)',
    )
  })

  test('prints the mobiles that the channel mentions where the template does, and only there', async () => {
    const message = `message: { title: t, text: 'Owner: {{ range .AtMobiles }}@{{ . }} {{ end }}now' }`
    const { messages, leftOut } = await converted(`targets:
  some: { url: "${URL}a", mention: { mobiles: ['138 0000 0000', '+852 91234567'] }, ${message} }
  none: { url: "${URL}b", ${message} }
`)
    assert.deepEqual(leftOut, [])
    for (const [channel, text, atMobiles] of [
      ['some', 'Owner: @13800000000 @+852-91234567 now', ['13800000000', '+852-91234567']],
      ['none', 'Owner: now', []],
    ] as const) {
      const [message] = await messages(channel, payloadOfTwo('firing'))
      const body = message?.body as { markdown: { text: string }; at: { atMobiles: string[] } }
      assert.equal(body.markdown.text, text)
      assert.deepEqual(body.at.atMobiles, atMobiles)
    }
  })

  test('that fails only for firing or only for resolved alerts is a warning of check', async () => {
    const checkOf = async (text: string) =>
      (
        await converted(
          `targets: { ops: { url: "${URL}a", message: { title: t, text: '${text}' } } }`,
        )
      ).check
    for (const status of ['Firing', 'Resolved']) {
      const { failures, warnings } = await checkOf(`{{ (index .Alerts.${status} 0).Labels.a }}x`)
      assert.deepEqual(failures, [])
      assert.match(
        warnings.join(),
        /ops\.message\.eta:3: index out of range: 0; messages for which it fails have the built-in part$/,
      )
    }
    const { failures } = await checkOf('{{ (index .Alerts 9).Labels.a }}')
    assert.equal(failures.length, 1)
  })

  test('keeps the indentation of the first line', async () => {
    for (const text of ['\n\n    red\n  end ', '{{ if true }} \n    red\n  end{{ end }}\n']) {
      const { messages } = await converted(
        `targets: { ops: { url: "${URL}a", message: { title: t, text: ${JSON.stringify(`${text}{{ "" }}`)} } } }`,
      )
      const [message] = await messages('ops', payloadOfTwo('firing'))
      assert.equal(message?.text, '    red\n  end')
    }
  })

  test('that fails or prints nothing loses no alert', async () => {
    for (const text of [
      '{{ (index .Alerts 9).Labels.a }}',
      '{{ range .Alerts.Resolved }}x{{ end }}',
    ]) {
      const { messages, check } = await converted(
        `targets: { ops: { url: "${URL}a", message: { title: t, text: '${text}' } } }`,
      )
      assert.notEqual(check.failures.length + check.warnings.length, 0)
      const [message] = await messages('ops', payloadOfTwo('firing'))
      assert.match(message?.text ?? '', /db-1/)
      assert.match(message?.text ?? '', /db-2/)
    }
  })
})

test('the language is that of the literal text of the template', () => {
  assert.equal(languageOf('Alerts **Firing**'), 'en-US')
  assert.equal(languageOf('告警级别: 严重'), 'zh-CN')
  assert.equal(languageOf('告警'), 'zh-CN')
  assert.equal(languageOf('監控告警 狀態 嚴重'), 'zh-TW')
})
