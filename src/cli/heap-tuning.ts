import { setFlagsFromString } from 'node:v8'

/**
 * Allows or forbids V8 to double its young generation. Loading the modules would double it and leave an idle receiver
 * with 10 MB that it does not need; a busy one benefits from the space.
 */
export function growYoungGeneration(may: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`)
}
