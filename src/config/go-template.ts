/** Its own template definitions, which the built-in template `webhook-dingtalk` stands for. */
const BUILT_IN =
  /^\s*\{\{-?\s*template\s+"(?:ding\.link|default|legacy)\.(?:title|content)"\s+\.\s*-?\}\}\s*$/

export type GoTemplate =
  | { kind: 'built_in' }
  | { kind: 'literal'; text: string }
  /** One of the user's own; with what it uses, and what that is called here. */
  | { kind: 'own'; fields: { field: string; here: string }[]; templates: string[] }

/** Fields of its data, and the variables or places that have the same here. */
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
  [/^\.AtMobiles\b/, 'nothing to write: who is mentioned is added to the text'],
  [/^\.Alerts\.Resolved\b/, 'the template NAME.recovery.eta, once for each alert'],
  [/^\.Alerts\b/, 'the template itself, once for each alert'],
  [
    /^\.(?:CommonLabels|GroupLabels|Labels|CommonAnnotations|Annotations)\b/,
    'each label and annotation by its own name, such as ${instance}',
  ],
]

/** Labels that have a name of OCP's besides their own. */
const RENAMED: Readonly<Record<string, string>> = {
  alertname: 'alarm_name',
  severity: 'alarm_level',
  summary: 'alarm_summary',
  description: 'alarm_description',
}

/** What one of its titles or texts is, without running it. */
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
  return 'nothing of that kind'
}

function variableOf(name: string): string {
  const renamed = RENAMED[name]
  return renamed === undefined ? `\${${name}}` : `\${${renamed}} (or \${${name}})`
}
