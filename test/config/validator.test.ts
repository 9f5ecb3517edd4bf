import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { ErrorObject } from 'ajv'
import fc from 'fast-check'
import { SCHEMA } from '../../src/config/schema.ts'
import { validate, validateWeb } from '../../src/config/validator.ts'

/** Written by `npm run build`, the first step of `npm test`. */
const BUILT = new URL('../../dist/config/validator.js', import.meta.url)

type Check = ((value: unknown) => boolean) & { errors?: ErrorObject[] | null }

function faultsOf(check: Check, value: unknown): unknown {
  return check(value) ? [] : check.errors
}

/** Existing keys, so that generated configurations reach nested levels. */
const KEYS = [
  ...new Set([...JSON.stringify(SCHEMA).matchAll(/"(\w+)":\{/g)].map(([, key]) => key as string)),
]

const made = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom('10m', 'sandbox', '', 'Down', '127.0.0.1:1', 0, 3, -1, 0.5, true, false, null),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 5 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value

describe('the compiled validator of a configuration', () => {
  test('needs no compiler', () => {
    const code = readFileSync(BUILT, 'utf8')
    assert.doesNotMatch(code, /new Ajv|from 'ajv'/)
  })

  test('of a web configuration reports the same faults as the source', async () => {
    const { validateWeb: built } = (await import(BUILT.href)) as { validateWeb: Check }
    for (const value of [
      null,
      {},
      { basic_auth_users: { a: 1 }, tls_server_config: { min_version: 'x' }, more: 1 },
      { http_server_config: { headers: { 'X-Frame-Options': 'no' } } },
    ])
      assert.deepEqual(faultsOf(built, value), faultsOf(validateWeb, value))
  })

  test('reports the same faults as the source', async () => {
    const { validate: built } = (await import(BUILT.href)) as { validate: Check }
    const robots = { ops: { webhook: 'sandbox' } }
    const channels = { ops: { robots: ['ops'] } }
    assert.deepEqual(faultsOf(built, { robots, channels }), [])
    fc.assert(
      fc.property(made, made, made, (robot, channel, rest) => {
        for (const value of [
          { robots: { ops: robot }, channels: { ops: channel } },
          { robots, channels, ...(rest as object) },
          rest,
        ])
          assert.deepEqual(faultsOf(built, value), faultsOf(validate, value))
      }),
    )
  })
})
