import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { temporaryFolder } from '../support/receiver.ts'

const CONFIG =
  'robots: { r: { webhook: sandbox, secret: SECRET } }\nchannels: { c: { robots: [r] } }\n'

/** The secret as the robot has it, read from a file of these bytes. */
function fromFile(bytes: string | Uint8Array): string | undefined {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 's'), bytes)
  const file = join(folder.path, 'x.yml')
  writeFileSync(file, CONFIG.replace('SECRET', '{ file: s }'))
  const { settings } = loadSettings({ file, env: {}, cwd: folder.path })
  return settings.robots.get('r')?.secret?.reveal()
}

describe('a secret from a file or the environment', () => {
  test('loses blanks, quotes and a byte order mark around it in a file', () => {
    for (const text of [
      'SECabc',
      'SECabc\n',
      'SECabc\r\n\r\n',
      '  SECabc \t\n',
      '\uFEFFSECabc\n',
      '"SECabc"\n',
      "'SECabc'",
      '\uFEFF " SECabc " \n',
    ])
      assert.equal(fromFile(text), 'SECabc', JSON.stringify(text))
    assert.equal(fromFile(Buffer.from('\uFEFFSECabc\r\n', 'utf16le')), 'SECabc')
    assert.equal(fromFile('"SEC a"b\n'), '"SEC a"b')
  })

  test('is trimmed in the environment too', () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'x.yml')
    writeFileSync(file, CONFIG.replace('SECRET', '{ env: S }'))
    const env = { S: ' "SECabc"\n' }
    const { settings } = loadSettings({ file, env, cwd: folder.path })
    assert.equal(settings.robots.get('r')?.secret?.reveal(), 'SECabc')
    assert.throws(
      () => loadSettings({ file, env: { S: ' "" ' }, cwd: folder.path }),
      /the environment variable S is not set/,
    )
  })

  test('is trimmed without a configuration file', () => {
    using folder = temporaryFolder()
    const env = {
      DINGTALK_WEBHOOK: '"https://oapi.dingtalk.com/robot/send?access_token=abc"\n',
      DINGTALK_SECRET: ' SECabc ',
    }
    const { settings } = loadSettings({ env, cwd: folder.path })
    const [robot] = settings.robots.values()
    assert.equal(robot?.secret?.reveal(), 'SECabc')
    assert.ok(robot.target.kind === 'webhook')
    assert.equal(robot.target.url.reveal(), 'https://oapi.dingtalk.com/robot/send?access_token=abc')
  })
})
