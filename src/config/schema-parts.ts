import type { FromSchema } from 'json-schema-to-ts'
import { DURATION_PATTERN } from './duration.ts'

/** A mapping with these keys and no others. */
export const mapping = <const Properties extends object>(properties: Properties) =>
  ({ type: 'object', additionalProperties: false, properties }) as const

/** A text that is not empty. */
export const TEXT = { type: 'string', minLength: 1 } as const

export const TEXTS = { type: 'array', items: TEXT } as const

export const HTTP_URL = { type: 'string', pattern: '^https?://[^\\s]+$' } as const

/** Names of robots and channels. */
export const NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_-]*$'

/** A duration, with its default. */
export const duration = <T extends string>(description: string, value: T) =>
  ({ type: 'string', pattern: DURATION_PATTERN, description, default: value }) as const

/** A value that must not be shown. */
export const SECRET = {
  description: 'The value itself, {file: PATH} or {env: NAME}.',
  oneOf: [
    TEXT,
    { required: ['file'], ...mapping({ file: TEXT }) },
    { required: ['env'], ...mapping({ env: TEXT }) },
  ],
} as const

export type SecretConfig = FromSchema<typeof SECRET, { keepDefaultedPropertiesOptional: true }>
