import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { needs } from '../support/program.ts'
import { freePort, Receiver, temporaryFolder, until } from '../support/receiver.ts'
import { DEPLOY, filesIn, textOf } from './manifests.ts'
import { wholeConfig } from './whole-config.ts'

/** Node.js has no datagram sockets of files. */
const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    print(listener.recv(4096).decode(), flush=True)
`

describe('the systemd unit', () => {
  const unit = textOf('systemd/dingtalk-receiver.service')

  test('is accepted by systemd', (t) => {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0)
      return t.skip('systemd-analyze is not installed: apt-get install systemd')
    using folder = temporaryFolder()
    const file = join(folder.path, 'dingtalk-receiver.service')
    writeFileSync(
      file,
      unit
        .replaceAll('=dingtalk-receiver ', `=${process.execPath} `)
        .replace(/^Documentation=.*$/m, ''),
    )
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], {
      encoding: 'utf8',
    })
    assert.deepEqual([status, stdout + stderr], [0, ''])
  })

  test(
    'is told when the receiver listens and when it stops',
    needs('systemd-notify', 'systemd'),
    async () => {
      using folder = temporaryFolder()
      const socket = join(folder.path, 'notify')
      const listener = spawn('python3', ['-c', LISTENER, socket], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let heard = ''
      listener.stdout.on('data', (text) => {
        heard += text
      })
      try {
        await until('the socket is there', () => existsSync(socket))
        const env = { NOTIFY_SOCKET: socket }
        await using receiver = new Receiver({ folder: folder.path, port: await freePort(), env })
        await receiver.start()
        await until('it is heard', () => heard.includes('READY=1'))
        await receiver.end()
        await until('it is heard', () => heard.includes('STOPPING=1'))
      } finally {
        listener.kill()
      }
    },
  )

  test('is well sandboxed', (t) => {
    const { status, stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', join(DEPLOY, 'systemd/dingtalk-receiver.service')],
      { encoding: 'utf8' },
    )
    if (status !== 0) return t.skip('this systemd-analyze cannot judge a file')
    const [, exposure] = /exposure level .*: ([\d.]+)/.exec(stdout) ?? []
    assert.ok(Number(exposure) < 2, stdout.slice(-200))
  })

  test("allows the receiver's shutdown time, and reloads by SIGHUP", () => {
    assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > 25)
    assert.match(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m)
    assert.match(readFileSync(new URL('../../src/cli/serve.ts', import.meta.url), 'utf8'), /SIGHUP/)
  })

  test('comes with a configuration whose store is in the writable folder', () => {
    const { faults, store } = wholeConfig(textOf('systemd/dingtalk-receiver.yml'))
    assert.deepEqual(faults, [])
    const [, state] = /^StateDirectory=(.*)$/m.exec(unit) ?? []
    assert.ok(store.startsWith(`sqlite:/var/lib/${state}/`))
    assert.match(unit, /--config \/etc\/dingtalk-receiver\/dingtalk-receiver\.yml/)
  })
})

describe('shell scripts', () => {
  for (const path of filesIn('.sh'))
    test(`${path} passes shellcheck`, needs('shellcheck', 'shellcheck'), () => {
      const { stdout } = spawnSync('shellcheck', [join(DEPLOY, path)], { encoding: 'utf8' })
      assert.equal(stdout, '')
    })
})
