import { DURATION_PATTERN } from './duration.ts'
import { SECRET } from './secret-schema.ts'

const NAMES = { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } } as const

/** A date and a time of the wall clock, in the time zone of the file. */
export const WALL_TIME_PATTERN = '^\\d{4}-\\d\\d-\\d\\d(?:[ T]\\d\\d:\\d\\d(?::\\d\\d)?)?$'

const WALL_TIME = { type: 'string', pattern: WALL_TIME_PATTERN } as const

/** In labels a list is separated by commas, `user:` begins an id, and digits are a mobile. */
export const PERSON_NAME_PATTERN = '^(?!user:)[\\p{L}_][\\p{L}\\p{M}\\p{N} ._-]{0,59}$'

/** Whom a channel or a rule mentions by name. */
export const NAMED_PEOPLE = {
  people: { ...NAMES, description: 'Names of the directory `people`.' },
  oncall: { ...NAMES, description: 'Rotas: whose turn it is when the message is made.' },
  labels: {
    ...NAMES,
    description:
      'Labels or annotations whose values name people: names of the directory, rotas, mobiles, user:ID; commas allowed.',
  },
} as const

/** The parts of the file that say who people are, who is on call, and where silences are made. */
export const PEOPLE = {
  people: {
    type: 'object',
    description: 'A directory: whom a name means.',
    propertyNames: { pattern: PERSON_NAME_PATTERN },
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 1,
      properties: {
        mobile: { type: ['string', 'integer'], description: 'The phone number in DingTalk.' },
        user: { type: ['string', 'integer'], description: 'The user id in DingTalk.' },
      },
    },
  },
  oncall: {
    type: 'object',
    description: 'Rotas: whose turn it is.',
    propertyNames: { pattern: PERSON_NAME_PATTERN },
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      required: ['people', 'every', 'from'],
      properties: {
        people: {
          type: 'array',
          minItems: 1,
          description:
            'Names in the order of their turns; a list within it takes one turn together.',
          items: { oneOf: [{ type: 'string', minLength: 1 }, NAMES] },
        },
        every: { type: 'string', pattern: DURATION_PATTERN, description: 'How long a turn lasts.' },
        from: { ...WALL_TIME, description: 'When the first turn begins, in `timezone`.' },
        overrides: {
          type: 'array',
          description: 'Who stands in; where several hold at once, the last one does.',
          items: {
            type: 'object',
            additionalProperties: false,
            required: ['from', 'to', 'people'],
            properties: { from: WALL_TIME, to: WALL_TIME, people: NAMES },
          },
        },
      },
    },
  },
  alertmanagers: {
    type: 'array',
    minItems: 1,
    description: 'Where silences are made, by the external URL of the alert.',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['url'],
      properties: {
        url: {
          type: 'string',
          pattern: '^https?://[^\\s]+$',
          description: 'Where the receiver reaches it.',
        },
        external_url: {
          type: 'string',
          pattern: '^https?://[^\\s]+$',
          description: "Alertmanager's --web.external-url, where it differs from `url`.",
        },
        bearer: { ...SECRET, description: 'A token. A secret.' },
        basic: {
          type: 'object',
          additionalProperties: false,
          required: ['username', 'password'],
          properties: { username: { type: 'string', minLength: 1 }, password: SECRET },
        },
      },
    },
  },
} as const
