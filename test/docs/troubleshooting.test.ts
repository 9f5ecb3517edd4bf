import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ERROR_CODES, resultOf } from '../../src/notifiers/dingtalk/error-codes.ts'
import { codesIn, documentAt, ROOT, tablesUnder } from './markdown.ts'

for (const [path, headings] of Object.entries({
  'deploy/TROUBLESHOOTING.md': {
    symptoms: 'Symptoms',
    replies: 'Replies of DingTalk',
    log: 'The log',
  },
  'deploy/TROUBLESHOOTING.zh-CN.md': { symptoms: '现象', replies: '钉钉的返回', log: '日志' },
})) {
  const markdown = documentAt(path)

  describe(path, () => {
    test('explains every verdict of DingTalk, with its codes', () => {
      const rows = tablesUnder(markdown, headings.replies)[0] as string[][]
      const meanings = Object.entries(ERROR_CODES).filter(([name]) => name !== 'delivered')
      assert.equal(rows.length, meanings.length)
      for (const [index, [name, meaning]] of meanings.entries()) {
        const { outcome, explanation, codes } = meaning
        const ends: readonly number[] = ('range' in meaning && meaning.range) || []
        const [says = '', result = '', means = ''] = rows[index] as string[]
        assert.equal(codesIn(result)[0], resultOf(outcome), name)
        const named = codesIn(says)
          .filter((code) => /^-?\d+$/.test(code))
          .map(Number)
        const known: readonly number[] = [...codes, ...ends]
        // Outcomes that differ only in errmsg share a code; `expect` refuses a reply with 0.
        const wide = named.every((code) => code === 310000 || code === 0)
        if (known.length > 0 || !wide) assert.deepEqual(named, known, name)
        if (!path.includes('zh-CN')) assert.equal(means, explanation, name)
        else assert.match(means, /\p{Script=Han}.*。$/u, name)
        for (const key of codesIn(explanation))
          assert.ok(codesIn(means).includes(key), `${name}: ${key}`)
      }
    })

    test('gives an action for every symptom', () => {
      for (const row of tablesUnder(markdown, headings.symptoms)[0] as string[][])
        assert.ok(row.length === 2 && row.every((cell) => cell.length > 4), row.join())
    })

    test('explains every warning and error of the log, and no other event', () => {
      const logged = ['events.ts', 'cli/serve.ts', 'web.ts', 'app.ts']
        .map((each) => readFileSync(`${ROOT}src/${each}`, 'utf8'))
        .flatMap((code) => [...code.matchAll(/log\.(?:warn|error)\('([a-z_.]+)'/g)])
        .map(([, event]) => event as string)
      const notices = readFileSync(`${ROOT}src/stores/multi-process.ts`, 'utf8')
      for (const [, kind] of notices.matchAll(/kind: '(\w+)'/g))
        if (!['lease_taken_over', 'notifications_restored'].includes(kind as string))
          logged.push(`store.${kind}`)
      assert.ok(logged.length > 25)
      const rows = tablesUnder(markdown, headings.log)[0] as string[][]
      for (const row of rows) assert.ok(row.length === 3 && row.every((cell) => cell.length > 1))
      const named = rows.flatMap(([event = '']) => codesIn(event))
      assert.deepEqual(named.sort(), [...new Set(logged)].sort())
    })
  })
}
