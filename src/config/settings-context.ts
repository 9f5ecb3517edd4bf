/** Path of a value in the configuration: keys and list indexes. */
export type Path = readonly (string | number)[]

/** Takes what is wrong at a path; `at` is the character of its text, counted from 0, where that is known. */
export type Fault = (path: Path, what: string, at?: number) => void

/** Where relative paths and secrets come from, and where faults and warnings go. */
export interface SettingsContext {
  folder: string
  env: NodeJS.ProcessEnv
  fault: Fault
  warn: Fault
  /** Files whose change is a change of the configuration. */
  secretFiles: string[]
}
