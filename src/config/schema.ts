import type { FromSchema } from 'json-schema-to-ts'
import { ACCESS } from './access-schema.ts'
import { DURATION_PATTERN } from './duration.ts'
import { NAMED_PEOPLE, PEOPLE } from './people-schema.ts'
import { SECRET } from './secret-schema.ts'

const duration = <T extends string>(description: string, value: T) =>
  ({ type: 'string', pattern: DURATION_PATTERN, description, default: value }) as const

const NAMES = { type: 'array', items: { type: 'string', minLength: 1 } } as const

const MENTION = {
  mobiles: {
    description: 'A list, or OCP\'s notation "138…,139…".',
    oneOf: [{ type: 'array', items: { type: ['string', 'integer'] } }, { type: 'string' }],
  },
  users: { type: 'array', items: { type: ['string', 'integer'] } },
  all: { type: 'boolean', default: false },
  ...NAMED_PEOPLE,
} as const

const MATCHERS = {
  description:
    "Alertmanager's matchers, on variables and labels, as a list or as one text; all must match.",
  oneOf: [NAMES, { type: 'string', minLength: 1 }],
} as const

const LEVEL = {
  type: 'string',
  enum: ['Down', 'Critical', 'Alert', 'Warning', 'Caution', 'Info'],
} as const

const LANGUAGE = { type: 'string', enum: ['zh-CN', 'zh-TW', 'en-US'] } as const

const ROBOT = {
  type: 'object',
  description: 'One DingTalk webhook.',
  additionalProperties: false,
  required: ['webhook'],
  properties: {
    webhook: {
      ...SECRET,
      description: "The robot's webhook, or `sandbox` for the built-in stand-in. A secret.",
    },
    secret: { ...SECRET, description: 'The SEC… string; signs each request. A secret.' },
    keywords: {
      ...NAMES,
      maxItems: 10,
      description: 'Custom keywords of the robot; each message contains one.',
    },
    proxy: {
      ...SECRET,
      description:
        'http://[user:password@]host:port, or http:host:port as OCP wrote it; none: no proxy. Absent: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment apply. A secret.',
    },
    timeout: duration('How long one attempt may take.', '5s'),
    limits: {
      type: 'object',
      additionalProperties: false,
      properties: {
        messages: { type: 'integer', minimum: 1, maximum: 10000, default: 20 },
        per: duration('The window in which `messages` calls are allowed.', '60s'),
        penalty: duration(
          'The pause after a throttle reply; of a sandbox robot 1m by default.',
          '10m',
        ),
      },
    },
    monthly: {
      type: 'integer',
      minimum: 1,
      description: "An administrator's cap on this robot's calls a month.",
    },
    expect: {
      type: 'object',
      description: "Response verification, in addition to DingTalk's own errcode.",
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: {
        json: { type: 'object' },
        regex: { type: 'string', minLength: 1 },
        status: { type: 'integer', minimum: 200, maximum: 299 },
      },
    },
  },
} as const

