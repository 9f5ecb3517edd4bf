import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LEVEL_NAMES } from '../../../src/model/level.ts'
import { createDingtalk } from '../../../src/notifiers/dingtalk/index.ts'
import { levelIn } from '../../../src/pipeline/destinations.ts'
import { createRenderer } from '../../../src/rendering/renderer.ts'
import { preview } from '../../../src/reporting/preview.ts'
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts'
import { sources } from '../../../src/sources/index.ts'
import { ocp } from '../../../src/sources/ocp/index.ts'
import { OCP_BODIES } from '../../support/ocp-bodies.ts'
import { firing, OCP_SAMPLES, ocpBody, recovered } from '../../support/ocp-samples.ts'
import { settingsOf } from '../../support/settings.ts'

/**
 * The expected result of each body, for people to read: a file per alert with its variables, and a file with all
 * messages for each of two languages. After a change, run `node --test --test-update-snapshots
 * test/sources/ocp/fixtures.test.ts` and read the diff.
 */
const FOLDER = fileURLToPath(new URL('./fixtures/', import.meta.url))
const NOW = new Date('2025-06-06T08:00:00Z')
const clock = new VirtualClock(NOW)
const notifier = createDingtalk({ clock, sandbox: () => ({ status: 200, body: '' }) })

async function messagesFor(body: string, language: 'en-US' | 'zh-CN'): Promise<string> {
  const settings = settingsOf({}, { language })
  const messages = await preview(
    { channel: 'ops', payload: body, now: NOW },
    {
      settings,
      sources,
      notifier,
      rendererFor: (each) => createRenderer(settings, [each]),
    },
  )
  return messages
    .map(({ title, body: posted }) => {
      const { markdown, text, at } = posted as Posted
      const said = markdown?.text ?? text?.content
      const format = markdown === undefined ? 'text' : 'markdown'
      return `-- ${format} in ${language}, ${JSON.stringify(at)}\n-- title: ${title}\n${said}\n`
    })
    .join('\n')
}

interface Posted {
  markdown?: { text: string }
  text?: { content: string }
  at: object
}

async function told(body: string): Promise<string> {
  const { alerts } = await ocp.read(body, {
    receivedAt: NOW,
    timezone: 'Asia/Shanghai',
  })
  const lines = alerts.map((alert) => {
    const level = LEVEL_NAMES[levelIn(alert)]
    const times = [alert.startsAt?.toISOString() ?? '?', alert.endsAt?.toISOString() ?? '?']
    const variables = Object.entries(alert.variables)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    return `-- ${alert.status}, ${level}, from ${times[0]} to ${times[1]}\n${variables.join('\n')}\n`
  })
  return [`-- body\n${body}\n`, ...lines].join('\n')
}

const known = new Set<string>()

function matches(context: TestContext, name: string, text: string): void {
  known.add(`${name}.txt`)
  context.assert.fileSnapshot(text, `${FOLDER}${name}.txt`, { serializers: [String] })
}

describe('each format of a body', () => {
  for (const { name, body } of OCP_BODIES)
    test(`${name} gives the alert in its snapshot`, async (context) => {
      matches(context, `shape-${name}`, await told(body))
    })
})

describe("each of OCP's sample alerts, in the recommended body", () => {
  OCP_SAMPLES.forEach((sample, index) => {
    const name = `sample-${String(index + 1).padStart(2, '0')}-${sample.alarm_type}`
    test(`${sample.alarm_type} fires as in its snapshot`, async (context) => {
      matches(context, `${name}-firing`, await told(ocpBody(firing(sample))))
    })
    test(`${sample.alarm_type} recovers as in its snapshot`, async (context) => {
      matches(context, `${name}-recovery`, await told(ocpBody(recovered(sample, index))))
    })
  })
})

describe('the messages of all bodies', () => {
  const bodies = [
    ...OCP_BODIES.map(({ name, body }) => [name, body] as const),
    ...OCP_SAMPLES.flatMap((sample, index) => [
      [`${sample.alarm_type} fires`, ocpBody(firing(sample))] as const,
      [`${sample.alarm_type} recovers`, ocpBody(recovered(sample, index))] as const,
    ]),
  ]
  for (const language of ['en-US', 'zh-CN'] as const)
    test(`are those in the snapshot in ${language}`, async (context) => {
      const texts: string[] = []
      for (const [name, body] of bodies)
        texts.push(`===== ${name}\n${await messagesFor(body, language)}`)
      matches(context, `messages-${language}`, texts.join('\n'))
    })
})

test('every snapshot belongs to a test', () => {
  assert.deepEqual(
    readdirSync(FOLDER)
      .map((each) => basename(each))
      .sort(),
    [...known].sort(),
  )
})
