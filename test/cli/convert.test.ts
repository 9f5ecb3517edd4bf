import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { flagsReader } from '../../src/cli/old-flags.ts'
import { loadSettings } from '../../src/config/load.ts'
import { runCommand, temporaryFolder } from '../support/receiver.ts'
import { templateNamed } from '../support/settings.ts'

const URL = 'https://oapi.dingtalk.com/robot/send?access_token=made-up'
const TEMPLATE = '{{ define "ding.link.content" }}告警 {{ len .Alerts }}{{ end }}'

/** A folder with a typical configuration of prometheus-webhook-dingtalk. */
function oldFolder(text = TEMPLATE) {
  const folder = temporaryFolder()
  mkdirSync(join(folder.path, 'old', 'contrib'), { recursive: true })
  writeFileSync(
    join(folder.path, 'old', 'config.yml'),
    `templates: [ contrib/*.tmpl ]\ntargets: { ops: { url: "${URL}" } }\n`,
  )
  writeFileSync(join(folder.path, 'old', 'contrib', 'a.tmpl'), text)
  return folder
}

describe('convert', () => {
  test('writes the configuration for its owner alone, with the templates beside it', async () => {
    using folder = oldFolder()
    const made = await runCommand(['convert', 'old/config.yml', '-o', 'new.yml'], {
      cwd: folder.path,
    })
    assert.equal(made.code, 0, made.stderr)
    assert.equal(made.stderr, '')
    assert.equal(statSync(join(folder.path, 'new.yml')).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(join(folder.path, 'templates')).sort(), [
      'ops.digest.eta',
      'ops.message.eta',
      'ops.title.eta',
    ])
    const checked = await runCommand(['check', '--config', 'new.yml'], { cwd: folder.path })
    assert.equal(checked.code, 0, checked.stdout)
  })

  test('overwrites no existing file, and then writes none at all', async () => {
    using folder = oldFolder()
    mkdirSync(join(folder.path, 'templates'))
    const kept = join(folder.path, 'templates', 'ops.title.eta')
    writeFileSync(kept, 'mine')
    const made = await runCommand(['convert', 'old/config.yml', '-o', 'new.yml'], {
      cwd: folder.path,
    })
    assert.equal(made.code, 1)
    assert.match(made.stderr, /already exists: templates\/ops\.title\.eta; nothing was written/)
    assert.equal(readFileSync(kept, 'utf8'), 'mine')
    assert.equal(existsSync(join(folder.path, 'new.yml')), false)
  })

  test('exits with 3 if something has no equivalent, and lists it; templates may be elsewhere', async () => {
    using folder = oldFolder('{{ define "ding.link.content" }}告警 {{ env "HOME" }}{{ end }}')
    const made = await runCommand(['convert', 'old/config.yml'], { cwd: folder.path })
    assert.equal(made.code, 3)
    assert.match(
      made.stderr,
      /^left out: .*a\.tmpl:1: \{\{ env "HOME" \}\}: unknown function "env"\n$/,
    )
    assert.match(made.stdout, /# Left out: .*env/)
    assert.match(made.stdout, /# Put this into templates\/ops\.message\.eta/)
    const elsewhere = await runCommand(
      ['convert', 'old/config.yml', '--templates', 'nowhere/*.tmpl'],
      { cwd: folder.path },
    )
    assert.equal(elsewhere.code, 3)
    assert.match(elsewhere.stderr, /nowhere\/\*\.tmpl matches no file/)
    const absent = await runCommand(['convert', 'absent.yml'], { cwd: folder.path })
    assert.equal(absent.code, 1)
    assert.match(absent.stderr, /cannot read absent\.yml/)
  })

  test("removes npm's banner from a new output file, and keeps the content of an older one", () => {
    using folder = oldFolder()
    const start = `"${process.execPath}" -- "${join(import.meta.dirname, '../../src/main.ts')}"`
    writeFileSync(
      join(folder.path, 'package.json'),
      JSON.stringify({ name: 'checkout', version: '1.0.0', scripts: { start } }),
    )
    writeFileSync(join(folder.path, 'kept.yml'), 'mine\n')
    const inShell = (line: string): void =>
      void execFileSync('sh', ['-c', line], { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] })
    inShell('npm start -- convert old/config.yml > new.yml')
    const written = readFileSync(join(folder.path, 'new.yml'), 'utf8')
    assert.match(written, /^# Converted from the config\.yml[\s\S]*\nchannels:\n/)
    inShell('npm start -- convert old/config.yml >> kept.yml')
    const longer = readFileSync(join(folder.path, 'kept.yml'), 'utf8')
    assert.match(longer, /^mine\n\n> checkout@1\.0\.0 start\n/)
    assert.ok(longer.endsWith(written))
  })

  test('is the command that serve names for an old file', async () => {
    using folder = oldFolder()
    const file = join(folder.path, 'old', 'config.yml')
    const served = await runCommand(['serve', `--config.file=${file}`], { cwd: folder.path })
    assert.equal(served.code, 1)
    assert.ok(
      served.stderr.includes(
        `dingtalk-receiver convert ${file} -o ${join(folder.path, 'old', 'dingtalk-receiver.yml')}`,
      ),
      served.stderr,
    )
    assert.ok(!served.stderr.includes('made-up'))
  })
})

describe('flags of version 0.3', () => {
  test('are a configuration with a robot and a channel for each profile', () => {
    using folder = oldFolder()
    const read = flagsReader({
      'ding.profile': [`a=${URL}1`, `b=${URL}2`],
      'ding.timeout': '3s',
      'template.file': join(folder.path, 'old', 'contrib', 'a.tmpl'),
    })
    const given = read()
    assert.ok(given)
    const { settings } = loadSettings({ given, env: {}, cwd: folder.path })
    assert.deepEqual([...settings.channels.keys()], ['a', 'b'])
    assert.equal(settings.robots.get('b')?.timeoutMs, 3_000)
    assert.equal(templateNamed(settings.channels.get('b')?.template), 'a')
    assert.deepEqual(readdirSync(settings.templates).sort(), [
      'a.digest.eta',
      'a.message.eta',
      'a.title.eta',
    ])
    assert.equal(settings.store.reveal(), `sqlite:${join(folder.path, 'data', 'receiver.db')}`)
    const listeners = process.listenerCount('exit')
    assert.equal(read()?.text, given.text, 'a reload uses the same folder')
    assert.equal(process.listenerCount('exit'), listeners)
  })

  test('that are invalid are refused without printing their address', () => {
    for (const [flags, words] of [
      [{ 'ding.profile': [URL] }, /^--ding\.profile must be NAME=URL/],
      [{ 'ding.profile': [`1a=${URL}`] }, /where NAME begins with a letter$/],
      [
        { 'ding.profile': [`ops=${URL.replace('https', 'ftp')}`] },
        /^--ding\.profile: the URL of ops must be an http or https URL$/,
      ],
      [{ 'ding.profile': ['ops='] }, /the URL of ops must be/],
      [{ 'ding.timeout': '3s' }, /--/],
      [{ 'ding.profile': [`a=${URL}`], 'template.file': '/nowhere.tmpl' }, /--/],
    ] as const)
      assert.throws(
        () => flagsReader({ ...flags, 'ding.profile': [...(flags['ding.profile'] ?? [])] })(),
        (error: Error) => words.test(error.message) && !error.message.includes('made-up'),
      )
    assert.equal(flagsReader({})(), undefined)
  })
})