const CHANNEL = {
  type: 'object',
  additionalProperties: false,
  required: ['robots'],
  properties: {
    robots: { ...NAMES, minItems: 1, uniqueItems: true },
    mode: { type: 'string', enum: ['all', 'pool'], default: 'all' },
    format: { type: 'string', enum: ['markdown', 'text', 'actionCard'], default: 'markdown' },
    template: {
      type: 'string',
      minLength: 1,
      default: 'default',
      description: 'A name in templates/, or the text itself.',
    },
    title: { type: 'string', minLength: 1 },
    mention: {
      type: 'object',
      additionalProperties: false,
      properties: {
        ...MENTION,
        rules: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['matchers'],
            properties: { matchers: MATCHERS, ...MENTION },
          },
        },
      },
    },
    aggregate: {
      description: 'Delivers the same alert once per period; false delivers it each time.',
      oneOf: [
        { type: 'boolean', enum: [false] },
        {
          type: 'object',
          additionalProperties: false,
          properties: {
            every: duration('The period.', '10m'),
            by: { ...NAMES, minItems: 1 },
            changes: {
              type: 'boolean',
              default: false,
              description:
                'When alerts joined a group of Alertmanager (0.32 and newer), deliver only those that the DingTalk group was not sent yet.',
            },
          },
        },
      ],
    },
    inlet: {
      type: 'object',
      description: 'Credentials that senders to this channel present.',
      additionalProperties: false,
      minProperties: 1,
      properties: {
        token: {
          ...SECRET,
          description: 'The access_token of this channel at /robot/send. A secret.',
        },
        secret: {
          ...SECRET,
          description: "Verifies the signature of /robot/send, as a robot's secret does. A secret.",
        },
        hmac: {
          ...SECRET,
          description: "Verifies the signature of Grafana's webhook contact point. A secret.",
        },
      },
    },
    push_limits: {
      type: 'object',
      additionalProperties: false,
      properties: {
        hour: { type: 'integer', minimum: 1 },
        day: { type: 'integer', minimum: 1 },
        pass: { type: 'array', items: LEVEL },
      },
    },
    send_resolved: { type: 'boolean', default: true },
    language: { ...LANGUAGE, description: 'Language of its messages, if it differs.' },
    timezone: {
      type: 'string',
      description: 'Time zone of the times in its messages, if it differs.',
    },
    digest: {
      type: 'object',
      additionalProperties: false,
      properties: { max_messages: { type: 'integer', minimum: 1, maximum: 100, default: 3 } },
    },
    levels: {
      type: 'object',
      description: 'Your own words for levels; they take precedence over those of the whole file.',
      additionalProperties: LEVEL,
    },
    variables: { type: 'object', additionalProperties: { type: 'string' } },
    announce_silences: {
      type: 'boolean',
      default: false,
      description: 'One line in the group when a silence is made from one of its messages.',
    },
  },
} as const

const NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_-]*$'

/** The JSON Schema of the configuration file, from which its types and the published schema are derived. */
export const SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'dingtalk-receiver',
  type: 'object',
  additionalProperties: false,
  required: ['robots', 'channels'],
  properties: {
    listen: {
      type: 'string',
      pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]*):\\d{1,5}$',
      default: '127.0.0.1:8060',
    },
    external_url: {
      type: 'string',
      pattern: '^https?://[^\\s]+$',
      description: 'Address of the console for people; used in links.',
    },
    store: {
      ...SECRET,
      description: 'sqlite:PATH or postgres://user:password@host:5432/database',
      default: 'sqlite:data/receiver.db',
    },
    timezone: {
      type: 'string',
      default: 'Asia/Shanghai',
      description: 'Time zone of the times in messages.',
    },
    language: { ...LANGUAGE, default: 'en-US' },
    levels: {
      type: 'object',
      description: 'Your own words for levels, for every channel.',
      additionalProperties: LEVEL,
    },
    templates: {
      type: 'string',
      minLength: 1,
      default: 'templates',
      description: 'Folder of your own templates; relative to this file.',
    },
    retention: duration('How long sent messages are kept.', '7d'),
    quota: {
      type: 'object',
      additionalProperties: false,
      properties: { monthly: { type: 'integer', minimum: 1 } },
    },
    ...ACCESS,
    ...PEOPLE,
    robots: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: NAME_PATTERN },
      additionalProperties: ROBOT,
    },
    channels: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: NAME_PATTERN },
      additionalProperties: CHANNEL,
    },
    routes: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['channels'],
        properties: { matchers: MATCHERS, channels: { ...NAMES, minItems: 1 } },
      },
    },
  },
} as const

export type Config = FromSchema<typeof SCHEMA, { keepDefaultedPropertiesOptional: true }>
export type RobotConfig = FromSchema<typeof ROBOT, { keepDefaultedPropertiesOptional: true }>
export type ChannelConfig = FromSchema<typeof CHANNEL, { keepDefaultedPropertiesOptional: true }>

/** The text of the schema file that is published in deploy/ for editors. */
export function schemaText(): string {
  return `${JSON.stringify(SCHEMA, null, 2)}\n`
}
