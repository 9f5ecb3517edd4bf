const PAIR = /^([A-Za-z_]\w{0,60})=(.*)$/s
const NEXT_PAIR = /:[A-Za-z_]\w{0,60}=/y

/**
 * Parses an alert target: `key=value` pairs joined by colons. A colon separates only before a key and `=`, and never
 * within braces or quotes, because values contain addresses and structures. The first value of a key counts.
 */
export function targetParts(target: string): Record<string, string> {
  const parts: Record<string, string> = Object.create(null)
  for (const part of splitTarget(target)) {
    const [, name, value] = PAIR.exec(part) ?? []
    if (name !== undefined && value !== undefined && value !== '') parts[name] ??= value
  }
  return parts
}

/** OCP writes a cluster with its id: `ob4253_A-1731295857`. */
export function clusterAndId(cluster: string | undefined): { name?: string; id?: string } {
  if (cluster === undefined) return {}
  const [, name, id] = /^(.+)-(\d{1,20})$/s.exec(cluster) ?? []
  return name === undefined || id === undefined ? { name: cluster } : { name, id }
}

/** Only this much of a target is parsed; OCP's targets are shorter. */
const MAX_LENGTH = 16_384

function splitTarget(given: string): string[] {
  const target = given.slice(0, MAX_LENGTH)
  const whole = split(target, true)
  // An unclosed quote or brace is ignored; otherwise it would hide the rest.
  return whole ?? split(target, false) ?? [target]
}

/**
 * Splits a target at its colons; undefined if a quote or brace stays open. `structures`: whether quotes and braces
 * protect the colons inside.
 */
function split(target: string, structures: boolean): string[] | undefined {
  const parts: string[] = []
  let braces = 0
  let quoted = false
  let from = 0
  for (let at = 0; at < target.length; at += 1) {
    const character = target[at]
    if (structures && character === '"') quoted = !quoted
    else if (quoted) continue
    else if (structures && character === '{') braces += 1
    else if (structures && character === '}') braces = Math.max(0, braces - 1)
    else if (character === ':' && braces === 0) {
      NEXT_PAIR.lastIndex = at
      if (!NEXT_PAIR.test(target)) continue
      parts.push(target.slice(from, at))
      from = at + 1
    }
  }
  return quoted || braces > 0 ? undefined : [...parts, target.slice(from)]
}
