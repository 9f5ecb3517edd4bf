import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { reasonToSuppress } from '../../src/decisions/aggregate.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { openSqlite } from '../../src/stores/sqlite/client.ts'
import type { Store } from '../../src/stores/store.ts'
import { serve } from '../http/serving.ts'
import { channelNamed, settingsOf } from '../support/settings.ts'
import { silencingOn } from '../support/silencing.ts'

const MINUTE = 60_000
const SETTINGS = settingsOf({ channels: [channelNamed('ops'), channelNamed('db')] })

function ocp(target: string, changes: Record<string, string> = {}) {
  return {
    ...{ alarm_type: 'rule', alarm_name: 'Rule', alarm_target: target, alarm_level: '3' },
    ...changes,
  }
}

describe('muting a channel', () => {
  let store: Store
  let clock: VirtualClock
  let parts: Awaited<ReturnType<typeof silencingOn>>
  let server: Awaited<ReturnType<typeof serve>>
  beforeEach(async () => {
    store = await openSqlite({ path: ':memory:', reasonToSuppress, thread: false })
    clock = new VirtualClock(new Date('2026-11-28T20:00:00Z'))
    parts = await silencingOn(store, { settings: SETTINGS, clock })
    server = await serve({ clock, deps: parts.routes })
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
    await store.close()
  })

  const ask = (path: string, body: object) =>
    server.ask(`/api/v1/channels/${path}`, { method: 'POST', body: JSON.stringify(body) })
  const inHours = (hours: number): string =>
    new Date(clock.now().getTime() + hours * 3_600_000).toISOString()

  test('suppresses alerts that its matchers match, until its end, in no other channel', async () => {
    const { status, text } = await ask('ops/mute', {
      until: inHours(1),
      matchers: ['alarm_target=~"host=.*"'],
      by: '张三',
    })
    assert.equal(status, 200)
    assert.match(text, /"id":"1"/)
    assert.deepEqual(await parts.post('ocp', ocp('host=1')), ['muted'])
    assert.deepEqual(await parts.post('ocp', ocp('disk=1')), [])
    assert.deepEqual(await parts.post('ocp', ocp('host=1'), 'db'), [])
    assert.deepEqual(await parts.post('ocp', ocp('host=1', { alarm_level: '2' })), [])
    await clock.pass(61 * MINUTE)
    assert.deepEqual(await parts.post('ocp', ocp('host=1', { alarm_level: '2' })), [])
    const [kept] = await store.silences({ limit: 1 })
    assert.deepEqual([kept?.by, kept?.matchers], ['张三', ['alarm_target=~"host=.*"']])
  })

  test('ends with a request; then everything is delivered', async () => {
    await ask('ops/mute', { until: '2026-11-29T09:00:00+08:00' })
    await ask('ops/mute', { until: inHours(2), matchers: 'alarm_name=Rule' })
    assert.deepEqual(await parts.post('ocp', ocp('host=1')), ['muted'])
    assert.match((await ask('ops/unmute', { id: '1', by: 'a' })).text, /"ended":1/)
    assert.deepEqual(await parts.post('ocp', ocp('host=2')), ['muted'])
    assert.match((await ask('ops/unmute', {})).text, /"ended":1/)
    assert.match((await ask('ops/unmute', {})).text, /"ended":0/)
    assert.deepEqual(await parts.post('ocp', ocp('host=3')), [])
  })

  test('with an invalid channel, time or matcher is refused with an explanation', async () => {
    for (const [path, body, status, words] of [
      ['none/mute', { until: inHours(1) }, 404, /unknown channel \\"none\\"; available: ops, db/],
      ['none/unmute', {}, 404, /unknown channel/],
      ['ops/mute', {}, 400, /until: must be an instant such as/],
      ['ops/mute', { until: 5 }, 400, /until/],
      ['ops/mute', { until: inHours(-1) }, 400, /until: must be in the future/],
      ['ops/mute', { until: inHours(24 * 31) }, 400, /until: must be within 30 days/],
      ['ops/mute', { until: inHours(1), matchers: ['=~'] }, 400, /matchers: .*=~/],
      ['ops/mute', { until: inHours(1), matchers: [1] }, 400, /matchers: must be a list/],
      ['ops/mute', { until: inHours(1), matchers: [''] }, 400, /must not contain an empty matcher/],
      [
        'ops/mute',
        { until: inHours(1), matchers: ['{}'] },
        400,
        /must not contain an empty matcher/,
      ],
      ['ops/mute', { until: inHours(1), by: {} }, 400, /by: must be a string/],
      ['ops/mute', [], 400, /the body must be a JSON object/],
    ] as const) {
      const reply = await ask(path, body)
      assert.equal(reply.status, status, JSON.stringify(body))
      assert.match(reply.text, words)
    }
    assert.deepEqual(await store.silences({ limit: 1 }), [])
  })

  test('applies in another process with the same store after its next refresh', async () => {
    const other = await silencingOn(store, { settings: SETTINGS, clock, isShared: true })
    other.follower.start()
    await ask('ops/mute', { until: inHours(1) })
    await clock.pass(2_000)
    assert.deepEqual(await other.post('ocp', ocp('host=1')), ['muted'])
    await ask('ops/unmute', {})
    await clock.pass(2_000)
    assert.deepEqual(await other.post('ocp', ocp('host=2')), [])
    const stopped = other.follower.stop()
    await clock.pass(30_000)
    await stopped
  })

  test('applies to the first alert that another process accepts after it was suspended', async () => {
    const other = await silencingOn(store, { settings: SETTINGS, clock, isShared: true })
    await ask('ops/mute', { until: inHours(1) })
    await clock.pass(10_000)
    assert.deepEqual(await other.post('ocp', ocp('host=1')), ['muted'])
    await ask('ops/unmute', {})
    await clock.pass(10_000)
    assert.deepEqual(await other.post('ocp', ocp('host=2')), [])
  })

  test('is read once for all alerts that a process accepts after it was suspended', async () => {
    let reads = 0
    const counted: Store = {
      ...store,
      silences(query) {
        reads += 1
        return store.silences(query)
      },
    }
    const other = await silencingOn(counted, { settings: SETTINGS, clock, isShared: true })
    await ask('ops/mute', { until: inHours(1) })
    await clock.pass(10_000)
    reads = 0
    const posts = Array.from({ length: 20 }, (_, i) => other.post('ocp', ocp(`host=${i}`)))
    assert.deepEqual(new Set((await Promise.all(posts)).flat()), new Set(['muted']))
    assert.equal(reads, 1)
  })

  test('by another process can be ended at once, before this one has refreshed', async () => {
    const other = await silencingOn(store, { settings: SETTINGS, clock, isShared: true })
    await ask('ops/mute', { until: inHours(1) })
    assert.equal(await other.routes.unmute('ops', { id: undefined, by: 'a' }), 1)
  })

  test('is not lost to a refresh that began before it', async () => {
    const { silences } = store
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    store.silences = async (query) => {
      const found = await silences.call(store, query)
      await held
      return found
    }
    const looked = parts.mutes.refresh()
    await ask('ops/mute', { until: inHours(1) })
    release()
    await looked
    store.silences = silences
    assert.deepEqual(await parts.post('ocp', ocp('host=1')), ['muted'])
  })

  test('lasts across a restart', async () => {
    await ask('ops/mute', { until: inHours(1) })
    const next = await silencingOn(store, { settings: SETTINGS, clock })
    assert.deepEqual(await next.post('ocp', ocp('host=1')), ['muted'])
  })

  test('without any mute, alerts cause no read from the store', async () => {
    const { silences } = store
    store.silences = () => assert.fail('the store was asked')
    assert.deepEqual(await parts.post('ocp', ocp('host=1')), [])
    store.silences = silences
  })
})
