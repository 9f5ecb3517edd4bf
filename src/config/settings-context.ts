/** Where a value stands in the configuration: keys and positions, from the top. */
export type Path = readonly (string | number)[]

/** Where relative paths and secrets come from, and where faults and warnings go. */
export interface SettingsContext {
  folder: string
  env: NodeJS.ProcessEnv
  fault: (path: Path, what: string) => void
  warn: (path: Path, what: string) => void
  /** Files whose change is a change of the configuration. */
  secretFiles: string[]
}
