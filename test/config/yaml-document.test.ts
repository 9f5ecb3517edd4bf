import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../../src/config/yaml-document.ts'

const placeOfX = (yaml: string): string | undefined => {
  const { document } = parseConfig(yaml, 'f')
  assert.ok(document !== undefined)
  const { a } = document.value as { a: string }
  return document.placeOf(['a'], a.indexOf('X'))
}

test('a character of a text has its line and column, however the text is quoted', () => {
  for (const [yaml, place] of [
    ['a: oneX', 'f:1:7'],
    ['a:   "oneX"', 'f:1:10'],
    ["a: 'oneX'", 'f:1:8'],
    ["a: 'it''s X'", 'f:1:11'],
    ['a: "\\"b\\" \\u0041\\x41 X"', 'f:1:22'],
    ['a: |\n  one\n\n    twoX\n', 'f:4:8'],
    ['a: |-\n  X\n', 'f:2:3'],
    ['a: |\r\n  one\r\n  twoX\r\n', 'f:3:6'],
    ['b: 1\na: {}\n'.replace('{}', '"服务X"'), 'f:2:7'],
    // In folded lines the offset is unknown, so the position of the whole text is given.
    ['a: >\n  one\n  X\n', 'f:1:4'],
    ['a: "one\n  X"', 'f:1:4'],
    ['a: one\n  X', 'f:1:4'],
  ] as const)
    assert.equal(placeOfX(yaml), place, yaml)
})

test('a key that is there twice is named, with the place of the second', () => {
  for (const [yaml, fault] of [
    ['a: 1\nb: 2\na: 3\n', 'f:3:1: the key a is here twice'],
    ['x:\n  secret: \n  secret: s\n', 'f:3:3: the key secret is here twice'],
    ['x:\n  secret:\n\n  # why\n  secret: s\n', 'f:5:3: the key secret is here twice'],
    ['{ a: 1, a: 2 }', 'f:1:9: the key a is here twice'],
  ] as const)
    assert.deepEqual(parseConfig(yaml, 'f').faults, [fault])
})
