import { unknownName } from '../suggestion.ts'

/** Path of a value in the configuration: keys and list indexes. */
export type Path = readonly (string | number)[]

/** Reports what is wrong at a path; `at` is the index of the wrong character in its text, if known. */
export type Fault = (path: Path, what: string, at?: number) => void

/** What the functions need that resolve the configuration to settings. */
export interface SettingsContext {
  /** Base of relative paths. */
  folder: string
  env: NodeJS.ProcessEnv
  fault: Fault
  warn: Fault
  /** The position of a value, as `file:line:column`. */
  placeOf: (path: Path) => string
  /** Files that belong to the configuration: when one changes, it is reloaded. */
  secretFiles: string[]
}

/** Returns those of a list's names that are known; reports a fault for each of the others. */
export function knownNames(
  names: readonly string[],
  path: Path,
  { kind, known, fault }: { kind: string; known: readonly string[]; fault: Fault },
): string[] {
  return names.filter((name, index) => {
    const isKnown = known.includes(name)
    if (!isKnown) fault([...path, index], unknownName(kind, name, known))
    return isKnown
  })
}
