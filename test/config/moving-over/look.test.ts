import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { findTemplates } from '../../../src/config/moving-over/find-templates.ts'
import { readWebhookDingtalk } from '../../../src/config/moving-over/webhook-dingtalk.ts'
import { condensed } from './condensed.ts'
import { converted } from './conversion.ts'
import { payloadOfTwo } from './payloads.ts'

/**
 * Each folder has a configuration of prometheus-webhook-dingtalk with its templates, and the messages that this program
 * renders for two payloads: title on the first line, then text, without blank lines and trailing spaces. They are output
 * of Go, written by test/tools/go-templates/old-texts.ts.
 */
const FIXTURES = join(import.meta.dirname, 'fixtures')

describe('a converted configuration renders the same messages as the original', () => {
  for (const name of readdirSync(FIXTURES).sort())
    test(`${name.slice(3).replaceAll('-', ' ')}, firing and resolved`, async () => {
      const folder = join(FIXTURES, name)
      const config = readFileSync(join(folder, 'config.yml'), 'utf8')
      const globs = readWebhookDingtalk(config, 'config.yml').config?.templates ?? []
      const { templates, missing } = findTemplates(globs, folder)
      const { messages, leftOut, check } = await converted(config, templates, missing)
      assert.deepEqual(leftOut, [])
      assert.deepEqual(check.failures, [])
      for (const status of ['firing', 'resolved'] as const) {
        const [message, ...more] = await messages('ops', payloadOfTwo(status))
        assert.equal(more.length, 0)
        const old = readFileSync(join(folder, `${status}.md`), 'utf8')
        assert.equal(condensed(`${message?.title}\n${message?.text}`), condensed(old))
      }
    })
})
