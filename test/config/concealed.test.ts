import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { AppError } from '../../src/errors.ts'
import { conceal } from '../../src/redact.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import { freePort, Receiver, runCommand, temporaryFolder } from '../support/receiver.ts'

const TOKEN = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const SECRET = 'SECf3e2d1c0b9a8978685746352413021'
const WORD = 'hJ7kQ2mX9pL4vR8tY3wZ6b'
const WEBHOOK = `https://oapi.dingtalk.com/robot/send?access_token=${TOKEN}`
const PATHED = `https://gateway.example.com/robot/${WORD}`

const LAB = 'robots: { lab: { webhook: sandbox } }\n'
const OPS = 'channels: { ops: { robots: [lab] } }\n'

/** Configurations with a secret in the wrong place. */
const MISPLACED: Readonly<Record<string, (secret: string) => string>> = {
  'the name of a robot in a channel': (s) => `${LAB}channels: { ops: { robots: ["${s}"] } }\n`,
  'the key of a robot': (s) => `robots: { "${s}": { webhook: sandbox, x: 1 } }\n${OPS}`,
  'the key of a channel': (s) => `${LAB}channels: { "${s}": { robots: [nobody] } }\n`,
  'an unknown key': (s) => `${LAB}${OPS}"${s}": 1\n`,
  'an unknown key of a robot': (s) => `robots: { lab: { "${s}": 1, webhook: sandbox } }\n${OPS}`,
  'a choice': (s) => `${LAB}channels: { ops: { robots: [lab], mode: "${s}" } }\n`,
  'a template': (s) => `${LAB}channels: { ops: { robots: [lab], template: "${s}" } }\n`,
  'a duration': (s) => `${LAB}channels: { ops: { robots: [lab], aggregate: { every: "${s}" } } }\n`,
  'a level': (s) => `${LAB}channels: { ops: { robots: [lab], levels: { "${s}": "${s}" } } }\n`,
  'a time zone': (s) => `timezone: "${s}"\n${LAB}${OPS}`,
  'a language': (s) => `language: "${s}"\n${LAB}${OPS}`,
  'an address to listen on': (s) => `listen: "${s}"\n${LAB}${OPS}`,
  'a store': (s) => `store: "${s}"\n${LAB}${OPS}`,
  'a network': (s) => `allow_from: ["${s}"]\n${LAB}${OPS}`,
  'a name of the environment': (s) => `auth: [{ bearer: { env: "${s}" } }]\n${LAB}${OPS}`,
  'a file': (s) => `auth: [{ bearer: { file: "${s}" } }]\n${LAB}${OPS}`,
  'a header': (s) => `auth: [{ header: { name: "${s}", value: x } }]\n${LAB}${OPS}`,
  'a matcher': (s) =>
    `${LAB}${OPS}routes: [{ matchers: ["${s}"], channels: [ops] }, { channels: [ops] }]\n`,
  'a level in a matcher': (s) =>
    `${LAB}${OPS}routes: [{ matchers: ['alarm_level="${s}"'], channels: [ops] }, { channels: [ops] }]\n`,
  'a pattern': (s) => `robots: { lab: { webhook: sandbox, expect: { regex: "(${s}" } } }\n${OPS}`,
  'a channel in a route': (s) => `${LAB}${OPS}routes: [{ channels: ["${s}"] }]\n`,
  'a proxy': (s) => `robots: { lab: { webhook: sandbox, proxy: "${s}" } }\n${OPS}`,
  'an alias': (s) => `${LAB}${OPS}timezone: *${s.replace(/\W/g, '')}\n`,
  'a tag': (s) => `${LAB}${OPS}timezone: !<${s.replace(/\W/g, '')}> x\n`,
  'a variable': (s) =>
    `${LAB}channels: { ops: { robots: [lab], title: "\${${s.replace(/\W/g, '')} | upper}" } }\n`,
  'a Go template': (s) =>
    `${LAB}channels: { ops: { robots: [lab], title: '{{ .Labels.${s} }}' } }\n`,
  'a mobile': (s) => `${LAB}channels: { ops: { robots: [lab], mention: { mobiles: ["${s}"] } } }\n`,
  'a user': (s) => `${LAB}channels: { ops: { robots: [lab], mention: { users: ["\${${s}}"] } } }\n`,
  'a value in a matcher': (s) =>
    `${LAB}${OPS}routes: [{ matchers: ["a='${s}'", 'b=c d=${s}'], channels: [ops] }, { channels: [ops] }]\n`,
}

const parts = (secret: string): string[] =>
  secret === WEBHOOK ? [TOKEN] : secret === PATHED ? [WORD] : [secret]

/** The output of `check` for a configuration. */
async function saidOf(yaml: string): Promise<string> {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x.yml')
  writeFileSync(file, yaml)
  try {
    const { settings, warnings } = loadSettings({ file, env: {}, cwd: folder.path })
    const found = await createRenderer(settings, settings.channels.values()).check()
    return [...warnings, ...found.warnings, ...found.failures].join('\n')
  } catch (error) {
    assert.ok(error instanceof AppError)
    return [error.message, ...error.faults].join('\n')
  }
}

describe('a secret in the wrong place', () => {
  for (const [what, yamlOf] of Object.entries(MISPLACED))
    test(`is masked in faults and warnings: ${what}`, async () => {
      for (const secret of [WEBHOOK, PATHED, TOKEN, SECRET, WORD]) {
        const said = await saidOf(yamlOf(secret))
        for (const part of parts(secret)) assert.ok(!said.includes(part), said)
      }
      assert.notEqual(await saidOf(yamlOf(WORD)), '')
    })

  test('is not printed by check, not even a number', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'x.yml')
    writeFileSync(file, `${LAB}${OPS}admin: { token: 8812345678901234 }\n`)
    const { code, stdout } = await runCommand(['check', '--config', file])
    assert.equal(code, 1)
    assert.doesNotMatch(stdout, /8812345678901234/)
  })

  test('is absent from the reply to a reload and from the log', async () => {
    using folder = temporaryFolder()
    const port = await freePort()
    await using receiver = await new Receiver({
      folder: folder.path,
      port,
      config: `${LAB}${OPS}`,
    }).start()
    for (const secret of [WEBHOOK, PATHED, TOKEN, SECRET, WORD]) {
      receiver.configure(
        (MISPLACED['the name of a robot in a channel'] as (s: string) => string)(secret),
      )
      const reply = await (await receiver.post('/-/reload', '')).text()
      assert.match(reply, /unknown robot .*lab/)
      for (const part of parts(secret)) {
        assert.ok(!reply.includes(part), reply)
        assert.ok(!receiver.output.includes(part), receiver.output)
      }
    }
  })

  test('is distinguished from ordinary names', () => {
    for (const name of [
      'ops',
      'dingtalk-receiver-monitoring-production',
      'ob-cluster-4253-production-east-2',
      'prod-2026-11-24-database-team-oncall',
      '/etc/dingtalk-receiver/secrets/Ops1/token',
      'AlertmanagerProductionRobot',
      'http://127.0.0.1:8060',
    ])
      assert.equal(conceal(`unknown robot "${name}"`), `unknown robot "${name}"`)
  })
})
