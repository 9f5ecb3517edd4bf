import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { MessageAlert } from '../../../src/model/alert.ts'
import { distinctLabels, labelText } from '../../../src/rendering/text/distinct-labels.ts'

type Texts = Record<string, string>

function messageAlert(
  labels: Texts,
  source: 'alertmanager' | 'ocp' = 'alertmanager',
): MessageAlert {
  return {
    alert: {
      source,
      status: 'firing',
      fingerprint: JSON.stringify(labels),
      variables: labels,
      ...(source === 'ocp' ? {} : { labels }),
      name: 'A',
      cluster: '',
      levelWord: undefined,
      startsAt: undefined,
      endsAt: undefined,
    },
    level: 3,
    receivedAt: new Date(0),
    repeats: 0,
    firedWhileWaiting: false,
  }
}

const textsOf = (all: readonly Texts[], shown = (_: MessageAlert) => 'same'): string[] =>
  distinctLabels(
    all.map((labels) => messageAlert(labels)),
    shown,
  ).map(labelText)

describe('labels that distinguish alerts of one message', () => {
  test('are empty if the shown texts differ already', () => {
    const shown = ({ alert }: MessageAlert) => alert.labels?.['pod'] ?? ''
    assert.deepEqual(
      textsOf(
        [
          { pod: 'a', x: '1' },
          { pod: 'b', x: '2' },
        ],
        shown,
      ),
      ['', ''],
    )
    assert.deepEqual(textsOf([{ pod: 'a' }]), [''])
    assert.deepEqual(textsOf([]), [])
  })

  test('are as few as necessary, those that a person understands first', () => {
    assert.deepEqual(
      textsOf([
        { uid: 'u1', instance: '10.0.0.1:80', code: '500', team: 't' },
        { uid: 'u2', instance: '10.0.0.2:80', code: '404', team: 't' },
      ]),
      ['code=500', 'code=404'],
    )
    assert.deepEqual(textsOf([{ code: '500' }, { code: '500', method: 'GET' }]), [
      'method=""',
      'method=GET',
    ])
    assert.deepEqual(textsOf([{ instance: 'a' }, { instance: 'b' }]), ['instance=a', 'instance=b'])
  })

  test('are two if one is not enough', () => {
    const all = ['GET', 'PUT'].flatMap((method) => ['a', 'b'].map((path) => ({ method, path })))
    assert.deepEqual(textsOf(all), [
      'method=GET, path=a',
      'method=GET, path=b',
      'method=PUT, path=a',
      'method=PUT, path=b',
    ])
  })

  test("of alerts without labels are OCP's identifying variables", () => {
    const all = [
      { alarm_type: 'x', alarm_id: '1' },
      { alarm_type: 'y', alarm_id: '1' },
    ]
    const pairs = distinctLabels(
      all.map((each) => messageAlert(each, 'ocp')),
      () => 'same',
    )
    assert.deepEqual(pairs.map(labelText), ['alarm_type=x', 'alarm_type=y'])
  })

  test('never have the same text for two alerts with different labels', () => {
    const text = fc.oneof(
      fc.constantFrom(
        'a',
        'b',
        'a=b',
        'a, b',
        '"a"',
        'a\u200b',
        'a ',
        '\\u{200b}',
        'x'.repeat(300),
        `${'x'.repeat(300)}y`,
        '\ud800',
        'a\nb',
        '\u3164',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
    )
    const labels = fc.dictionary(
      fc.oneof(fc.constantFrom('a', 'b', 'pod', 'instance', 'uid'), text),
      text,
      { maxKeys: 4 },
    )
    const sameShown = (entry: MessageAlert) =>
      String(Object.keys(entry.alert.labels ?? {}).length % 2)
    fc.assert(
      fc.property(
        fc.uniqueArray(labels, {
          maxLength: 12,
          selector: (each) => JSON.stringify(Object.entries(each).sort()),
        }),
        (all) => {
          const alerts = all.map((each) => messageAlert(each))
          const words = distinctLabels(alerts, sameShown).map(
            (pairs, index) => `${sameShown(alerts[index] as MessageAlert)} ${labelText(pairs)}`,
          )
          assert.equal(new Set(words).size, all.length)
          for (const each of words) assert.doesNotMatch(each, /[\p{C}\u3164]/u)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('end with the fingerprint if eight labels are not enough', () => {
    const names = Array.from({ length: 12 }, (_, n) => `l${n}`)
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(
            fc.array(fc.constantFrom(...names), { maxLength: 3 }),
            fc.constantFrom('1', '2'),
          ),
          {
            minLength: 2,
            maxLength: 60,
            selector: ([on, value]) =>
              JSON.stringify([[...new Set(on)].sort(), on.length === 0 || value]),
          },
        ),
        fc.boolean(),
        (all, isShared) => {
          const alerts = all.map(([on, value]) => {
            const entry = messageAlert(Object.fromEntries(on.map((name) => [name, value])))
            return isShared ? { ...entry, alert: { ...entry.alert, fingerprint: 'f' } } : entry
          })
          const pairs = distinctLabels(alerts, () => 'same')
          assert.equal(new Set(pairs.map(labelText)).size, all.length)
          for (const each of pairs) {
            assert.ok(each.length <= 9)
            assert.ok(each.length < 9 || each[8]?.name === 'fingerprint')
          }
        },
      ),
    )
  })

  test('are found with a bounded number of lookups, even if every alert has its own label names', () => {
    let looks = 0
    const alerts = Array.from({ length: 500 }, (_, n) => {
      const entry = messageAlert(
        Object.fromEntries(Array.from({ length: 10 }, (_, m) => [`own_${n}_${m}`, 'x'])),
      )
      const labels = new Proxy(entry.alert.labels ?? {}, {
        get: (texts, name) => {
          looks += 1
          return Reflect.get(texts, name)
        },
      })
      return { ...entry, alert: { ...entry.alert, labels } }
    })
    const words = distinctLabels(alerts, () => 'same').map(labelText)
    assert.equal(new Set(words).size, 500)
    // Ten reads to list the labels, and at most fifty names for each of eight labels.
    assert.ok(looks <= 500 * 500, String(looks))
  })

  test('are found in linear time for thousands of alerts', () => {
    const all = Array.from({ length: 5_000 }, (_, n) => ({
      a: 'x',
      b: `${n % 70}`,
      c: `${n}`,
      ...Object.fromEntries(Array.from({ length: 20 }, (_, m) => [`l${m}`, `${n % (m + 2)}`])),
    }))
    const started = process.cpuUsage()
    assert.equal(new Set(textsOf(all)).size, 5_000)
    assert.ok(process.cpuUsage(started).user < 3_000_000)
  })
})
