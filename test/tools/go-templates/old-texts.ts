/**
 * The texts that Go makes of the configurations in test/config/moving-over/fixtures, beside those that are there.
 *
 *     apt-get install golang-go golang-github-masterminds-sprig-dev
 *     node test/tools/go-templates/old-texts.ts            # compares; ends with 1 where one is different
 *     node test/tools/go-templates/old-texts.ts --write    # writes them
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BUILT_IN_TEMPLATES } from '../../../src/config/moving-over/built-in.ts'
import { findTemplates } from '../../../src/config/moving-over/find-templates.ts'
import { goMessageOf } from '../../../src/config/moving-over/messages.ts'
import { readWebhookDingtalk } from '../../../src/config/moving-over/webhook-dingtalk.ts'
import { condensed } from '../../config/moving-over/condensed.ts'
import { payloadOfTwo } from '../../config/moving-over/payloads.ts'

const FIXTURES = join(import.meta.dirname, '../../config/moving-over/fixtures')
const STATES = ['firing', 'resolved'] as const

function oldText(folder: string, state: (typeof STATES)[number]): string {
  const { config } = readWebhookDingtalk(readFileSync(join(folder, 'config.yml'), 'utf8'), folder)
  const [target] = config?.targets ?? []
  if (config === undefined || target === undefined) throw new Error(`${folder} has no target`)
  const { templates } = findTemplates(config.templates, folder)
  const { title, text } = goMessageOf(target, config)
  const job = {
    templates: [
      ...(config.noBuiltinTemplate ? [] : [BUILT_IN_TEMPLATES]),
      ...templates.map((each) => each.text),
    ],
    title,
    text,
    payload: JSON.parse(payloadOfTwo(state)),
  }
  const printed = execFileSync('go', ['run', join(import.meta.dirname, 'main.go')], {
    input: JSON.stringify(job),
    encoding: 'utf8',
    env: {
      ...process.env,
      GO111MODULE: 'off',
      GOPATH: '/usr/share/gocode',
      TZ: 'Asia/Shanghai',
    },
  })
  const made = JSON.parse(printed) as { title: string; text: string }
  return `${condensed(`${made.title.trim()}\n${made.text}`)}\n`
}

for (const name of readdirSync(FIXTURES).sort())
  for (const state of STATES) {
    const file = join(FIXTURES, name, `${state}.md`)
    const text = oldText(join(FIXTURES, name), state)
    const isSame = condensed(readFileSync(file, 'utf8')) === text.trimEnd()
    process.stdout.write(`${isSame ? 'same     ' : 'different'} ${name} ${state}\n`)
    if (!isSame && process.argv.includes('--write')) writeFileSync(file, text)
    else if (!isSame) {
      process.stdout.write(text)
      process.exitCode = 1
    }
  }
