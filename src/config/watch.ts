import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'

interface WatchOptions {
  files: () => readonly string[]
  clock: Clock
  everyMs?: number
  signal: AbortSignal
  onChange: () => Promise<void> | void
}

const EVERY_MS = 1_000

/**
 * Calls `onChange` after a file's content changes, one call at a time, until the signal fires. It compares contents,
 * because editors and Kubernetes replace files. A missing file does not count as a change.
 */
export async function watchFiles({
  files,
  clock,
  everyMs = EVERY_MS,
  signal,
  onChange,
}: WatchOptions): Promise<void> {
  const seen = new Map(files().map((file) => [file, fingerprint(file)]))
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal)
    if (signal.aborted) return
    let changed = false
    for (const file of files()) {
      const now = fingerprint(file)
      if (now === undefined || now === seen.get(file)) continue
      changed ||= seen.has(file)
      seen.set(file, now)
    }
    if (!changed) continue
    try {
      await onChange()
    } catch {
      // onChange reports its own failures; the next change may fix them.
    }
  }
}

function fingerprint(file: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch {
    return undefined
  }
}
