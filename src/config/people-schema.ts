import { DURATION_PATTERN } from './duration.ts'
import { HTTP_URL, mapping, SECRET, TEXT, TEXTS } from './schema-parts.ts'

const NAMES = { ...TEXTS, minItems: 1 } as const

/** Local date and time, in the configured time zone. */
const WALL_TIME_PATTERN = '^\\d{4}-\\d\\d-\\d\\d(?:[ T]\\d\\d:\\d\\d(?::\\d\\d)?)?$'

const WALL_TIME = { type: 'string', pattern: WALL_TIME_PATTERN } as const

/** Excludes what has another meaning in a label: a comma separates names, `user:` begins an id, digits are a mobile. */
const PERSON_NAME_PATTERN = '^(?!user:)[\\p{L}_][\\p{L}\\p{M}\\p{N} ._-]{0,59}$'

/** Schema of the people that a channel or a rule mentions by name. */
export const NAMED_PEOPLE = {
  people: { ...NAMES, description: 'Names of the directory `people`.' },
  oncall: {
    ...NAMES,
    description: 'Rotas; the people on call when the message is made are mentioned.',
  },
  labels: {
    ...NAMES,
    description:
      'Labels or annotations whose values name people: names of the directory, rotas, mobiles, user:ID; commas allowed.',
  },
} as const

/** Schema of the people, the on-call rotas, and the Alertmanagers in which silences are made. */
export const PEOPLE = {
  people: {
    type: 'object',
    description: 'A directory: names of people, each with a mobile or a user id.',
    propertyNames: { pattern: PERSON_NAME_PATTERN },
    additionalProperties: {
      minProperties: 1,
      maxProperties: 1,
      ...mapping({
        mobile: { type: ['string', 'integer'], description: 'The phone number in DingTalk.' },
        user: { type: ['string', 'integer'], description: 'The user id in DingTalk.' },
      }),
    },
  },
  oncall: {
    type: 'object',
    description: 'Rotas: who is on call.',
    propertyNames: { pattern: PERSON_NAME_PATTERN },
    additionalProperties: {
      required: ['people', 'every', 'from'],
      ...mapping({
        people: {
          type: 'array',
          minItems: 1,
          description:
            'Names in the order of their turns; a list within it takes one turn together.',
          items: { oneOf: [TEXT, NAMES] },
        },
        every: { type: 'string', pattern: DURATION_PATTERN, description: 'How long a turn lasts.' },
        from: { ...WALL_TIME, description: 'When the first turn begins, in `timezone`.' },
        overrides: {
          type: 'array',
          description: 'Replacements for a time; if several overlap, the last one applies.',
          items: {
            required: ['from', 'to', 'people'],
            ...mapping({ from: WALL_TIME, to: WALL_TIME, people: NAMES }),
          },
        },
      }),
    },
  },
  alertmanagers: {
    type: 'array',
    minItems: 1,
    description:
      'Alertmanagers in which silences are made; the external URL of an alert selects one.',
    items: {
      required: ['url'],
      ...mapping({
        url: {
          ...HTTP_URL,
          description: 'Address at which the receiver reaches it.',
        },
        external_url: {
          ...HTTP_URL,
          description: "Alertmanager's --web.external-url, if it differs from `url`.",
        },
        bearer: { ...SECRET, description: 'A token. A secret.' },
        basic: {
          required: ['username', 'password'],
          ...mapping({ username: TEXT, password: SECRET }),
        },
      }),
    },
  },
} as const
