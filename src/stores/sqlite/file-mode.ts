import { chmodSync, statSync } from 'node:fs'

/** Permissions of the group and of others. */
const OTHERS = 0o077

/** A store file that other users can access, and why its mode could not be changed. */
export interface ReadableFile {
  path: string
  /** Octal, such as `0644`. */
  mode: string
  why: string
}

/**
 * Removes the permissions of group and others from a store's file and from SQLite's files beside it. Returns the files
 * where this failed; missing files are skipped.
 */
export function restrictToOwner(
  path: string,
  change: typeof chmodSync = chmodSync,
): ReadableFile[] {
  if (path === ':memory:') return []
  return ['', '-wal', '-shm'].flatMap((suffix) => {
    const each = `${path}${suffix}`
    const mode = statSync(each, { throwIfNoEntry: false })?.mode
    if (mode === undefined || (mode & OTHERS) === 0) return []
    try {
      change(each, mode & 0o700)
    } catch (error) {
      return [stillReadable(each, mode, (error as NodeJS.ErrnoException).code ?? 'unknown error')]
    }
    // Some file systems accept the change and ignore it.
    return (statSync(each).mode & OTHERS) === 0
      ? []
      : [stillReadable(each, mode, 'the file system keeps it')]
  })
}

function stillReadable(path: string, mode: number, why: string): ReadableFile {
  return { path, mode: `0${(mode & 0o777).toString(8)}`, why }
}
