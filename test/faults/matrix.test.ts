import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const ROOT = new URL('../../', import.meta.url)

/** Number of faults of each kind. */
const FAULTS = { N: 31, P: 9, K: 12, D: 14, T: 6, I: 32, C: 9 }

test('every fault has a test, or a reason why not', () => {
  const rows = readFileSync(new URL('README.md', import.meta.url), 'utf8').matchAll(
    /^\| ([A-Z]\d\d) \| [^|]+ \| ([^|]+) \|/gm,
  )
  const tests = new Map([...rows].map(([, id, where]) => [id as string, (where as string).trim()]))
  const wanted = Object.entries(FAULTS).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, index) => `${kind}${String(index + 1).padStart(2, '0')}`),
  )
  assert.deepEqual([...tests.keys()], wanted)
  for (const [id, where] of tests) {
    if (where === 'for the PostgreSQL store') continue
    const [, file, name] = /^(test\/\S+\.ts): (.+)$/.exec(where) ?? []
    assert.ok(file !== undefined && name !== undefined, `${id}: ${where}`)
    assert.ok(
      readFileSync(new URL(file, ROOT), 'utf8').includes(name),
      `${id}: ${file} has no "${name}"`,
    )
  }
})
