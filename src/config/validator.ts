import { Ajv } from 'ajv'
import { type Config, SCHEMA } from './schema.ts'

/** `source`, so that the build can put down what is compiled here. */
export const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: true,
  allowUnionTypes: true,
  code: { source: true, esm: true },
})

/**
 * Whether a value has the form of a configuration; afterwards its `errors` are the faults. Compiling costs more than
 * anything else at a start, so the build has it done: in dist this file is what comes out, without Ajv itself.
 */
export const validate = ajv.compile<Config>(SCHEMA)
