import { SECRET } from './secret-schema.ts'

const NETWORKS = { type: 'array', items: { type: 'string', minLength: 1 } } as const

const FILE = { type: 'string', minLength: 1 } as const

const CREDENTIAL = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    bearer: { ...SECRET, description: '`Authorization: Bearer …`. A secret.' },
    basic: {
      type: 'object',
      additionalProperties: false,
      required: ['username', 'password'],
      properties: {
        username: { type: 'string', pattern: '^[^:\\s]+$' },
        password: { ...SECRET, description: 'A secret.' },
      },
    },
    header: {
      type: 'object',
      description: "A header of its own, for OCP's HTTP channel.",
      additionalProperties: false,
      required: ['name', 'value'],
      properties: {
        name: { type: 'string', pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
        value: { ...SECRET, description: 'A secret.' },
      },
    },
  },
} as const

/** The keys that say who may reach what, and where messages may go. */
export const ACCESS = {
  auth: {
    type: 'array',
    minItems: 1,
    items: CREDENTIAL,
    description: 'Who may post alerts: whoever shows one of these. Absent: anyone.',
  },
  allow_from: {
    ...NETWORKS,
    minItems: 1,
    description: 'From where alerts may be posted: addresses and CIDR ranges. Absent: anywhere.',
  },
  trusted_proxies: {
    ...NETWORKS,
    description: 'Addresses and CIDR ranges of proxies whose X-Forwarded-For is believed.',
  },
  admin: {
    type: 'object',
    additionalProperties: false,
    minProperties: 1,
    properties: {
      token: {
        ...SECRET,
        description: 'Opens the console and the API; absent: only this machine may. A secret.',
      },
      protect: {
        type: 'array',
        items: { type: 'string', enum: ['metrics', 'health'] },
        uniqueItems: true,
        description:
          'Asks for the token, or for one of `auth`, at these as well; they are open otherwise.',
      },
    },
  },
  tls: {
    type: 'object',
    additionalProperties: false,
    required: ['cert', 'key'],
    properties: {
      cert: { ...FILE, description: 'File of the certificate and its chain, PEM.' },
      key: { ...FILE, description: 'File of its private key, PEM.' },
      client_ca: {
        ...FILE,
        description: 'File of certificates, PEM; clients must show one that these have signed.',
      },
    },
  },
  robot_hosts: {
    type: 'array',
    items: { type: 'string', pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+)$' },
    description:
      "Hosts that webhooks may lead to besides DingTalk's; once set, any other is refused.",
  },
} as const
