import { setFlagsFromString } from 'node:v8'

/**
 * Allows or forbids V8 to double its young generation. During start, loading the modules would double it, and an idle
 * receiver would keep 10 MB that it does not need. A busy one benefits from the space.
 */
export function growYoungGeneration(may: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`)
}
