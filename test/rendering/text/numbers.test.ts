import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { urlWith } from '../../../src/rendering/text/links.ts'
import { numbersFor } from '../../../src/rendering/text/numbers.ts'

describe('numbers in a message', () => {
  const { number, percent, bytes } = numbersFor('en-US')
  test('are formatted for the language', () => {
    assert.equal(number('1234567.891'), '1,234,567.89')
    assert.equal(number(0.000123, 5), '0.00012')
    assert.equal(percent('0.82314'), '82.3%')
    assert.equal(percent(1.5, 0), '150%')
    assert.equal(bytes(1536), '1.5 KiB')
    assert.equal(bytes('53687091200'), '50 GiB')
    assert.equal(bytes(0), '0 B')
    assert.equal(bytes(-2048), '-2 KiB')
    assert.equal(bytes(2 ** 90), '1,073,741,824 EiB')
  })

  test('stay unchanged if they are not numbers', () => {
    for (const text of ['', 'n/a', '+Inf', '12 ms', '1e999'])
      assert.deepEqual([number(text), percent(text), bytes(text)], [text, text, text])
    assert.equal(number(undefined), '')
  })
})

describe('an address with parameters', () => {
  test('has each parameter encoded, whatever the address contains', () => {
    assert.equal(
      urlWith('https://a/d/1', { var_pod: 'a b&c', n: 1, none: '' }),
      'https://a/d/1?var_pod=a%20b%26c&n=1',
    )
    assert.equal(
      urlWith('https://a/?x=1#/top', { y: '告警' }),
      'https://a/?x=1&y=%E5%91%8A%E8%AD%A6#/top',
    )
    assert.equal(urlWith('https://a/'), 'https://a/')
    assert.equal(urlWith(undefined, { a: 1 }), '?a=1')
  })
})
