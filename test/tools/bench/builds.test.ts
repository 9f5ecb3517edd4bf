import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns, type Row, shown } from './builds.ts'

function rowOf(values: number[][]): Row {
  return { measure: 'm', wanted: '', show: (value) => value.toFixed(0), values }
}

test('builds are measured in turns, in reverse order in the next round', async () => {
  const order: string[] = []
  const values = await inTurns(
    ['a', 'b'],
    async (build, round) => order.push(`${build}${round}`),
    3,
  )
  assert.deepEqual(order, ['a0', 'b0', 'b1', 'a1', 'a2', 'b2'])
  assert.deepEqual(values, [
    [1, 4, 5],
    [2, 3, 6],
  ])
})

test('one build is shown by its median, minimum and maximum', () => {
  assert.equal(shown(rowOf([[30, 10, 20]])), '20 (10 to 30)')
})

test('the ratio of two builds is the median of the ratios of their rounds', () => {
  const text = shown(
    rowOf([
      [10, 90, 50],
      [20, 100, 100],
    ]),
  )
  assert.deepEqual(text.trim().split(/ {2,}/), ['50 (10 to 90)', '100 (20 to 100)', '×0.50'])
})

test('a measure of one build alone has no ratio', () => {
  assert.deepEqual(
    shown(rowOf([[1], []]))
      .trim()
      .split(/ {2,}/),
    ['1 (1 to 1)', 'not measured'],
  )
})
