import type { FromSchema } from 'json-schema-to-ts'
import { DURATION_PATTERN } from '../duration.ts'
import { mapping, NAME_PATTERN } from '../schema-parts.ts'

// A key without a value is null in YAML, and means the same as a missing key.
const TEXT = { type: ['string', 'number', 'null'] } as const
const TEXTS = { type: ['array', 'null'], items: { type: ['string', 'number'] } } as const
const FLAG = { type: ['boolean', 'null'] } as const

const MESSAGE = {
  ...mapping({ title: TEXT, text: TEXT }),
  type: ['object', 'null'],
} as const

/** Schema of prometheus-webhook-dingtalk's config.yml (2.1.0, and older keys). */
export const WEBHOOK_DINGTALK_SCHEMA = {
  required: ['targets'],
  ...mapping({
    timeout: { type: ['string', 'null'], pattern: DURATION_PATTERN },
    templates: TEXTS,
    template: TEXT,
    no_builtin_template: FLAG,
    default_message: MESSAGE,
    targets: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: NAME_PATTERN },
      additionalProperties: {
        required: ['url'],
        ...mapping({
          url: { type: 'string', pattern: '\\S' },
          secret: TEXT,
          mention: {
            ...mapping({ all: FLAG, mobiles: TEXTS }),
            type: ['object', 'null'],
          },
          message: MESSAGE,
        }),
      },
    },
  }),
} as const

export type WebhookDingtalkConfig = FromSchema<typeof WEBHOOK_DINGTALK_SCHEMA>
export type MessageConfig = FromSchema<typeof MESSAGE>
