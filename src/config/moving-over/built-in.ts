import { readFileSync } from 'node:fs'
import { parseGoTemplates } from './go-template/parse.ts'
import type { Definition } from './translate.ts'

/** The first line of both contents. It is not a template, because a template file could redefine it. */
const HEAD = `#### \\[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}\\] **[{{ index .GroupLabels "alertname" }}]({{ template "__alertmanagerURL" . }})**`

/** Go templates that prometheus-webhook-dingtalk defines, for configurations that use or call them. */
export const BUILT_IN_TEMPLATES = `
{{ define "__subject" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}] {{ .GroupLabels.SortedPairs.Values | join " " }} {{ if gt (len .CommonLabels) (len .GroupLabels) }}({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Values | join " " }}{{ end }}){{ end }}{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver }}{{ end }}
{{ define "__text_alert_list" }}{{ range . }}
**Labels**

{{ range .Labels.SortedPairs }}> - {{ .Name }}: {{ .Value | markdown | html }}
{{ end }}
**Annotations**

{{ range .Annotations.SortedPairs }}> - {{ .Name }}: {{ .Value | markdown | html }}
{{ end }}
**Source:** [{{ .GeneratorURL }}]({{ .GeneratorURL }})

{{ end }}{{ end }}
{{ define "default.__text_alert_list" }}{{ range . }}
#### \\[{{ .Labels.severity | upper }}\\] {{ .Annotations.summary }}

**Description:** {{ .Annotations.description }}

**Graph:** [📈]({{ .GeneratorURL }})

**Details:**

{{ range .Labels.SortedPairs }}{{ if and (ne .Name "severity") (ne .Name "summary") }}> - {{ .Name }}: {{ .Value | markdown | html }}
{{ end }}{{ end }}
{{ end }}{{ end }}
{{ define "legacy.title" }}{{ template "__subject" . }}{{ end }}
{{ define "legacy.content" }}${HEAD}

{{ template "__text_alert_list" .Alerts.Firing }}{{ end }}
{{ define "default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "default.content" }}${HEAD}

{{ if gt (len .Alerts.Firing) 0 }}**Alerts Firing**

{{ template "default.__text_alert_list" .Alerts.Firing }}{{ end }}
{{ if gt (len .Alerts.Resolved) 0 }}**Alerts Resolved**

{{ template "default.__text_alert_list" .Alerts.Resolved }}{{ end }}{{ end }}
{{ define "ding.link.title" }}{{ template "default.title" . }}{{ end }}
{{ define "ding.link.content" }}{{ template "default.content" . }}{{ end }}
`

const FILE = "prometheus-webhook-dingtalk's built-in templates"

/** The built-in templates of prometheus-webhook-dingtalk by name. */
export function builtInDefinitions(): Map<string, Definition> {
  const { definitions } = parseGoTemplates(BUILT_IN_TEMPLATES)
  return new Map([...definitions].map(([name, nodes]) => [name, { nodes, file: FILE }]))
}

/** The message of a prometheus-webhook-dingtalk target that does not configure one. */
export const DEFAULT_TITLE = '{{ template "ding.link.title" . }}'
export const DEFAULT_TEXT = '{{ template "ding.link.content" . }}'

/** The template of this project whose messages look like prometheus-webhook-dingtalk's default messages. */
export const BUILT_IN = 'webhook-dingtalk'

const MESSAGE_FILE = new URL(`../../../templates/messages/${BUILT_IN}.message.eta`, import.meta.url)

/** The message part of that template, changed to render Markdown in summaries and descriptions. */
export function builtInAsMarkdown(): string {
  return readFileSync(MESSAGE_FILE, 'utf8').replace(
    'const asMarkdown = false',
    'const asMarkdown = true',
  )
}
