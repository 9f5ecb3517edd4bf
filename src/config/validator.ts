import { Ajv } from 'ajv'
import { type Config, SCHEMA } from './schema.ts'

/** `code.source` lets the build write the compiled validator to a file. */
export const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  code: { source: true, esm: true },
})

/**
 * Checks a value against the configuration's schema; sets `errors`. Compilation dominates start-up time, so the build
 * replaces this file in dist with the compiled validator, which needs no Ajv.
 */
export const validate = ajv.compile<Config>(SCHEMA)
