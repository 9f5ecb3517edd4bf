import type { SilenceMatcher, SilenceScope } from '../model/silence.ts'
import type { Variables } from '../model/variables.ts'

export interface ScopeOption {
  scope: SilenceScope
  matchers: readonly SilenceMatcher[]
}

/**
 * What a person may silence from an alert: this alert, this alert across restarts, and its group. Leaves out an option
 * that equals an earlier one or matches everything.
 */
export function scopesOf(labels: Variables, groupedBy: string | undefined): ScopeOption[] {
  const alert = Object.entries(labels).map(([name, value]) => equal(name, value))
  const options: ScopeOption[] = [
    { scope: 'alert', matchers: alert },
    { scope: 'restarts', matchers: withoutRestarts(labels) },
    { scope: 'group', matchers: groupMatchers(labels, groupedBy ?? '') },
  ]
  const seen = new Set<string>()
  return options.filter(({ matchers }) => {
    const key = JSON.stringify(matchers)
    if (seen.has(key) || !matchers.some(({ value }) => value !== '')) return false
    seen.add(key)
    return true
  })
}

function equal(name: string, value: string): SilenceMatcher {
  return { name, value, isRegex: false }
}

/** Labels that identify one run of a container or pod, and change with each restart. */
const CHANGING =
  /^(?:(?:pod|container|exported_pod)_?(?:uid|id|ip)|uid|id|image_id|container_id|pod_template_hash|controller_revision_hash)$/

/** Labels that name what an alert is about; if one is present, `instance` only names the reporter. */
const OBJECTS = [
  'pod',
  'exported_pod',
  'container',
  'deployment',
  'statefulset',
  'daemonset',
  'job_name',
  'cronjob',
  'persistentvolumeclaim',
  'namespace',
  'node',
] as const

const POD_LABELS = ['pod', 'pod_name', 'exported_pod']

function withoutRestarts(labels: Variables): SilenceMatcher[] {
  const hasObject = OBJECTS.some((name) => (labels[name] ?? '') !== '')
  return Object.entries(labels).flatMap(([name, value]) => {
    if (CHANGING.test(name) || (name === 'instance' && hasObject)) return []
    const pattern = POD_LABELS.includes(name) ? podPattern(value) : undefined
    return [pattern === undefined ? equal(name, value) : { name, value: pattern, isRegex: true }]
  })
}

/** The characters of generated names in Kubernetes: without vowels and look-alikes. */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789'
const POD_SUFFIX = new RegExp(`-(?:(?:[${SAFE}]{6,10}|\\d{8,10})-)?[${SAFE}]{5}$`)

/** A pattern for a pod and its replacements; undefined for a pod that keeps its name, as in a StatefulSet. */
function podPattern(pod: string): string | undefined {
  const suffix = POD_SUFFIX.exec(pod)
  if (suffix === null || suffix.index === 0) return undefined
  const owner = pod.slice(0, suffix.index).replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
  const parts = suffix[0].split('-').length - 1
  return `${owner}${'-[0-9a-z]+'.repeat(parts)}`
}

/**
 * Matchers for the group's labels, which `groupedBy` joins as `name=value` with colons; each is a label of the alert.
 */
function groupMatchers(labels: Variables, groupedBy: string): SilenceMatcher[] {
  const pairs = Object.entries(labels)
    .map(([name, value]) => ({ name, value, text: `${name}=${value}` }))
    .sort((a, b) => b.text.length - a.text.length)
  const matchers: SilenceMatcher[] = []
  for (let rest = groupedBy; rest !== ''; ) {
    const found = pairs.find(({ text }) => rest === text || rest.startsWith(`${text}:`))
    if (found === undefined) return []
    matchers.push(equal(found.name, found.value))
    rest = rest.slice(found.text.length + 1)
  }
  return matchers
}
