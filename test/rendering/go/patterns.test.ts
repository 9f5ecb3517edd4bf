import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { prometheusAlert } from '../../../src/rendering/templates/sample-alerts.ts'
import { temporaryFolder } from '../../support/receiver.ts'
import { NOW, renderWith } from '../support.ts'

describe('patterns in a template', () => {
  test('that take too long make the built-in part replace this part, and no other part', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path, { recursive: true })
    const slow =
      "<% for (let n = 0; n < 100; n++) it.go.regexFindAll('a[^z]*z|a', 'a'.repeat(20_000), -1) %>slow"
    writeFileSync(join(folder.path, 'mine.title.eta'), slow)
    writeFileSync(
      join(folder.path, 'mine.group.eta'),
      "<%= it.go.reReplaceAll('o', '0', 'good') %>",
    )
    const alerts = ['pod-0', 'pod-1'].map((pod) =>
      prometheusAlert({ alertname: 'PodDown', severity: 'critical', pod }, NOW),
    )
    const { title, text, faults } = renderWith(alerts, {
      channel: { template: { kind: 'named', name: 'mine' } },
      templates: folder.path,
    })
    assert.match(title, /PodDown/)
    assert.match(text, /g00d/)
    assert.deepEqual(
      faults.filter((each) =>
        /title\.eta:1: the regular expressions of this part take too long/.test(each),
      ).length,
      1,
    )
  })
})
