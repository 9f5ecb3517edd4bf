import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { scopesOf } from '../../src/decisions/silence-scopes.ts'
import { matcherText } from '../../src/model/silence.ts'
import { growthOf } from '../support/growth.ts'

/** The matchers of each option, in Alertmanager's notation. */
function scopes(labels: Record<string, string>, groupedBy?: string): Record<string, string> {
  return Object.fromEntries(
    scopesOf(labels, groupedBy).map(({ scope, matchers }) => [
      scope,
      matchers.map(matcherText).join(','),
    ]),
  )
}

const restarts = (labels: Record<string, string>): string | undefined => scopes(labels)['restarts']

describe('what can be silenced from an alert', () => {
  test('this alert, this alert across restarts, and its group', () =>
    assert.deepEqual(
      scopes(
        {
          alertname: 'CrashLoop',
          namespace: 'prod',
          pod: 'web-7d9f8c5b6d-x2x9z',
          uid: '0b1c',
          instance: '10.0.0.1:8080',
        },
        'alertname=CrashLoop:namespace=prod',
      ),
      {
        alert:
          'alertname="CrashLoop",namespace="prod",pod="web-7d9f8c5b6d-x2x9z",uid="0b1c",instance="10.0.0.1:8080"',
        restarts: 'alertname="CrashLoop",namespace="prod",pod=~"web-[0-9a-z]+-[0-9a-z]+"',
        group: 'alertname="CrashLoop",namespace="prod"',
      },
    ))

  test('a pod with a fixed name, and the instance of a machine, are kept', () => {
    assert.equal(restarts({ alertname: 'A', pod: 'mysql-0' }), undefined)
    assert.equal(restarts({ alertname: 'A', instance: 'db-1:9100' }), undefined)
  })

  test('generated names of pods in daemon sets and jobs become patterns', () => {
    assert.equal(restarts({ pod: 'node-exporter-x2x9z' }), 'pod=~"node-exporter-[0-9a-z]+"')
    assert.equal(
      restarts({ pod: 'backup.db-28391820-x2x9z' }),
      'pod=~"backup\\\\.db-[0-9a-z]+-[0-9a-z]+"',
    )
  })

  test('an option that equals another or matches everything is left out', () => {
    assert.deepEqual(Object.keys(scopes({ alertname: 'A' }, 'alertname=A')), ['alert'])
    assert.deepEqual(Object.keys(scopes({ alertname: 'A', x: 'y' }, '')), ['alert'])
    assert.deepEqual(scopes({}), {})
    assert.deepEqual(scopes({ empty: '' }), {})
  })

  test('a group with ambiguous labels is left out', () => {
    const labels = { a: 'x:b=y', b: 'y', c: '1' }
    assert.equal(scopes(labels, 'a=x:b=y:b=y')['group'], 'a="x:b=y",b="y"')
    assert.equal(scopes(labels, 'a=z')['group'], undefined)
  })

  test('each option matches its own alert', () =>
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('pod', 'uid', 'a', 'b', 'namespace'), fc.string()),
        (labels) => {
          const groupedBy = Object.entries(labels)
            .slice(0, 2)
            .map(([name, value]) => `${name}=${value}`)
            .join(':')
          for (const { matchers } of scopesOf(labels, groupedBy))
            for (const { name, value, isRegex } of matchers) {
              const label = labels[name] as string
              if (isRegex) assert.match(label, new RegExp(`^(?:${value})$`, 's'))
              else assert.equal(label, value)
            }
        },
      ),
    ))

  test('a name of any length is read in linear time', () => {
    const growth = growthOf((size) => scopesOf({ pod: `${'-bcdfg'.repeat(size)}!` }, ''), 20_000)
    assert.ok(growth < 100, `${growth}`)
  })
})
