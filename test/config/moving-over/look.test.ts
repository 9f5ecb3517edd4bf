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
 * Each folder is a configuration of prometheus-webhook-dingtalk with its templates, and what that program makes of two
 * payloads: the title on the first line, then the text. Blank lines and blanks at the end of a line are left out. They are
 * what Go prints: test/tools/go-templates/old-texts.ts.
 */
const FIXTURES = join(import.meta.dirname, 'fixtures')

describe('a converted configuration shows what the old one showed', () => {
  for (const name of readdirSync(FIXTURES).sort())
    test(`${name.slice(3).replaceAll('-', ' ')}, firing and resolved`, async () => {
      const folder = join(FIXTURES, name)
      const config = readFileSync(join(folder, 'config.yml'), 'utf8')
      const globs = readWebhookDingtalk(config, 'config.yml').config?.templates ?? []
      const { templates, missing } = findTemplates(globs, folder)
      const { messages, left, check } = await converted(config, templates, missing)
      assert.deepEqual(left, [])
      assert.deepEqual(check.faults, [])
      for (const status of ['firing', 'resolved'] as const) {
        const [message, ...more] = await messages('ops', payloadOfTwo(status))
        assert.equal(more.length, 0)
        const old = readFileSync(join(folder, `${status}.md`), 'utf8')
        assert.equal(condensed(`${message?.title}\n${message?.text}`), condensed(old))
      }
    })
})
