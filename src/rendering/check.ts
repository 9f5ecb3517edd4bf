import { distance } from 'fastest-levenshtein'
import type { Channel } from '../model/settings.ts'
import { OCP_VARIABLES } from '../model/variables.ts'
import { usagesIn } from './engine.ts'
import type { PartSource } from './library.ts'
import { VARIABLE } from './variables.ts'

/** Variables that the receiver adds to OCP's. */
const OURS = ['generator_url', 'external_url', 'receiver', 'repeats', 'lasted']

export interface Checked {
  faults: string[]
  warnings: string[]
}

/** Names that nobody documents: near misses are faults; any other may be a label, so it is a warning. */
export function checkNames(channel: Channel, parts: Iterable<PartSource>): Checked {
  const known = [...Object.keys(OCP_VARIABLES), ...OURS, ...channel.variables.keys()]
  const checked: Checked = { faults: [], warnings: [] }
  const look = (name: string, place: string): void => {
    if (known.includes(name)) return
    const near = known.find((each) => distance(each, name) <= (name.length > 6 ? 2 : 1))
    if (near === undefined)
      checked.warnings.push(
        `${place}: \${${name}} is no documented variable; it prints what a label of this name holds`,
      )
    else checked.faults.push(`${place}: there is no variable \${${name}} (did you mean "${near}"?)`)
  }
  for (const { text, place } of parts)
    for (const { name, line } of usagesIn(text)) look(name, `${place}:${line}`)
  const own = [
    ['title', channel.title ?? ''] as const,
    ...[...channel.variables].map(([name, text]) => [`variables.${name}`, text] as const),
  ]
  for (const [key, text] of own)
    for (const [, name] of text.matchAll(VARIABLE))
      look(name as string, `channels.${channel.name}.${key}`)
  return checked
}
