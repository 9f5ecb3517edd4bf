import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { MessageAlert } from '../../src/model/alert.ts'
import { RenderContext } from '../../src/rendering/context.ts'
import { type Payload, payloadOf, payloadOfCounts } from '../../src/rendering/payload.ts'
import { prometheusAlert } from '../../src/rendering/templates/sample-alerts.ts'
import type { CountGroup } from '../../src/rendering/types.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { channelNamed } from '../support/settings.ts'
import { NOW, renderWith } from './support.ts'

const podAlert = (pod: number, more: Record<string, string> = {}): MessageAlert =>
  prometheusAlert(
    {
      alertname: 'PodDown',
      severity: 'critical',
      cluster: 'prod',
      job: 'kubelet',
      pod: `pod-${pod}`,
      ...more,
    },
    NOW,
  )

function group(examples: readonly MessageAlert[], changes: Partial<CountGroup> = {}): CountGroup {
  return {
    level: 2,
    name: 'PodDown',
    cluster: 'prod',
    firing: examples.length,
    resolved: 0,
    examples,
    ...changes,
  }
}

const CONTEXT = new RenderContext(
  { channel: channelNamed('ops'), now: NOW },
  {
    settings: { language: 'en-US', timezone: 'UTC', templates: '' },
    parts: new Map(),
    slow: new Map(),
  },
)
const ofCounts = (...groups: readonly CountGroup[]): Payload =>
  payloadOfCounts(groups, CONTEXT, 200)

describe('the payload of counted alerts', () => {
  test('has all common labels if every alert is known', () => {
    const { commonLabels } = ofCounts(group([podAlert(0), podAlert(1)]))
    assert.deepEqual(
      { ...commonLabels },
      { alertname: 'PodDown', severity: 'critical', cluster: 'prod', job: 'kubelet' },
    )
  })

  test("has only the group's labels in common if some alerts are only counted", () => {
    const payload = ofCounts(group([podAlert(0)], { firing: 600 }))
    assert.deepEqual(
      { ...payload.commonLabels },
      { alertname: 'PodDown', severity: 'critical', cluster: 'prod' },
    )
    assert.deepEqual({ ...payload.commonAnnotations }, {})
    const pods = Array.from(payload.alerts, ({ labels }) => labels['pod'])
    assert.deepEqual(
      pods.filter((pod) => pod !== undefined),
      ['pod-0'],
    )
    const other = group([], { level: 3, name: 'Other', firing: 1 })
    const two = ofCounts(group([podAlert(0)], { firing: 600 }), other)
    assert.deepEqual({ ...two.commonLabels }, { cluster: 'prod' })
  })

  test('has a common severity only if the word means the level of the group', () => {
    const mapped = group([podAlert(0, { severity: 'info' })], { firing: 600 })
    assert.equal(ofCounts(mapped).commonLabels['severity'], undefined)
  })

  test('counts every alert, also in groups without examples', () => {
    const groups = Array.from({ length: 60 }, (_, n) =>
      group(n < 40 ? [podAlert(n)] : [], { name: `A${n}`, firing: 7, resolved: 3 }),
    )
    const { alerts } = ofCounts(...groups)
    assert.equal(alerts.length, 600)
    assert.equal(alerts.firing.length, 420)
    assert.equal(alerts.resolved.length, 180)
    assert.deepEqual({ ...alerts.at(-1)?.labels }, { alertname: 'A59', cluster: 'prod' })
  })
})

describe('the payload of a message', () => {
  test('does not have values in common that differ only beyond the cut', () => {
    const alerts = ['1', '2'].map((end) => podAlert(0, { path: `${'x'.repeat(300)}${end}` }))
    const { commonLabels } = payloadOf(alerts, CONTEXT, 200)
    assert.equal(commonLabels['path'], undefined)
    assert.equal(commonLabels['pod'], 'pod-0')
  })

  test('is computed once for each alert, for any number of lengths that are tried', () => {
    using folder = temporaryFolder()
    mkdirSync(folder.path, { recursive: true })
    const title = "<%= it.payload.alerts.map(({ labels }) => labels.pod).join(' ') %>"
    writeFileSync(join(folder.path, 'mine.title.eta'), title)
    let [looks, tries] = [0, 0]
    const alerts = Array.from({ length: 100 }, (_, n) => {
      const entry = podAlert(n)
      const annotations = new Proxy(
        { description: 'x'.repeat(64_000) },
        {
          ownKeys: (texts) => {
            looks += 1
            return Reflect.ownKeys(texts)
          },
        },
      )
      return { ...entry, level: 3 as const, alert: { ...entry.alert, annotations } }
    })
    renderWith(alerts, {
      form: 'lines',
      channel: { template: { kind: 'named', name: 'mine' } },
      templates: folder.path,
      fits: (made, text) => {
        tries += 1
        assert.match(made, /^pod-\d+/)
        return Buffer.byteLength(text) < 4_000
      },
    })
    assert.ok(tries > 5)
    // One read for each alert, and one for the common values of each title.
    assert.ok(looks <= 100 + tries, `${looks} looks, ${tries} tries`)
  })
})
