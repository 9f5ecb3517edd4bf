import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort, temporaryFolder, until } from '../support/receiver.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

describe('the command serve', () => {
  for (const [format, shown] of [
    ['pretty', true],
    ['json', false],
  ] as const)
    test(`${shown ? 'prints a welcome on standard error' : 'prints nothing but its log'} where the log is ${format}`, async () => {
      using folder = temporaryFolder()
      const port = await freePort()
      const args = [MAIN, 'serve', '--listen', `127.0.0.1:${port}`, '--log-format', format]
      const child = spawn(process.execPath, args, { cwd: folder.path })
      const heard = { stdout: '', stderr: '' }
      for (const name of ['stdout', 'stderr'] as const)
        child[name].on('data', (text) => {
          heard[name] += text
        })
      try {
        await until('it listens', () => heard.stderr.includes('server.listening'))
        if (shown) await until('it greets', () => heard.stderr.includes('curl '))
        const ended = new Promise((resolve) => child.on('exit', resolve))
        child.kill('SIGTERM')
        await ended
        assert.equal(heard.stderr.includes(`Console   http://127.0.0.1:${port}/`), shown)
        assert.equal(heard.stdout, '')
      } finally {
        child.kill('SIGKILL')
      }
    })
})
