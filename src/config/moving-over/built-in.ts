import { readFileSync } from 'node:fs'
import { parseGoTemplates } from './go-template/parse.ts'
import type { Definition } from './translate.ts'

/** What prometheus-webhook-dingtalk has under these names, for the templates that call or keep them. */
export const BUILT_IN_TEMPLATES = `
{{ define "__subject" }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}] {{ .GroupLabels.SortedPairs.Values | join " " }} {{ if gt (len .CommonLabels) (len .GroupLabels) }}({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Values | join " " }}{{ end }}){{ end }}{{ end }}
{{ define "__alertmanagerURL" }}{{ .ExternalURL }}/#/alerts?receiver={{ .Receiver }}{{ end }}
{{ define "__head" }}#### \\[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}\\] **[{{ index .GroupLabels "alertname" }}]({{ template "__alertmanagerURL" . }})**{{ end }}
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
{{ define "legacy.content" }}{{ template "__head" . }}

{{ template "__text_alert_list" .Alerts.Firing }}{{ end }}
{{ define "default.title" }}{{ template "__subject" . }}{{ end }}
{{ define "default.content" }}{{ template "__head" . }}

{{ if gt (len .Alerts.Firing) 0 }}**Alerts Firing**

{{ template "default.__text_alert_list" .Alerts.Firing }}{{ end }}
{{ if gt (len .Alerts.Resolved) 0 }}**Alerts Resolved**

{{ template "default.__text_alert_list" .Alerts.Resolved }}{{ end }}{{ end }}
{{ define "ding.link.title" }}{{ template "default.title" . }}{{ end }}
{{ define "ding.link.content" }}{{ template "default.content" . }}{{ end }}
`

const FILE = "prometheus-webhook-dingtalk's own templates"

/** Its own templates by name. */
export function builtInDefinitions(): Map<string, Definition> {
  const { definitions } = parseGoTemplates(BUILT_IN_TEMPLATES)
  return new Map([...definitions].map(([name, nodes]) => [name, { nodes, file: FILE }]))
}

/** What it posts where nothing else is said. */
export const DEFAULT_TITLE = '{{ template "ding.link.title" . }}'
export const DEFAULT_TEXT = '{{ template "ding.link.content" . }}'

/** The built-in template that looks as prometheus-webhook-dingtalk's own. */
export const BUILT_IN = 'webhook-dingtalk'

const LOOK = new URL(`../../../templates/messages/${BUILT_IN}.message.eta`, import.meta.url)

/** Its part for messages, which prints summaries and descriptions as the Markdown that they are. */
export function lookAsMarkdown(): string {
  return readFileSync(LOOK, 'utf8').replace('const asMarkdown = false', 'const asMarkdown = true')
}
