import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Options for a test that mounts a disk, which requires root; the test is skipped otherwise. */
export function needsMount(): { skip?: string } {
  const folder = mkdtempSync(join(tmpdir(), 'dingtalk-receiver-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
  if (status === 0) spawnSync('umount', [folder])
  rmSync(folder, { recursive: true, force: true })
  return status === 0 ? {} : { skip: 'mounting a file system takes root' }
}

/** Options for a test that injects failures of system calls. */
export function needsStrace(): { skip?: string } {
  const { status } = spawnSync('strace', ['-f', '-e', 'trace=none', 'true'])
  if (status === 0) return {}
  if (process.env['CI'] === 'true' && spawnSync('strace', ['-V']).status !== 0) return {}
  return { skip: 'strace is not installed (apt-get install strace), or may not trace' }
}

/** A small in-memory file system, mounted in a folder. */
export class SmallDisk {
  readonly path: string

  constructor(path: string, megabytes: number) {
    this.path = path
    mkdirSync(path, { recursive: true })
    this.#run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path])
  }

  /** Fills all free space. */
  fill(): void {
    const file = openSync(join(this.path, 'ballast'), 'a')
    for (const size of [1_048_576, 65_536, 4_096, 1])
      for (const block = Buffer.alloc(size); ; )
        try {
          if (writeSync(file, block) === 0) break
        } catch {
          break
        }
    closeSync(file)
  }

  free(): void {
    rmSync(join(this.path, 'ballast'), { force: true })
  }

  readOnly(): void {
    this.#run('mount', ['-o', 'remount,ro', this.path])
  }

  [Symbol.dispose](): void {
    this.#run('umount', ['-l', this.path])
  }

  #run(command: string, args: string[]): void {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  }
}

/** Makes these system calls of a process fail until it is disposed. */
export async function failing(
  pid: number,
  { calls, error }: { calls: string; error: string },
): Promise<AsyncDisposable> {
  const rule = `inject=${calls}:error=${error}`
  const strace = spawn(
    'strace',
    ['-f', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', rule, '-p', String(pid)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const exited = new Promise<void>((resolve) => strace.on('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let said = ''
    strace.stderr.on('data', (chunk: Buffer) => {
      said += chunk
      if (said.includes('attached')) resolve()
    })
    strace.on('exit', () => reject(new Error(`strace ended: ${said}`)))
  })
  return {
    async [Symbol.asyncDispose]() {
      strace.kill('SIGINT')
      await exited
    },
  }
}
