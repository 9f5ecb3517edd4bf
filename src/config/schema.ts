import type { FromSchema } from 'json-schema-to-ts'
import { ACCESS } from './access-schema.ts'
import { NAMED_PEOPLE, PEOPLE } from './people-schema.ts'
import { duration, HTTP_URL, mapping, NAME_PATTERN, SECRET, TEXT, TEXTS } from './schema-parts.ts'

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
  oneOf: [TEXTS, TEXT],
} as const

const LEVEL = {
  type: 'string',
  enum: ['Down', 'Critical', 'Alert', 'Warning', 'Caution', 'Info'],
} as const

const LANGUAGE = { type: 'string', enum: ['zh-CN', 'zh-TW', 'en-US'] } as const

const ROBOT = {
  description: 'One DingTalk webhook.',
  required: ['webhook'],
  ...mapping({
    webhook: {
      ...SECRET,
      description: "The robot's webhook, or `sandbox` for the built-in stand-in. A secret.",
    },
    secret: { ...SECRET, description: 'The SEC… string; signs each request. A secret.' },
    keywords: {
      ...TEXTS,
      maxItems: 10,
      description: 'Custom keywords of the robot; each message contains one.',
    },
    proxy: {
      ...SECRET,
      description:
        'http://[user:password@]host:port, or http:host:port as OCP wrote it; none: no proxy. Absent: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment apply. A secret.',
    },
    timeout: duration('How long one attempt may take.', '5s'),
    limits: mapping({
      messages: { type: 'integer', minimum: 1, maximum: 10000, default: 20 },
      per: duration('The window in which `messages` calls are allowed.', '60s'),
      penalty: duration(
        'The pause after a throttle reply; of a sandbox robot 1m by default.',
        '10m',
      ),
    }),
    monthly: {
      type: 'integer',
      minimum: 1,
      description: "An administrator's cap on this robot's calls a month.",
    },
    expect: {
      description: "Response verification, in addition to DingTalk's own errcode.",
      minProperties: 1,
      maxProperties: 1,
      ...mapping({
        json: { type: 'object' },
        regex: TEXT,
        status: { type: 'integer', minimum: 200, maximum: 299 },
      }),
    },
  }),
} as const

const CHANNEL = {
  required: ['robots'],
  ...mapping({
    robots: { ...TEXTS, minItems: 1, uniqueItems: true },
    mode: { type: 'string', enum: ['all', 'pool'], default: 'all' },
    format: { type: 'string', enum: ['markdown', 'text', 'actionCard'], default: 'markdown' },
    template: {
      type: 'string',
      minLength: 1,
      default: 'default',
      description: 'A name in templates/, or the text itself.',
    },
    title: TEXT,
    mention: mapping({
      ...MENTION,
      rules: {
        type: 'array',
        items: { required: ['matchers'], ...mapping({ matchers: MATCHERS, ...MENTION }) },
      },
    }),
    aggregate: {
      description: 'Delivers the same alert once per period; false delivers it each time.',
      oneOf: [
        { type: 'boolean', enum: [false] },
        mapping({
          every: duration('The period.', '10m'),
          by: { ...TEXTS, minItems: 1 },
          changes: {
            type: 'boolean',
            default: false,
            description:
              'When alerts joined a group of Alertmanager (0.32 and newer), deliver only those that the DingTalk group was not sent yet.',
          },
        }),
      ],
    },
    inlet: {
      description: 'Credentials that senders to this channel present.',
      minProperties: 1,
      ...mapping({
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
      }),
    },
    push_limits: mapping({
      hour: { type: 'integer', minimum: 1 },
      day: { type: 'integer', minimum: 1 },
      pass: { type: 'array', items: LEVEL },
    }),
    send_resolved: { type: 'boolean', default: true },
    language: { ...LANGUAGE, description: 'Language of its messages, if it differs.' },
    timezone: {
      type: 'string',
      description: 'Time zone of the times in its messages, if it differs.',
    },
    digest: mapping({ max_messages: { type: 'integer', minimum: 1, maximum: 100, default: 3 } }),
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
  }),
} as const

/** The JSON Schema of the configuration file, from which its types and the published schema are derived. */
export const SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'dingtalk-receiver',
  required: ['robots', 'channels'],
  ...mapping({
    listen: {
      type: 'string',
      pattern: '^(\\[[0-9a-fA-F:]+\\]|[^:\\s]*):\\d{1,5}$',
      default: '127.0.0.1:8060',
    },
    external_url: {
      ...HTTP_URL,
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
    quota: mapping({ monthly: { type: 'integer', minimum: 1 } }),
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
        required: ['channels'],
        ...mapping({ matchers: MATCHERS, channels: { ...TEXTS, minItems: 1 } }),
      },
    },
  }),
} as const

export type Config = FromSchema<typeof SCHEMA, { keepDefaultedPropertiesOptional: true }>
export type RobotConfig = FromSchema<typeof ROBOT, { keepDefaultedPropertiesOptional: true }>
export type ChannelConfig = FromSchema<typeof CHANNEL, { keepDefaultedPropertiesOptional: true }>

/** The text of the schema file that is published in deploy/ for editors. */
export function schemaText(): string {
  return `${JSON.stringify(SCHEMA, null, 2)}\n`
}
