import { setFlagsFromString } from 'node:v8'

/**
 * Whether V8 may double the space for young objects when many of them live on. Modules do while they are loaded, and
 * an idle receiver would keep 10 MB that only its start has used; requests die young, and a busy one needs the space.
 */
export function growYoungGeneration(may: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${may ? 2 : 1}`)
}
