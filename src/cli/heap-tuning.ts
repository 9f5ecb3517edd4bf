import { setFlagsFromString } from 'node:v8'

/**
 * Allows or forbids V8 to double its young generation. Loading the modules would double it, and an idle receiver
 * would keep 10 MB that it does not need. A busy one benefits from the space.
 */
export function allowHeapGrowth(isAllowed: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${isAllowed ? 2 : 1}`)
}
