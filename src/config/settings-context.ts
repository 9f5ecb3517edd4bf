/** Path of a value in the configuration: keys and list indexes. */
export type Path = readonly (string | number)[]

/** Folder of relative paths, environment of secrets, and receivers of faults and warnings. */
export interface SettingsContext {
  folder: string
  env: NodeJS.ProcessEnv
  fault: (path: Path, what: string) => void
  warn: (path: Path, what: string) => void
  /** Files that are watched together with the configuration file. */
  secretFiles: string[]
}
