import type { FromSchema } from 'json-schema-to-ts'

/** A value that must not be shown. */
export const SECRET = {
  description: 'The value itself, {file: PATH} or {env: NAME}.',
  oneOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      properties: { file: { type: 'string', minLength: 1 } },
      required: ['file'],
      additionalProperties: false,
    },
    {
      type: 'object',
      properties: { env: { type: 'string', minLength: 1 } },
      required: ['env'],
      additionalProperties: false,
    },
  ],
} as const

export type SecretConfig = FromSchema<typeof SECRET, { keepDefaultedPropertiesOptional: true }>
