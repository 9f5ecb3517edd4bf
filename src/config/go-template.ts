/** prometheus-webhook-dingtalk's own definitions; the built-in template `webhook-dingtalk` replaces them. */
const BUILT_IN =
  /^\s*\{\{-?\s*template\s+"(?:ding\.link|default|legacy)\.(?:title|content)"\s+\.\s*-?\}\}\s*$/

export type GoTemplate =
  | { kind: 'built_in' }
  | { kind: 'literal'; text: string }
  /** A user's own template: the fields it uses with their equivalents, and the templates it includes. */
  | { kind: 'own'; fields: { field: string; here: string }[]; templates: string[] }

/** Fields of Go templates and their equivalents. */
const FIELDS: readonly (readonly [RegExp, string | ((name: string) => string)])[] = [
  [/^\.(?:CommonLabels|GroupLabels|Labels)\.(\w+)/, (name) => variableOf(name)],
  [/^\.(?:CommonAnnotations|Annotations)\.(\w+)/, (name) => variableOf(name)],
  [/^\.Receiver\b/, '${receiver}'],
  [/^\.Status\b/, '${alarm_status}'],
  [/^\.StartsAt\b/, '${alarm_active_at}'],
  [/^\.EndsAt\b/, '${alarm_resolved_at}'],
  [/^\.GeneratorURL\b/, '${generator_url}'],
  [/^\.ExternalURL\b/, '${external_url}'],
  [/^\.Fingerprint\b/, '${alarm_id}'],
  [/^\.AtMobiles\b/, 'not needed: mentions are added to the text'],
  [/^\.Alerts\.Resolved\b/, 'the template NAME.recovery.eta, once for each alert'],
  [/^\.Alerts\b/, 'the template itself, once for each alert'],
  [
    /^\.(?:CommonLabels|GroupLabels|Labels|CommonAnnotations|Annotations)\b/,
    'each label and annotation by its own name, such as ${instance}',
  ],
]

/** Labels and annotations that also have an OCP name. */
const RENAMED: Readonly<Record<string, string>> = {
  alertname: 'alarm_name',
  severity: 'alarm_level',
  summary: 'alarm_summary',
  description: 'alarm_description',
}

/** Classifies a title or text without running it. */
export function readGoTemplate(text: string): GoTemplate {
  if (BUILT_IN.test(text)) return { kind: 'built_in' }
  if (!text.includes('{{')) return { kind: 'literal', text }
  const actions = [...text.matchAll(/\{\{-?(.*?)-?\}\}/gs)].map((match) => match[1] ?? '')
  const used = actions.flatMap((action) =>
    [...action.matchAll(/(?<![\w)"])\.[A-Z]\w*(?:\.\w+)*/g)].map((match) => match[0]),
  )
  const fields = [...new Set(used)].map((field) => ({ field, here: hereOf(field) }))
  const templates = actions.flatMap((action) =>
    [...action.matchAll(/\btemplate\s+"([^"]{1,100})"/g)].map((match) => match[1] as string),
  )
  return { kind: 'own', fields, templates: [...new Set(templates)] }
}

function hereOf(field: string): string {
  for (const [pattern, here] of FIELDS) {
    const match = pattern.exec(field)
    if (match !== null) return typeof here === 'string' ? here : here(match[1] as string)
  }
  return 'no equivalent'
}

function variableOf(name: string): string {
  const renamed = RENAMED[name]
  return renamed === undefined ? `\${${name}}` : `\${${renamed}} (or \${${name}})`
}
