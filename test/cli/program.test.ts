import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readEnvFile } from '../../src/cli/env-file.ts'
import { runCommand, temporaryFolder } from '../support/receiver.ts'

describe('--env-file', () => {
  test('reads NAME=value lines first, at any position, and keeps variables that are set', () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'x.env')
    writeFileSync(file, '\uFEFF# a comment\nA=1\nexport B="two words"\n\nC=\'x#y\'\r\n')
    for (const argv of [
      ['--env-file', file, 'check', '--config', 'x'],
      ['check', `--env-file=${file}`, '--config', 'x'],
      ['check', '--config', 'x', '--env-file', file],
    ]) {
      const env: NodeJS.ProcessEnv = { A: 'kept' }
      assert.deepEqual(readEnvFile(argv, env), ['check', '--config', 'x'])
      assert.deepEqual(env, { A: 'kept', B: 'two words', C: 'x#y' })
    }
  })

  test('works for every command; an unreadable file is a failure with its reason', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'x.env')
    writeFileSync(file, 'DINGTALK_WEBHOOK=https://oapi.dingtalk.com/robot/send?access_token=t\n')
    const right = await runCommand(['check', '--env-file', file], { cwd: folder.path })
    assert.deepEqual(
      [right.code, right.stdout],
      [0, 'no configuration file: ok (1 robot, 1 channel)\n'],
    )
    const absent = await runCommand(['--env-file', '/nowhere/x', 'check'], { cwd: folder.path })
    assert.equal(absent.code, 1)
    assert.match(absent.stderr, /^--env-file: cannot read \/nowhere\/x: ENOENT/)
    assert.throws(() => readEnvFile(['--env-file', '/nowhere/x'], {}), {
      code: 'unreadable_file',
      message: /^--env-file: cannot read \/nowhere\/x: ENOENT/,
    })
    const bare = await runCommand(['check', '--env-file'], { cwd: folder.path })
    assert.deepEqual([bare.code, bare.stderr], [2, '--env-file: the name of a file is missing\n'])
  })
})

test('version, -v and --version print the same, with revision, build date and Node.js', async () => {
  const [one, ...others] = await Promise.all(
    [['version'], ['-v'], ['--version']].map((args) => runCommand(args)),
  )
  assert.equal(one?.code, 0)
  assert.match(
    one?.stdout ?? '',
    /^dingtalk-receiver \d+\.\d+\.\d+ \(revision \S+, built \S+, Node\.js \d+\.\d+\.\d+\)\n$/,
  )
  for (const other of others) assert.deepEqual(other, one)
})

test('-h equals --help, for every command', async () => {
  for (const command of [[], ['serve'], ['probe'], ['health']]) {
    const [short, long] = await Promise.all(
      ['-h', '--help'].map((flag) => runCommand([...command, flag])),
    )
    assert.equal(short?.code, 0)
    assert.deepEqual(short, long)
  }
  assert.match((await runCommand(['serve', '-h'])).stdout, /--web\.listen-address ADDR +--listen\n/)
})

test('an error about arguments never contains a value that may be a secret', async () => {
  const url = 'https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789'
  const secret = 'SEC0123456789abcdef0123456789abcdef'
  for (const [args, said] of [
    [[`-ding.profil=webhook1=${url}`], /unknown option '--ding\.profil'/],
    [[`--ding.profil=webhook1=${url}`], /unknown option '--ding\.profil'\n/],
    [[`-t=abcdef'0123`], /unknown option '-t'\n/],
    [[`-t${secret}`], /unknown option '\[redacted\]'/],
    [['--log-level', url], /argument 'https:\/\/oapi\.dingtalk\.com\/\[redacted\]' is invalid/],
    [[`webhook1=${url}`], /unknown command/],
    [['serve', url], /too many arguments/],
  ] as const) {
    const { code, stdout, stderr } = await runCommand([...args])
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, said)
    assert.doesNotMatch(stderr, /abcdef/)
  }
})
