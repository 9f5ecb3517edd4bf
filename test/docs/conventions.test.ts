import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withKnownFlags } from '../../src/cli/flags.ts'
import { programOf } from '../../src/cli/program.ts'
import { validate } from '../../src/config/validate.ts'
import { validateWeb } from '../../src/config/validator.ts'
import { WEB_SCHEMA } from '../../src/config/web-schema.ts'
import { parseConfig } from '../../src/config/yaml-document.ts'
import { codesIn, documentAt, tablesUnder } from './markdown.ts'

const HEADINGS = {
  'deploy/REFERENCE.md': 'Prometheus conventions',
  'deploy/REFERENCE.zh-CN.md': 'Prometheus 惯例',
}

/** The options of `serve`, those that no help shows included. */
const options = programOf().commands.find((each) => each.name() === 'serve')?.options ?? []

describe('the conventions of Prometheus', () => {
  for (const [path, heading] of Object.entries(HEADINGS)) {
    const markdown = documentAt(path)
    const [conventions = [], sections = []] = tablesUnder(markdown, heading)

    test(`${path} names flags that serve accepts`, () => {
      const flags = conventions
        .flatMap(([cell = '']) => codesIn(cell))
        .filter((each) => each.startsWith('--'))
      assert.ok(flags.length > 8)
      for (const flag of flags) {
        const [known] = withKnownFlags([flag])
        const general = ['--help', '--version', undefined]
        assert.ok(general.includes(known) || options.some((each) => each.long === known), flag)
      }
    })

    test(`${path} has a word for each key of the web configuration`, () => {
      const named = sections.flat().flatMap(codesIn)
      const { properties } = WEB_SCHEMA
      const keys = [
        ...Object.keys(properties),
        ...Object.keys(properties.tls_server_config.properties),
        ...properties.tls_server_config.properties.client_auth_type.enum.filter(
          (each) => each !== '',
        ),
      ]
      // Go's older name of RequireAnyClientCert.
      for (const key of keys.filter((each) => each !== 'RequireClientCert'))
        assert.ok(named.includes(key), key)
    })

    test(`${path} shows a web configuration that is valid`, () => {
      const section = markdown.slice(markdown.indexOf(`## ${heading}`))
      const [, yaml = ''] = /```yaml\n([^`]*)```/.exec(section) ?? []
      const { document } = parseConfig(yaml, 'web.yml')
      assert.ok(document !== undefined)
      const { config, faults } = validate(document, validateWeb)
      assert.deepEqual(faults, [])
      assert.deepEqual(Object.keys(config ?? {}), ['tls_server_config', 'basic_auth_users'])
    })
  }
})
