import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { needs } from '../support/program.ts'
import { freePort, temporaryFolder, until } from '../support/receiver.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const INTERRUPT = '\u0003'

/** Standard output and standard error of `serve`, which is interrupted once it listens. */
async function printed(
  format: string,
  { onTerminal = false, welcomes = false }: { onTerminal?: boolean; welcomes?: boolean } = {},
): Promise<{ port: number; stdout: string; stderr: string }> {
  using folder = temporaryFolder()
  const port = await freePort()
  const args = [MAIN, 'serve', '--listen', `127.0.0.1:${port}`]
  if (format !== '') args.push('--log-format', format)
  const child = onTerminal
    ? spawn('script', ['-qefc', [process.execPath, ...args].join(' '), '/dev/null'], {
        cwd: folder.path,
      })
    : spawn(process.execPath, args, { cwd: folder.path })
  const heard = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (text) => {
      heard[name] += text
    })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  try {
    await until('it listens', () => JSON.stringify(heard).includes('server.listening'))
    if (welcomes) await until('it welcomes', () => JSON.stringify(heard).includes('curl '))
    // A welcome would follow at once.
    else await new Promise((resolve) => setTimeout(resolve, 500))
    if (onTerminal) child.stdin.write(INTERRUPT)
    else child.kill('SIGTERM')
    await ended
  } finally {
    child.kill('SIGKILL')
  }
  return { port, ...heard }
}

describe('the command serve', () => {
  for (const format of ['', 'json', 'logfmt'])
    test(`prints nothing but its log into a file or a pipe, with ${format === '' ? 'the default log format' : `the log format ${format}`}`, async () => {
      const { stdout, stderr } = await printed(format)
      assert.equal(stdout, '')
      assert.ok(!stderr.includes('Console'), stderr)
      const lines = stderr.trimEnd().split('\n')
      if (format === '' || format === 'json') for (const line of lines) JSON.parse(line)
      if (format === 'logfmt')
        for (const line of lines) assert.match(line, /^ts=\S+ level=\w+ msg=/)
    })

  test('prints a welcome on standard error where the log is pretty', async () => {
    const { port, stdout, stderr } = await printed('pretty', { welcomes: true })
    assert.equal(stdout, '')
    assert.match(stderr, new RegExp(`Console {3}http://127\\.0\\.0\\.1:${port}/`))
  })

  test(
    'prints a welcome on a terminal, unless the log is JSON',
    needs('script', 'bsdutils'),
    async () => {
      for (const format of ['', 'pretty']) {
        const { port, stdout } = await printed(format, { onTerminal: true, welcomes: true })
        assert.match(stdout, new RegExp(`Console {3}http://127\\.0\\.0\\.1:${port}/`))
        assert.match(stdout, /Try it {4}curl /)
      }
      const { stdout } = await printed('json', { onTerminal: true })
      assert.ok(!stdout.includes('Console'))
    },
  )
})
