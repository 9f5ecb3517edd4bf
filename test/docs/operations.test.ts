import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMetrics } from '../../src/metrics.ts'
import { codesIn, documentAt, tablesUnder } from './markdown.ts'

for (const [path, headings] of Object.entries({
  'deploy/OPERATIONS.md': { metrics: 'Metrics' },
  'deploy/OPERATIONS.zh-CN.md': { metrics: '指标' },
})) {
  const markdown = documentAt(path)

  describe(path, () => {
    test('names all metrics, and no others', () => {
      const { registry } = createMetrics({ version: '1', node: 'v24' })
      const there = registry
        .getMetricsAsArray()
        .map(({ name }) => name)
        .filter((name) => name.startsWith('dingtalk_receiver_'))
      const named = (tablesUnder(markdown, headings.metrics)[0] as string[][]).flatMap(
        ([cell = '']) => codesIn(cell).map((name) => `dingtalk_receiver_${name}`),
      )
      assert.deepEqual(named.sort(), there.sort())
    })
  })
}
