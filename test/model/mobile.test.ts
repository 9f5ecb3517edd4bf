import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mobileFrom } from '../../src/model/mobile.ts'

describe('a mobile', () => {
  test('of mainland China is eleven digits, however it was written', () => {
    for (const text of [
      '13800000000',
      ' 138 0000 0000 ',
      '138-0000-0000',
      '+86-138-0000-0000',
      '+86 13800000000',
      '+8613800000000',
      '(+86)13800000000'.slice(1).replace(')', ' '),
      '0086 13800000000',
      '8613800000000',
      '138\u20110000\u20110000',
    ])
      assert.equal(mobileFrom(text), '13800000000', text)
  })

  test('of another country has its code before a dash, as DingTalk writes it', () => {
    for (const [text, wanted] of [
      ['+852 6000 0000', '+852-60000000'],
      ['+85260000000', '+852-60000000'],
      ['0085260000000', '+852-60000000'],
      ['+1 (415) 555-0100', '+1-4155550100'],
      ['+14155550100', '+1-4155550100'],
      ['+6560000000', '+65-60000000'],
      ['+44 7700 900000', '+44-7700900000'],
      ['+7 900 000-00-00', '+7-9000000000'],
      ['+886-912-345-678', '+886-912345678'],
    ] as const)
      assert.equal(mobileFrom(text), wanted, text)
  })

  test('does not accept any other text', () => {
    for (const text of [
      '',
      '+',
      '123',
      '1380000000x',
      '@13800000000',
      '${owner}',
      '+000000000000',
      '1'.repeat(16),
      `1${' '.repeat(50)}3800000000`,
      '１３８００００００００',
      'manager4567',
    ])
      assert.equal(mobileFrom(text), undefined, text)
  })
})
