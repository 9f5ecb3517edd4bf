import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Sample payloads, each a file in the folder `samples`. */
export const SAMPLES = [
  'alertmanager',
  'group',
  'resolved',
  'ocp',
  'ocpRecovery',
  'ocpDingtalk',
  'awkward',
] as const

export type Sample = (typeof SAMPLES)[number]

export function sampleText(sample: Sample, folder: string): string {
  return readFileSync(join(folder, 'samples', `${sample}.json`), 'utf8')
}
