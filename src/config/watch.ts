import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'

export interface WatchOptions {
  files: () => readonly string[]
  clock: Clock
  everyMs?: number
  signal: AbortSignal
  onChange: () => Promise<void> | void
}

const EVERY_MS = 1_000

/**
 * Calls when the content of a file has changed, one call at a time, until the signal fires. It looks at contents, since
 * editors and Kubernetes replace files rather than change them; a file that is gone for a moment is no change.
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
      // Whoever is told has told of it; the next change may mend it.
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
