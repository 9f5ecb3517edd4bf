import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMatchers } from '../../src/config/matchers.ts'
import { growthOf } from '../support/growth.ts'

test('a matcher with many blanks is parsed in linear time', () => {
  for (const textOf of [
    (size: number) => `a="${' '.repeat(size)}"`,
    (size: number) => `a=~"${' '.repeat(size)}x"`,
    (size: number) => `${' '.repeat(size)}a="b"${' '.repeat(size)}`,
    (size: number) => `a="${'\\\\'.repeat(size)}"`,
  ]) {
    const growth = growthOf((size) => void parseMatchers(textOf(size)), 4_000)
    assert.ok(growth < 100, `16 times the length took ${growth.toFixed(1)} times as long`)
  }
})
