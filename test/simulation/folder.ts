import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for stores that die often: in memory where the machine has such, so that a flush costs nothing. */
export function quickFolder(): { path: string; [Symbol.dispose]: () => void } {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const path = mkdtempSync(join(memory, 'dingtalk-receiver-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
