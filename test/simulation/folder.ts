import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A temporary folder in memory where possible, so that flushes cost nothing. */
export function quickFolder(): { path: string; [Symbol.dispose]: () => void } {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const path = mkdtempSync(join(memory, 'dingtalk-receiver-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
