import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SCRIPT_NAMES } from '../../src/sources/parsing/ocp/names.ts'
import { needs } from '../support/program.ts'
import { behavesAsScript } from '../support/script-channel.ts'

const SCRIPT = fileURLToPath(new URL('../../deploy/ocp/send.sh', import.meta.url))

describe('the script for hosts without Node.js', () => {
  for (const shell of ['dash', 'bash'])
    describe(`in ${shell}`, { ...needs('curl', 'curl'), ...needs(shell, shell) }, () => {
      behavesAsScript({ name: shell, command: shell, args: [SCRIPT], runs: 25 })
    })

  test('passes shellcheck', needs('shellcheck', 'shellcheck'), () => {
    const { status, stdout } = spawnSync('shellcheck', [SCRIPT], { encoding: 'utf8' })
    assert.deepEqual([status, stdout], [0, ''])
  })

  test('knows the same variables as the command', () => {
    const text = readFileSync(SCRIPT, 'utf8')
    const [, names = ''] = /^dr_names='([^']*)'/m.exec(text) ?? []
    assert.deepEqual(names.trim().split(/\s+/), [...SCRIPT_NAMES].sort())
  })

  test('begins with a line that OCP accepts', () => {
    assert.match(readFileSync(SCRIPT, 'utf8'), /^#!\/bin\/sh\n/)
  })
})
