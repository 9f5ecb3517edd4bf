import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { templateFaults } from '../../src/config/texts.ts'
import { AppError } from '../../src/errors.ts'
import type { Channel } from '../../src/model/settings.ts'
import { createDingtalk } from '../../src/notifiers/dingtalk/index.ts'
import { createRenderer } from '../../src/rendering/renderer.ts'
import { nearMissesIn } from '../../src/rendering/templates/check.ts'
import { type Previewed, preview, sourceOf } from '../../src/reporting/preview.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { sources } from '../../src/sources/index.ts'
import { temporaryFolder } from '../support/receiver.ts'
import { settingsOf } from '../support/settings.ts'

const NOW = new Date('2026-11-24T04:00:00Z')

/** Previews one alert with a template and these template files of the operator. */
async function previewed(
  template: string,
  files: Record<string, string> = {},
): Promise<Previewed[]> {
  using folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text)
  const settings = settingsOf({}, { templates: folder.path })
  const notifier = createDingtalk({
    clock: new VirtualClock(NOW),
    sandbox: () => {
      throw new Error('a preview sends nothing')
    },
  })
  const payload = JSON.stringify({ alarm_name: 'Disk full', alarm_target: 'host=db-1' })
  const rendererFor = (channel: Channel) => createRenderer(settings, [channel])
  const deps = { settings, sources, notifier, rendererFor, templateFaults }
  return await preview({ channel: 'ops', payload, now: NOW, template }, deps)
}

describe('a preview', () => {
  test('with the name of a template uses it', async () => {
    const [message] = await previewed('mine', { 'mine.eta': 'mine: ${alarm_name}' })
    assert.match(message?.text ?? '', /^mine: Disk full/)
  })

  test('with an unknown template is a bad request; the reply lists the available ones', async () => {
    await assert.rejects(previewed('nope', { 'mine.eta': 'x', 'mine.group.eta': 'y' }), (error) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.status, 400)
      assert.match(error.message, /"nope"/)
      assert.match(error.message, /default, mine, ocp-text, webhook-dingtalk/)
      return true
    })
  })

  test('runs no code of a template that the request contains', async () => {
    for (const code of ['<% process.exit() %>', '${alarm_name} <%= 6 * 7 %>'])
      await assert.rejects(previewed(code), (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.status, 400)
        assert.match(error.message, /^template: only \$\{name\} is allowed here/)
        return true
      })
  })

  test('refuses a template that the configuration refuses, in the same words', async () => {
    for (const [template, words] of [
      ['nope.eta', /^template: looks like a file; .* without \.eta: nope$/],
      ['x/y.tmpl', /^template: looks like a file/],
      ['{{ .Labels.pod }}', /^template: has \{\{ \}\} of a Go template.*write \$\{pod\}/],
      ['${pod | upper}', /^template: has \$\{pod \| upper\}/],
    ] as const)
      await assert.rejects(previewed(template), (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.status, 400)
        assert.match(error.message, words)
        return true
      })
  })

  test('with a faulty template file is a bad request with the fault and its line', async () => {
    await assert.rejects(
      previewed('mine', { 'mine.eta': 'a\n<% if (x { %>b\n<% } %>' }),
      (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.status, 400)
        assert.match(error.message, /mine\.eta:2: /)
        return true
      },
    )
  })
})

describe('the details of a preview', () => {
  test('contains the position of a name that resembles a documented variable, unless it is a label', () => {
    const own = { variables: new Map([['runbook_link', 'https://x']]) }
    const text =
      'a ${alarm_name}\n\u544a\u8b66 ${alarm_nam} ${team} ${runbook_lnk}\n${}${' +
      'x'.repeat(300) +
      '}'
    assert.deepEqual(nearMissesIn(text, own), [
      { name: 'alarm_nam', near: 'alarm_name', line: 2, column: 4 },
      { name: 'runbook_lnk', near: 'runbook_link', line: 2, column: 25 },
    ])
    const began = performance.now()
    assert.deepEqual(nearMissesIn('${'.repeat(200_000), own), [])
    assert.ok(performance.now() - began < 1_000, 'linear')
  })

  test('reads a broken payload of Alertmanager as its route does', () => {
    assert.equal(sourceOf('{"alerts": ['), 'alertmanager')
    assert.equal(sourceOf(' {"alerts": []}'), 'alertmanager')
    assert.equal(sourceOf('{"alarm_name": "x", }'), 'ocp')
    assert.equal(sourceOf('the alerts are out'), 'ocp')
    assert.equal(sourceOf('null'), 'ocp')
  })
})
