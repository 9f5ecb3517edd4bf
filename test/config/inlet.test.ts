import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { AppError } from '../../src/errors.ts'
import { temporaryFolder } from '../support/receiver.ts'

function load(channels: string, env: NodeJS.ProcessEnv = {}) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'x.yml')
  writeFileSync(file, `robots: { r: { webhook: sandbox } }\nchannels:\n${channels}`)
  writeFileSync(join(folder.path, 'secret'), 'SECin-a-file-of-its-own\n')
  return loadSettings({ file, env, cwd: folder.path })
}

function faultsOf(channels: string): string[] {
  try {
    load(channels)
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'bad_configuration')
    return error.faults.map((fault) => fault.replace(/^.*x\.yml/, 'x.yml'))
  }
  return []
}

describe("a channel's inlet", () => {
  test('reads each secret from its source, and prints none', () => {
    const { settings, warnings } = load(
      '  ops: { robots: [r], inlet: { token: { env: OPS_INLET }, secret: { file: secret }, hmac: a-word-for-grafana } }\n  dba: { robots: [r] }\n',
      { OPS_INLET: 'a-token-of-ops' },
    )
    assert.deepEqual(warnings, [])
    const inlet = settings.channels.get('ops')?.inlet
    assert.deepEqual(
      [inlet?.token?.reveal(), inlet?.secret?.reveal(), inlet?.hmac?.reveal()],
      ['a-token-of-ops', 'SECin-a-file-of-its-own', 'a-word-for-grafana'],
    )
    assert.equal(
      JSON.stringify(inlet),
      '{"token":"[redacted]","secret":"[redacted]","hmac":"[redacted]"}',
    )
    assert.equal(settings.channels.get('dba')?.inlet, undefined)
  })

  test('with a token that can be guessed causes a warning', () => {
    const { warnings } = load('  ops: { robots: [r], inlet: { token: short } }\n')
    assert.match(warnings.join('\n'), /channels\.ops\.inlet\.token: .*guessed/)
    assert.ok(!warnings.join('\n').includes('short,'))
  })

  test('must have a token that identifies one channel', () => {
    const both = (a: string, b: string): string[] =>
      faultsOf(
        `  ops: { robots: [r], inlet: { token: ${a} } }\n  dba: { robots: [r], inlet: { token: ${b} } }\n`,
      )
    assert.deepEqual(both('first-of-all-tokens', 'second-of-all-tokens'), [])
    assert.match(
      both('first-of-all-tokens', 'first-of-all-tokens').join('\n'),
      /^x\.yml:4:39: channels\.dba\.inlet\.token: .*ops/,
    )
    assert.match(both('dba', 'second-of-all-tokens').join('\n'), /name of another channel/)
  })

  test('without a key or with an unknown key is a fault', () => {
    assert.match(faultsOf('  ops: { robots: [r], inlet: {} }\n').join('\n'), /channels\.ops\.inlet/)
    assert.match(
      faultsOf('  ops: { robots: [r], inlet: { tokn: a-word-for-all } }\n').join('\n'),
      /did you mean "token"/,
    )
  })

  test('aggregate.changes is off unless it is set', () => {
    const { settings } = load(
      '  ops: { robots: [r], aggregate: { every: 5m, changes: true } }\n  dba: { robots: [r] }\n',
    )
    assert.deepEqual(settings.channels.get('ops')?.aggregate, {
      everyMs: 300_000,
      by: undefined,
      changes: true,
    })
    assert.equal(settings.channels.get('dba')?.aggregate?.changes, undefined)
  })
})
