import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { foreignLevelWord, type Level, levelKey, levelOf } from '../../src/model/level.ts'

const WORDS: Record<Level | 0, readonly string[]> = {
  1: [
    'Down',
    '停服',
    '停機',
    'P0',
    'SEV0',
    'sev-0',
    'Disaster',
    'FATAL',
    'emergency',
    '致命',
    '特别重大',
    '一级',
    '1',
    'Level 1',
    'priority 0',
  ],
  2: [
    'Critical',
    'critical',
    '严重',
    '嚴重',
    'page',
    'P1',
    'p-1',
    'SEV1',
    'Sev 1',
    'severity 1',
    'S1',
    'High',
    '紧急',
    '重大',
    '高',
    '高级',
    '2',
    'ｐａｇｅ',
    ' P1 ',
  ],
  3: [
    'Alert',
    'Warning',
    '警告',
    'P2',
    'SEV2',
    'S2',
    'Average',
    'Medium',
    'moderate',
    'major',
    'error',
    '重要',
    '较大',
    '中',
    '中等',
    '3',
  ],
  4: ['Caution', '注意', 'P3', 'SEV3', 'S3', 'minor', 'low', '一般', '次要', '低危', '4'],
  5: [
    'Info',
    '提醒',
    'P4',
    'P5',
    'SEV4',
    'SEV5',
    'S4',
    'none',
    'Not classified',
    'Information',
    'informational',
    '提示',
    '5',
  ],
  0: [
    '',
    'foo',
    'P6',
    'SEV9',
    'team-1',
    'constructor',
    '__proto__',
    'non-critical',
    '非紧急',
    '不严重',
    '0',
    '42',
    'warningly',
  ],
}

describe('the level of a word', () => {
  for (const [level, words] of Object.entries(WORDS))
    test(level === '0' ? 'is unknown for others' : `is ${level} for ${words.join(', ')}`, () => {
      for (const word of words) assert.equal(levelOf(word) ?? 0, Number(level), word)
    })

  test('is found within a compound; the word for "alert" itself counts only alone', () => {
    for (const [word, level] of [
      ['严重告警', 2],
      ['一般告警', 4],
      ['重要警告', 3],
      ['严重程度：一般', 4],
      ['告警级别: 提示', 5],
      ['紧急事件', 2],
      ['高级别', 2],
      ['P1 - Critical', 2],
      ['critical/page', 2],
      ['info alert', 5],
      ['警告', 3],
      ['告警', 3],
    ] as const)
      assert.equal(levelOf(word), level, word)
  })

  test("is the operator's first, in any spelling", () => {
    const own = new Map<string, Level>([
      [levelKey('Ｐ3 '), 3],
      [levelKey('critical'), 1],
      [levelKey('业务受损'), 2],
    ])
    assert.equal(levelOf('p3', own), 3)
    assert.equal(levelOf('P-3', own), 3)
    assert.equal(levelOf('CRITICAL', own), 1)
    assert.equal(levelOf('业务受损', own), 2)
    assert.equal(levelOf('P4', own), 5)
  })

  test('is found in linear time, for words of any kind and size', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (word) => {
        assert.ok([undefined, 1, 2, 3, 4, 5].includes(levelOf(word)))
      }),
    )
    for (const word of ['严重'.repeat(1_000_000), '-'.repeat(5_000_000), 'p'.repeat(100)])
      assert.equal(levelOf(word), undefined)
  })
})

test("the sender's word is shown unless it is one of the level's usual words", () => {
  for (const [word, level] of [
    ['P1', 2],
    ['page', 2],
    ['严重告警', 2],
    ['foo', 3],
    [' major ', 3],
    ['critical', 1],
  ] as const)
    assert.equal(foreignLevelWord(word, level), word.trim())
  for (const [word, level] of [
    [undefined, 3],
    [' ', 3],
    ['critical', 2],
    ['Warning', 3],
    ['严重', 2],
    ['2', 2],
    ['Information', 5],
  ] as const)
    assert.equal(foreignLevelWord(word, level), undefined)
})
