import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withKnownFlags } from '../../src/cli/flags.ts'
import { SCHEMA } from '../../src/config/schema.ts'
import { runCommand } from '../support/receiver.ts'
import { keysOf } from './keys.ts'
import { blocksOf, codesIn, documentAt, tablesUnder } from './markdown.ts'

/** Every key's path, names and places in lists left open. */
const KEYS = new Set(keysOf(SCHEMA).map(({ path }) => path))

const PAGES = {
  'deploy/MOVING-OVER.md': 'What becomes what',
  'deploy/MOVING-OVER.zh-CN.md': '对应关系',
}

for (const [path, heading] of Object.entries(PAGES))
  describe(path, () => {
    const markdown = documentAt(path)
    const [keyRows = [], fieldRows = []] = tablesUnder(markdown, heading)

    test('maps every key and flag of prometheus-webhook-dingtalk to what there is', async () => {
      const left = keyRows.flatMap(([cell = '']) => codesIn(cell))
      for (const key of [
        'timeout',
        'templates',
        'template',
        'no_builtin_template',
        'default_message',
        'targets.NAME',
        ...['url', 'secret', 'mention.mobiles', 'mention.all', 'message.title', 'message.text'].map(
          (each) => `targets.NAME.${each}`,
        ),
      ])
        assert.ok(left.includes(key), key)
      const { stdout: help } = await runCommand(['serve', '--help'])
      for (const [from = '', to = ''] of keyRows) {
        for (const flag of codesIn(from).filter((code) => code.startsWith('--'))) {
          const [known] = withKnownFlags([flag, 'x'])
          if (known !== 'x' && known !== flag)
            assert.ok(codesIn(to).includes(known as string), flag)
          assert.ok(help.includes(flag), flag)
        }
        for (const key of codesIn(to))
          if (/^(robots|channels)\.NAME\./.test(key)) assert.ok(KEYS.has(key), key)
      }
      assert.equal(fieldRows.length, 6)
    })
  })

test('both languages of the page about moving over have the same commands and tables', () => {
  const [english, chinese] = Object.keys(PAGES).map((path) => {
    const markdown = documentAt(path)
    return {
      blocks: blocksOf(markdown).map(({ text }) => text),
      sections: markdown.match(/^## /gm)?.length,
      points: markdown.match(/^(?:-|\d\.) /gm)?.length,
      rows: markdown.match(/^\| `/gm)?.length,
    }
  })
  assert.deepEqual(chinese, english)
})
